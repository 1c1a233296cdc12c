"""MongoDB is missing or goes away: nothing is lost, and the user gets a warning."""

import json
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from s3nav.model.scrape_queries import Answer
from s3nav.retries import Backoff
from s3nav.scrape import Where
from s3nav.scrape.stores import mongo_store, spool
from s3nav.scrape.stores.spool import SpoolingStore
from tests.support.command_line import Shell
from tests.support.fake_caller import FakeCaller, ok
from tests.support.mongo_server import mongo_server
from tests.support.scrape_entries import buckets, entries, instance, instances, record

# The test server leaves sockets of its own behind when it stops in the middle.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SELECT_MS", "CONNECT_MS"):
        monkeypatch.setattr(mongo_store, name, 150)
    monkeypatch.setattr(spool, "BACKOFF", Backoff(first_s=0.01))
    monkeypatch.setattr(spool, "DOWN_FOR_S", 0.2)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    return Shell()


@pytest.fixture
def port() -> int:
    """A port without a listener."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def opened(port: int, path: Path) -> SpoolingStore:
    return SpoolingStore(f"mongodb://127.0.0.1:{port}", "s3nav_test", spool=path, retry_attempts=1)


def test_what_is_found_while_it_is_down_is_delivered_later(port: int, tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite3"
    kept = record()
    down = opened(port, path)
    down.add(entries(kept, buckets("a", "b")))
    down.save_scrape(kept)
    assert down.spooled == 1
    assert (down.scrape(kept.scrape_id) or kept).spooled == 1
    down.close()

    with mongo_server(tmp_path / "mongodb", port=port):
        up = opened(port, path)
        assert up.spooled == 0
        assert [r.id for r in up.resources(Where(scrape_id=kept.scrape_id))] == ["a", "b"]
        stored = up.scrape(kept.scrape_id)
        assert stored is not None
        assert stored.spooled == 0
        up.close()


def test_what_came_before_and_after_is_one_scrape(port: int, tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite3"
    kept = record()
    with mongo_server(tmp_path / "mongodb", port=port):
        store = opened(port, path)
        store.add(entries(kept, buckets("a")))
    store.add(entries(kept, instances(instance(1))))
    assert store.spooled == 1
    store.close()

    with mongo_server(tmp_path / "mongodb", port=port):
        back = opened(port, path)
        found = [d.service for d in back.documents(Where(scrape_id=kept.scrape_id))]
        assert found == ["ec2", "s3"]
        assert back.spooled == 0
        back.close()


def test_a_scrape_runs_to_its_end_and_says_what_waits(
    port: int, shell: Shell, tmp_path: Path
) -> None:
    def names(_region: str, _parameters: Mapping[str, object], _call: int) -> Answer:
        return ok({"Buckets": [{"Name": "road"}]})

    shell.caller = FakeCaller({"s3": {"ListBuckets": names}})
    shell.environment["MONGODB_CONNECTION_STRING"] = f"mongodb://app:hunter22@127.0.0.1:{port}"

    ended = shell.headless("scrape", "run", "--output", "json")

    assert ended.exit_code == 0, ended.stderr
    result = json.loads(ended.stdout)
    assert (result["success"], result["documents"], result["spooled"]) == (True, 1, 1)
    assert "1 document wait" in ended.stderr
    assert "hunter22" not in ended.stderr
    assert shell.headless("scrape", "list").exit_code == 6

    shell.environment["MONGODB_CONNECTION_STRING"] = f"mongodb://127.0.0.1:{port}"
    with mongo_server(tmp_path / "mongodb", port=port):
        found = shell.headless("scrape", "query", "--output", "json")
        assert [d["operation"] for d in json.loads(found.stdout)] == ["ListBuckets"]
        assert (
            json.loads(shell.headless("scrape", "list", "--output", "json").stdout)[0]["spooled"]
            == 0
        )


def test_a_connection_string_that_makes_no_sense_is_a_usage_error(shell: Shell) -> None:
    shell.environment["MONGODB_CONNECTION_STRING"] = "mongodb//nowhere"

    ended = shell.headless("scrape", "list")

    assert ended.exit_code == 2
    assert "mongodb://host:27017" in ended.stderr
