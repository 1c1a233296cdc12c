"""Credentials that end in the middle of a job: renewed in flight, or the queue waits."""

import contextlib
import json
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from s3nav.aws import open_store
from s3nav.model.errors import ExpiredCredentialsError
from s3nav.model.events import JobState
from s3nav.model.objects import ListRequest
from s3nav.model.places import S3Uri
from s3nav.persistence import Directories
from s3nav.settings import Settings
from s3nav.transfer import EngineTuning, Selection, Source, Transfers
from tests.faults.storm import PART_BYTES, WORKERS
from tests.support.faulty_s3 import BUCKET, Fault, FaultyS3, Plan, no_fault
from tests.support.moto_server import moto_server

PROCESS = """#!{python}
import json, pathlib
file = pathlib.Path({file!r})
state = json.loads(file.read_text())
state["runs"] += 1
if state["renews"]:
    state["number"] += 1
file.write_text(json.dumps(state))
print(json.dumps({{"Version": 1, "AccessKeyId": f"ASIA{{state['number']}}",
    "SecretAccessKey": "secret", "SessionToken": f"token-{{state['number']}}",
    "Expiration": "2099-01-01T00:00:00Z"}}))
"""
SMALL = {f"small/{n:03}": bytes([n]) * 500 for n in range(200)}
LARGE = {f"large/{n}": bytes([n]) * (5 * PART_BYTES) for n in range(6)}


class Issuer:
    """A `credential_process`: gives new keys each time, or the same while nobody logs in."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._state = home / "issuer.json"
        self.log_in(renews=True)
        program = home / "issuer"
        program.write_text(PROCESS.format(python=sys.executable, file=str(self._state)))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        config = home / "aws-config"
        config.write_text(f"[profile work]\ncredential_process = {program}\n")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home / "none"))

    @property
    def runs(self) -> int:
        return int(self._read()["runs"])

    def log_in(self, *, renews: bool) -> None:
        """From now on other keys: each time, or once."""
        before = self._read() if self._state.exists() else {"number": 0, "runs": 0}
        state = {"number": before["number"] + 1, "runs": before["runs"], "renews": renews}
        self._state.write_text(json.dumps(state))

    def _read(self) -> dict[str, int]:
        found: dict[str, int] = json.loads(self._state.read_text())
        return found


@pytest.fixture
def issuer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Issuer:
    return Issuer(tmp_path, monkeypatch)


def expiring(every: int, times: int) -> Plan:
    """Let the keys of every so many-th GET end."""
    seen = 0

    def plan(verb: str, _key: str, _range: str) -> Fault:
        nonlocal seen
        seen += verb == "GET"
        is_due = verb == "GET" and seen % every == 0 and seen // every <= times
        return Fault.EXPIRED_TOKEN if is_due else Fault.NONE

    return plan


@contextlib.contextmanager
def opened(server: FaultyS3, home: Path) -> Iterator[Transfers]:
    """The transfer room with the credentials of a profile."""
    settings = Settings(endpoint_url=server.url, profile="work", region="us-east-1")
    store = open_store(settings, Directories(config=home / "config", data=home))
    transfers = Transfers(
        store=store,
        journal_file=home / "journal.sqlite3",
        publish=lambda _: None,
        tuning=EngineTuning(parallel=WORKERS, part_bytes=PART_BYTES),
    )
    try:
        yield transfers
    finally:
        transfers.close()
        store.close()


def plan_all(transfers: Transfers, home: Path) -> str:
    selection = Selection(sources=(Source(place=S3Uri(BUCKET)),), target=home / "out")
    return transfers.plan(selection).job_id


def landed(home: Path) -> dict[str, bytes]:
    root = home / "out" / BUCKET
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


# More small objects than are under way at once, so that each end meets keys of its own.
@pytest.mark.parametrize(("stored", "every"), [(SMALL, 70), (LARGE, 10)], ids=["small", "large"])
def test_keys_that_end_early_are_renewed_and_the_job_goes_on(
    tmp_path: Path, issuer: Issuer, stored: dict[str, bytes], every: int
) -> None:
    """The keys say that they hold for decades; only S3's answer tells that they do not."""
    with FaultyS3(plan=expiring(every, 3)) as server, opened(server, tmp_path) as transfers:
        server.put_all(stored)
        job_id = plan_all(transfers, tmp_path)

        transfers.start(job_id)
        assert transfers.wait(job_id, 300)

        assert transfers.job(job_id).state is JobState.DONE, [
            each.reason for each in transfers.items(job_id)
        ]
        assert transfers.report(job_id).failed == 0
        ended = len(server.expired)
    assert landed(tmp_path) == stored
    assert ended >= 1, "no key ended: the test tests nothing"
    assert issuer.runs == 1 + ended, "one for each end, however many threads saw it"


