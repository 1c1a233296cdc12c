"""kill -9 in the middle of a scrape, and two scrapes at once; real processes, the demo's AWS."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.moto_server import moto_server
from tests.support.processes import owned
from tests.support.scripted_list_all import make_environment
from tests.support.waiting import eventually

pytestmark = pytest.mark.moto

ROOT = Path(__file__).parents[2]
DEADLINE_S = 300.0


@pytest.fixture(scope="module")
def aws() -> Iterator[dict[str, str]]:
    """Variables that lead to a demo AWS with something in it."""
    with moto_server(seeded=True) as server:
        flags = server.settings_flags
        yield {
            "PATH": os.environ["PATH"],
            "AWS_ACCESS_KEY_ID": flags["access_key"],
            "AWS_SECRET_ACCESS_KEY": flags["secret_key"],
            "AWS_DEFAULT_REGION": flags["region"],
            "S3NAV_ENDPOINT_URL": flags["endpoint_url"],
        }


class Home:
    """One user's s3nav."""

    def __init__(self, directory: Path, aws: dict[str, str]) -> None:
        self._environment = {**aws, "HOME": str(directory), "TEMP_DIRECTORY_BASE": str(directory)}
        self._data = directory / "data"
        self.directory = directory

    def start(self, *arguments: str, **variables: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "s3nav", "--headless", "--data-dir", str(self._data)),
                *("--output", "json", "scrape", *arguments),
            ],
            cwd=ROOT,
            env={**self._environment, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return owned(process)

    def run(self, *arguments: str) -> object:
        with self.start(*arguments) as child:
            stdout, stderr = child.communicate(timeout=DEADLINE_S)
        assert child.returncode == 0, stderr
        return json.loads(stdout)

    def records(self) -> list[dict[str, object]]:
        found = self.run("list")
        assert isinstance(found, list)
        return found

    def kill(self, child: "subprocess.Popen[str]") -> None:
        child.send_signal(signal.SIGKILL)
        child.communicate(timeout=DEADLINE_S)

    def wait_for(self, what: str) -> None:
        eventually(lambda: any(self.directory.glob(what)), DEADLINE_S, what=f"no {what}")


@pytest.fixture
def user(tmp_path: Path, aws: dict[str, str]) -> Home:
    return Home(tmp_path, aws)


def test_a_killed_scrape_is_marked_at_the_next_start_and_keeps_what_it_found(user: Home) -> None:
    child = user.start("run", "--services", "s3,iam", "--max-rate", "0.5")
    user.wait_for("data/scrapes/locks/*.lock")
    (running,) = user.records()
    assert running["state"] in {"queued", "running"}  # it is alive, so it is not marked
    eventually(lambda: user.run("query"), DEADLINE_S, what="nothing is found")
    user.kill(child)

    (record,) = user.records()

    assert (record["state"], record["success"]) == ("interrupted", False)
    assert record["end_time"] is not None
    found = user.run("query")
    assert isinstance(found, list)
    assert found
    logs = user.run("logs")
    assert isinstance(logs, list)
    assert logs[0]["level"] == "ERROR"


@pytest.mark.slow
def test_temporary_files_and_the_child_of_a_killed_scrape_are_gone(
    user: Home, tmp_path: Path
) -> None:
    script = (
        'write("sqs", "ListQueues", {"QueueUrls": ["u"]})\n'
        f"Path({str(tmp_path / 'pid')!r}).write_text(str(os.getpid()))\n"
        "time.sleep(3000)"
    )
    environment = make_environment(tmp_path / "venv", script)
    child = user.start(
        *("run", "--engine", "aws-list-all", "--services", "sqs", "--regions", "us-east-2"),
        S3NAV_AWS_LIST_ALL=str(environment),
    )
    user.wait_for("pid")
    user.wait_for("s3nav-scrape_*")
    user.kill(child)

    (record,) = user.records()

    assert record["state"] == "interrupted"
    assert not list(tmp_path.glob("s3nav-scrape_*"))
    pid = int((tmp_path / "pid").read_text())
    eventually(lambda: not _is_alive(pid), DEADLINE_S, what="the child goes on")


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.slow
def test_two_scrapes_at_once_both_keep_all_they_find(user: Home) -> None:
    children = [user.start("run", "--services", "s3,sqs,sns") for _ in range(2)]
    ended = [json.loads(child.communicate(timeout=DEADLINE_S)[0]) for child in children]

    assert [each["success"] for each in ended] == [True, True]
    assert ended[0]["documents"] == ended[1]["documents"] > 0
    counts = {str(r["scrape_id"]): r["documents"] for r in user.records()}
    assert counts == {each["scrape_id"]: each["documents"] for each in ended}
    comparisons = user.run("compare")
    assert isinstance(comparisons, list)
    (comparison,) = comparisons
    assert (comparison["added"], comparison["removed"], comparison["unknown"]) == (0, 0, 0)


@pytest.mark.slow
def test_both_engines_find_the_same_things(user: Home, tmp_path: Path) -> None:
    program = os.environ.get("S3NAV_TEST_AWS_LIST_ALL")
    if not program:
        pytest.skip("needs S3NAV_TEST_AWS_LIST_ALL: a virtual environment with aws-list-all")
    services = ("--services", "ec2,iam,lambda,logs,s3,sns,sqs,dynamodb")
    arguments = ("run", *services, "--regions", "us-east-2", "--no-details")
    native = user.run(*arguments)
    with user.start(*arguments, "--engine", "aws-list-all", S3NAV_AWS_LIST_ALL=program) as child:
        theirs = json.loads(child.communicate(timeout=DEADLINE_S)[0])
    assert isinstance(native, dict)

    mine = _resources(user, str(native["scrape_id"]))
    for place, found in _resources(user, theirs["scrape_id"]).items():
        if place[2] == "DescribeLogGroups":
            assert len(found) == 50  # it reads the first page alone
            assert found < mine[place]
        elif place in mine:
            assert found == mine[place], place
        else:
            assert place[2] in {"DescribeManagedPrefixLists"}, place


def _resources(user: Home, scrape_id: str) -> dict[tuple[str, str | None, str], set[str]]:
    found = user.run("query", "--scrape-id", scrape_id, "--resources")
    assert isinstance(found, list)
    places: dict[tuple[str, str | None, str], set[str]] = {}
    for resource in found:
        place = (resource["service"], resource["region"], resource["operation"])
        places.setdefault(place, set()).add(resource["id"])
    return places
