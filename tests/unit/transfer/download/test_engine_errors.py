"""Downloads over a store in memory: what goes wrong, and what becomes of it."""

import errno
import os
import threading

import pytest

from s3nav.model.errors import (
    AccessDeniedError,
    ExpiredCredentialsError,
    LocalDiskError,
    S3NavError,
    ThrottledError,
    UnavailableError,
)
from s3nav.model.events import ItemFailed, JobProgress, JobState
from s3nav.model.objects import ObjectFact
from s3nav.transfer import ItemState
from s3nav.transfer.download import committer as sealer
from tests.unit.transfer.conftest import PART_BYTES, Bench
from tests.unit.transfer.hooks import LARGE, FailFirst, Gate


def test_a_denied_object_fails_alone(bench: Bench) -> None:
    bench.store.put("bkt", "denied", b"x")
    bench.store.put("bkt", "fine", b"y")
    bench.store.before = FailFirst(AccessDeniedError("no"), key="denied", times=99)
    transfers = bench.transfers()

    record = bench.download(transfers)

    assert record.state is JobState.FAILED
    assert record.reason == "1 of 2 files failed"
    failed = transfers.items(record.job_id, state=ItemState.FAILED)
    assert [(i.source, i.reason) for i in failed] == [("s3://bkt/denied", "access-denied: no")]
    assert bench.local("bkt/fine") == b"y"
    assert any(isinstance(e, ItemFailed) and e.slug == "access-denied" for e in bench.events)
    assert bench.store.count("get") == 2


def test_failed_items_are_tried_again_when_the_job_is_started_again(bench: Bench) -> None:
    bench.store.put("bkt", "denied", b"x")
    bench.store.before = FailFirst(AccessDeniedError("no"), key="denied", times=1)
    transfers = bench.transfers()
    job_id = bench.download(transfers).job_id

    transfers.start(job_id)
    assert transfers.wait(job_id, 50)

    assert transfers.job(job_id).state is JobState.DONE
    assert bench.local("bkt/denied") == b"x"


@pytest.mark.parametrize("key", ["small", "large"])
def test_an_unavailable_endpoint_is_tried_again(bench: Bench, key: str) -> None:
    bench.store.put("bkt", "small", b"x")
    bench.store.put("bkt", "large", LARGE)
    bench.store.before = FailFirst(UnavailableError("reset"), key=key, times=2)
    transfers = bench.transfers()

    record = bench.download(transfers)

    assert record.state is JobState.DONE
    assert bench.local("bkt/large") == LARGE
    newest = [e for e in bench.events if isinstance(e, JobProgress)][-1]
    assert newest.retries == 2
    assert newest.done_bytes == len(LARGE) + 1


@pytest.mark.parametrize("key", ["small", "large"])
def test_an_item_is_given_up_after_its_last_try(bench: Bench, key: str) -> None:
    bench.store.put("bkt", key, LARGE if key == "large" else b"x")
    bench.store.before = FailFirst(UnavailableError("reset"), key=key, times=10**6)
    transfers = bench.transfers(retries=1, parallel=1)

    record = bench.download(transfers)

    assert record.state is JobState.FAILED
    assert transfers.report(record.job_id).failed == 1
    assert not (bench.target / "bkt" / key).exists()


def test_slow_down_is_counted_and_survived(bench: Bench) -> None:
    bench.store.put("bkt", "a", b"x")
    bench.store.before = FailFirst(ThrottledError("503"), key="a", times=2)
    transfers = bench.transfers()

    record = bench.download(transfers)

    assert record.state is JobState.DONE
    assert [e for e in bench.events if isinstance(e, JobProgress)][-1].slow_downs == 2


def test_expired_credentials_pause_the_job_with_the_remedy(bench: Bench) -> None:
    bench.store.put("bkt", "a", b"x")
    error = ExpiredCredentialsError("token expired", remedy="aws sso login")
    bench.store.before = FailFirst(error, key="a", times=1)
    transfers = bench.transfers()

    record = bench.download(transfers)

    assert record.state is JobState.PAUSED
    assert record.reason == "token expired; aws sso login"
    assert transfers.problem(record.job_id) is error

    transfers.resume(record.job_id)
    assert transfers.wait(record.job_id, 50)
    assert transfers.job(record.job_id).state is JobState.DONE
    assert transfers.problem(record.job_id) is None


def test_a_full_disk_pauses_the_job_and_room_lets_it_go_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.store.put("bkt", "a", b"x")
    transfers = bench.transfers()
    job_id = transfers.plan(bench.selection("bkt")).job_id
    real = os.pwrite

    def full(descriptor: int, content: bytes, offset: int) -> int:
        if threading.current_thread().name.startswith("s3nav-fetch"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, content, offset)

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", full)
        transfers.start(job_id)
        assert transfers.wait(job_id, 50)

    assert transfers.job(job_id).state is JobState.PAUSED
    assert "no room" in transfers.job(job_id).reason
    transfers.resume(job_id)
    assert transfers.wait(job_id, 50)
    assert bench.local("bkt/a") == b"x"