@pytest.mark.parametrize("way", ["head", "part_bytes"])
def test_a_head_that_is_refused_while_another_thread_renews_the_keys_is_asked_again(
    tmp_path: Path, issuer: Issuer, way: str
) -> None:
    """A HEAD's answer has no body: it cannot say that the keys ended, only that it is refused."""
    others: list[int] = []

    def plan(verb: str, _key: str, _range: str) -> Fault:
        if verb == "HEAD" and not others:
            others.append(len(store.list_page(ListRequest(bucket=BUCKET)).objects))
        return Fault.EXPIRED_TOKEN if verb == "LIST" and issuer.runs == 1 else Fault.NONE

    with FaultyS3(plan=plan) as server:
        server.put("key", b"content")
        settings = Settings(endpoint_url=server.url, profile="work", region="us-east-1")
        store = open_store(settings, Directories(config=tmp_path / "config", data=tmp_path))

        if way == "head":
            assert store.head(BUCKET, "key").size_bytes == 7
        else:
            store.part_bytes(BUCKET, "key", 1)

        heads = [seen for seen in server.seen if seen.verb == "HEAD"]
        assert (len(heads), issuer.runs) == (2, 2)
        assert others == [1], "the other thread has renewed the keys before the HEAD is answered"
        store.close()


def test_a_role_is_assumed_anew_when_its_session_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """STS is moto's, the bytes come from a server that stops taking the session's keys."""
    with moto_server() as sts, FaultyS3(plan=expiring(70, 2)) as server:
        flags = sts.settings_flags
        config = tmp_path / "aws-config"
        config.write_text(
            f"[profile work]\nrole_arn = arn:aws:iam::123456789012:role/reader\n"
            f"source_profile = base\nregion = us-east-1\n[profile base]\n"
            f"aws_access_key_id = {flags['access_key']}\n"
            f"aws_secret_access_key = {flags['secret_key']}\n"
        )
        monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", str(flags["endpoint_url"]))
        server.put_all(SMALL)
        with opened(server, tmp_path) as transfers:
            job_id = plan_all(transfers, tmp_path)

            transfers.start(job_id)
            assert transfers.wait(job_id, 300)

            assert transfers.job(job_id).state is JobState.DONE
        assert server.expired
    assert landed(tmp_path) == SMALL


def test_without_other_keys_the_queue_pauses_and_says_what_to_do_and_a_login_lets_it_go_on(
    tmp_path: Path, issuer: Issuer
) -> None:
    issuer.log_in(renews=False)
    with FaultyS3(plan=expiring(30, 1)) as server, opened(server, tmp_path) as transfers:
        server.put_all(SMALL)
        job_id = plan_all(transfers, tmp_path)
        transfers.start(job_id)
        assert transfers.wait(job_id, 300)

        job = transfers.job(job_id)
        assert job.state is JobState.PAUSED
        assert job.reason.startswith("the credentials have expired; log in again")
        assert "--profile work" in job.reason
        assert isinstance(transfers.problem(job_id), ExpiredCredentialsError)
        assert transfers.report(job_id).failed == 0
        fetched = set(landed(tmp_path))

        issuer.log_in(renews=False)
        server.plan = no_fault
        before = len(server.gets())
        transfers.resume(job_id)
        assert transfers.wait(job_id, 300)

        assert transfers.job(job_id).state is JobState.DONE, [
            each.reason for each in transfers.items(job_id)
        ]
        again = {one.key for one in server.gets()[before:]}
    assert landed(tmp_path) == SMALL
    assert not again & fetched, "what was there is not fetched again"


def test_a_listing_goes_on_with_renewed_keys(tmp_path: Path, issuer: Issuer) -> None:
    asked = 0

    def plan(verb: str, _key: str, _range: str) -> Fault:
        nonlocal asked
        asked += verb == "LIST"
        return Fault.EXPIRED_TOKEN if verb == "LIST" and asked == 2 else Fault.NONE

    with FaultyS3(plan=plan, page_size=50) as server, opened(server, tmp_path) as transfers:
        server.put_all(SMALL)

        job_id = plan_all(transfers, tmp_path)

        assert transfers.job(job_id).total_files == len(SMALL)
    assert issuer.runs == 2