def test_a_lost_target_pauses_the_job(bench: Bench) -> None:
    bench.store.put("bkt", "a", b"x")
    bench.store.put("bkt", "b", b"x")
    gate = Gate()
    bench.store.before = gate
    transfers = bench.transfers(parallel=1)
    job_id = transfers.plan(bench.selection("bkt")).job_id

    transfers.start(job_id)
    assert gate.reached.wait(50)
    bench.target.rename(bench.root / "moved")
    bench.target.mkdir()
    (bench.root / "moved").rmdir()
    gate.opened.set()
    assert transfers.wait(job_id, 50)

    assert transfers.job(job_id).state is JobState.PAUSED
    assert isinstance(transfers.problem(job_id), LocalDiskError)


@pytest.mark.parametrize(("key", "content"), [("small", b"abc"), ("large", LARGE)])
def test_flipped_bytes_are_never_kept(bench: Bench, key: str, content: bytes) -> None:
    wrong = ObjectFact(key=key, size_bytes=0, etag="0" * 32)
    bench.store.put("bkt", key, content, fact=wrong)
    transfers = bench.transfers(retries=1)

    record = bench.download(transfers)

    assert record.state is JobState.FAILED
    assert transfers.items(record.job_id)[0].reason.startswith("checksum-mismatch")
    assert bench.files() == []


def test_an_object_replaced_before_its_get_is_fetched_as_it_is_now(bench: Bench) -> None:
    bench.store.put("bkt", "a", b"old")
    transfers = bench.transfers()
    job_id = transfers.plan(bench.selection("bkt")).job_id
    bench.store.put("bkt", "a", b"new and longer")

    transfers.start(job_id)
    assert transfers.wait(job_id, 50)

    assert transfers.job(job_id).state is JobState.DONE
    assert bench.local("bkt/a") == b"new and longer"


def test_an_object_replaced_between_its_parts_is_never_spliced(bench: Bench) -> None:
    old, new = b"o" * (PART_BYTES * 4), b"n" * (PART_BYTES * 3 + 5)
    bench.store.put("bkt", "a", old)
    seen: list[str] = []

    def replace(verb: str, _: str) -> None:
        seen.append(verb)
        if seen.count("get") == 3:
            seen.append("get")
            bench.store.put("bkt", "a", new)

    bench.store.before = replace
    transfers = bench.transfers(parallel=1)

    record = bench.download(transfers)

    assert record.state is JobState.DONE
    assert bench.local("bkt/a") == new


def test_an_object_that_keeps_changing_fails(bench: Bench) -> None:
    bench.store.put("bkt", "a", b"0")
    versions = iter(range(1, 1000))

    def replace(verb: str, _: str) -> None:
        if verb == "get":
            bench.store.put("bkt", "a", str(next(versions)).encode())

    bench.store.before = replace
    transfers = bench.transfers()

    record = bench.download(transfers)

    assert record.state is JobState.FAILED
    assert "keeps changing" in transfers.items(record.job_id)[0].reason


def test_a_link_in_the_target_is_not_followed(bench: Bench) -> None:
    outside = bench.root / "outside"
    outside.mkdir()
    (bench.target / "bkt").mkdir(parents=True)
    (bench.target / "bkt" / "dir").symlink_to(outside)
    bench.store.put("bkt", "dir/file", b"x")
    transfers = bench.transfers()

    record = bench.download(transfers)

    assert record.state is JobState.FAILED
    assert list(outside.iterdir()) == []


def test_a_link_with_the_name_of_a_file_is_replaced_not_followed(bench: Bench) -> None:
    secret = bench.root / "secret"
    secret.write_bytes(b"mine")
    (bench.target / "bkt").mkdir(parents=True)
    (bench.target / "bkt" / "a").symlink_to(secret)
    bench.store.put("bkt", "a", b"theirs")
    transfers = bench.transfers()

    bench.download(transfers)

    assert secret.read_bytes() == b"mine"
    assert bench.local("bkt/a") == b"theirs"
    assert not (bench.target / "bkt" / "a").is_symlink()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_nothing_waits_for_a_thread_that_a_bug_has_ended(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealer, "QUEUE_BOUND", 1)
    for number in range(40):
        bench.store.put("bkt", f"k{number:02}", b"x")

    def fail(name: str) -> None:
        if name == "before sync":
            raise RuntimeError("a bug")

    of_others = set(threading.enumerate())
    transfers = bench.transfers(checkpoint=fail)
    record = bench.download(transfers)
    with pytest.raises(S3NavError, match="engine ended"):
        transfers.start(record.job_id)
    transfers.close()

    assert record.state is JobState.PAUSED
    assert record.reason.startswith("a thread of the transfer engine ended; start s3nav again")
    assert not [each.name for each in threading.enumerate() if each not in of_others]
    assert bench.transfers().report(record.job_id).failed == 0
