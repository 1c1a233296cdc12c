"""Uploads and copies as jobs: what is sent, skipped, refused, resumed, and never overwritten."""

import base64
import hashlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from awscrt import checksums
from msgspec.structs import replace

from s3nav.model.errors import (
    AccessDeniedError,
    CredentialsError,
    NotFoundError,
    S3NavError,
    UnavailableError,
    UsageError,
)
from s3nav.model.events import Event, ItemFailed, JobProgress, JobState
from s3nav.model.places import S3Uri
from s3nav.model.ports.stores import WriteWatch
from s3nav.model.text.quantities import MIB
from s3nav.model.writes import KeptPart, PutRequest, Sent, copy_parts, put_parts
from s3nav.transfer import (
    CopyObjects,
    EngineTuning,
    ItemRecord,
    JobKind,
    JobRecord,
    PlanStoppedError,
    Transfers,
    UploadAccess,
    UploadFiles,
    UploadPreview,
)
from s3nav.transfer.upload.running_upload import UNAVAILABLE_MAX
from s3nav.transfer.upload.upload_item import content_type
from tests.support.memory_sender import MemorySender
from tests.support.memory_store import MemoryStore
from tests.support.waiting import eventually


@dataclass
class Bench:
    """What a test of uploads works with."""

    root: Path
    store: MemoryStore = field(default_factory=MemoryStore)
    events: list[Event] = field(default_factory=list)
    opened: list[Transfers] = field(default_factory=list)
    sender: MemorySender = field(init=False)

    def __post_init__(self) -> None:
        self.sender = MemorySender(self.store)
        self.store.make_bucket("bkt")

    def transfers(self, *, allow_write: bool = True, workers: int = 2) -> Transfers:
        transfers = Transfers(
            store=self.store,
            journal_file=self.root / "journal.sqlite3",
            publish=self.events.append,
            tuning=EngineTuning(),
            upload_access=lambda: UploadAccess(
                store=self.store,
                open_writer=lambda: self.sender,
                allow_write=allow_write,
                workers=workers,
            ),
        )
        self.opened.append(transfers)
        return transfers

    def write(self, path: str, content: bytes = b"content") -> str:
        file = self.root / "local" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return str(file)

    def put(self, *paths: str, to: str = "s3://bkt/p/", overwrite: bool = False) -> UploadFiles:
        return UploadFiles(paths=paths, to=S3Uri.parse(to), overwrite=overwrite)

    def run(self, transfers: Transfers, request: UploadFiles | CopyObjects) -> JobRecord:
        """Plan, run and wait; returns the record after it."""
        job_id = transfers.uploads.plan(request).record.job_id
        transfers.start(job_id)
        assert transfers.wait(job_id, 50)
        return transfers.job(job_id)

    def items(self, job_id: str) -> list[ItemRecord]:
        return self.transfers().items(job_id)

    def keys(self, bucket: str = "bkt") -> list[str]:
        return self.store.keys_of(bucket)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    for opened in bench.opened:
        opened.close()


def raising(error: S3NavError, *keys: str) -> Callable[[str, str, WriteWatch], None]:
    def before(_verb: str, key: str, _watch: WriteWatch) -> None:
        if not keys or key in keys:
            raise error

    return before


def test_nothing_is_planned_or_started_unless_writing_is_allowed(bench: Bench) -> None:
    job_id = bench.transfers().uploads.plan(bench.put(bench.write("a"))).record.job_id
    reading = bench.transfers(allow_write=False)

    with pytest.raises(UsageError) as planned:
        reading.uploads.plan(bench.put(bench.write("a")))
    with pytest.raises(UsageError) as started:
        reading.start(job_id)

    assert {planned.value.reference, started.value.reference} == {"read-only"}
    assert "--allow-write" in planned.value.remedy
    assert bench.keys() == []


def test_a_preview_needs_no_permission_and_writes_nothing(bench: Bench) -> None:
    preview = bench.transfers(allow_write=False).uploads.preview(
        bench.put(bench.write("a", b"12345"))
    )

    assert (preview.send_files, preview.send_bytes) == (1, 5)
    assert preview.sends == [(str(bench.root / "local/a"), "s3://bkt/p/a")]
    assert bench.keys() == []


def test_a_missing_file_plans_nothing(bench: Bench) -> None:
    transfers = bench.transfers()

    with pytest.raises(NotFoundError) as caught:
        transfers.uploads.plan(bench.put(bench.write("a"), str(bench.root / "none")))

    assert caught.value.reference == "no-such-file"
    assert bench.transfers().jobs() == []


def test_a_missing_bucket_plans_nothing(bench: Bench) -> None:
    with pytest.raises(NotFoundError):
        bench.transfers().uploads.plan(bench.put(bench.write("a"), to="s3://none/"))

    assert bench.transfers().jobs() == []


@pytest.mark.parametrize("paths", [("a", "b"), ("d",)])
def test_one_key_takes_one_file(bench: Bench, paths: tuple[str, ...]) -> None:
    for path in ("a", "b", "d/x"):
        bench.write(path)

    with pytest.raises(UsageError, match="names one object"):
        bench.transfers().uploads.plan(
            bench.put(*(str(bench.root / "local" / p) for p in paths), to="s3://bkt/key")
        )


def test_two_files_of_one_name_are_refused(bench: Bench) -> None:
    with pytest.raises(UsageError) as caught:
        bench.transfers().uploads.plan(bench.put(bench.write("x/same"), bench.write("y/same")))

    assert caught.value.reference == "same-key"


def test_contents_of_a_directory_may_not_meet_a_file(bench: Bench) -> None:
    bench.write("d/same")

    with pytest.raises(UsageError) as caught:
        bench.transfers().uploads.plan(bench.put(f"{bench.root}/local/d/", bench.write("same")))

    assert caught.value.reference == "same-key"


def test_a_name_that_is_not_utf8_is_refused_before_anything_is_sent(bench: Bench) -> None:
    bench.write("d/fine")
    (bench.root / "local/d" / os.fsdecode(b"bad-\xff")).write_bytes(b"x")

    with pytest.raises(UsageError) as caught:
        bench.transfers().uploads.plan(bench.put(f"{bench.root}/local/d"))

    assert caught.value.reference == "bad-name"
    assert bench.keys() == []


def test_a_key_longer_than_s3_takes_is_refused(bench: Bench) -> None:
    path = bench.write("a")

    with pytest.raises(UsageError, match="1024"):
        bench.transfers().uploads.plan(bench.put(path, to=f"s3://bkt/{'p' * 1024}/"))


def test_standard_input_needs_a_key(bench: Bench) -> None:
    with pytest.raises(UsageError, match="standard input has no name"):
        bench.transfers().uploads.plan(bench.put("-"))


def test_a_file_that_changes_while_it_is_sent_has_failed(bench: Bench) -> None:
    path = bench.write("a", b"before")

    def rewrite(_verb: str, _key: str, _watch: WriteWatch) -> None:
        Path(path).write_bytes(b"and after")

    bench.sender.before = rewrite

    job = bench.run(bench.transfers(), bench.put(path))

    (item,) = bench.items(job.job_id)
    assert job.state is JobState.FAILED
    assert item.reason.startswith("file-changed:")


def test_a_file_that_changed_since_the_plan_is_not_sent(bench: Bench) -> None:
    transfers = bench.transfers()
    path = bench.write("a", b"before")
    job_id = transfers.uploads.plan(bench.put(path)).record.job_id
    bench.write("a", b"and after")

    transfers.start(job_id)

    assert transfers.wait(job_id, 50)
    assert transfers.job(job_id).state is JobState.FAILED
    assert bench.keys() == []


def test_an_answer_with_another_checksum_is_a_failure(bench: Bench) -> None:
    bench.sender.answer = Sent(etag="x", checksums={"CRC64NVME": "AAAAAAAAAAA="})

    job = bench.run(bench.transfers(), bench.put(bench.write("a")))

    assert bench.items(job.job_id)[0].reason.startswith("checksum-mismatch:")


def test_other_bytes_are_never_replaced_unless_asked(bench: Bench) -> None:
    bench.store.put("bkt", "p/a", b"theirs")
    bench.write("d/a", b"mine")
    bench.write("d/b", b"new")

    job = bench.run(bench.transfers(), bench.put(f"{bench.root}/local/d/"))

    assert job.state is JobState.FAILED
    fact = bench.store.fact("bkt", "p/a")
    assert fact is not None
    assert fact.size_bytes == 6
    assert bench.keys() == ["p/a", "p/b"]
    (failed,) = [e for e in bench.events if isinstance(e, ItemFailed)]
    assert (failed.slug, failed.source) == ("exists", "s3://bkt/p/a")


def test_an_object_that_appears_after_the_plan_is_not_replaced(bench: Bench) -> None:
    transfers = bench.transfers()
    job_id = transfers.uploads.plan(bench.put(bench.write("a", b"mine"))).record.job_id
    bench.store.put("bkt", "p/a", b"theirs!")

    transfers.start(job_id)

    assert transfers.wait(job_id, 50)
    fact = bench.store.fact("bkt", "p/a")
    assert fact is not None
    assert fact.size_bytes == 7
    assert bench.items(job_id)[0].reason.startswith("exists:")


def test_overwriting_replaces_other_bytes_and_skips_the_same(bench: Bench) -> None:
    bench.store.put("bkt", "p/a", b"theirs")
    bench.store.put("bkt", "p/b", b"same")
    bench.write("d/a", b"mine!!")
    bench.write("d/b", b"same")
    transfers = bench.transfers()

    plan = transfers.uploads.plan(bench.put(f"{bench.root}/local/d/", overwrite=True))
    transfers.start(plan.record.job_id)

    assert transfers.wait(plan.record.job_id, 50)
    assert (plan.preview.replace_files, plan.preview.skip_files) == (1, 1)
    assert [r.to.key for r in bench.sender.requests] == ["p/a"]
    assert bench.items(plan.record.job_id)[1].reason == "already there: same size and md5"


def test_an_upload_whose_answer_was_lost_is_found_to_be_there(bench: Bench) -> None:
    bench.sender.lose_answers = True

    job = bench.run(bench.transfers(), bench.put(bench.write("a")))

    assert job.state is JobState.DONE
    assert bench.items(job.job_id)[0].verified_by == "md5"


def test_denied_files_fail_and_the_others_arrive(bench: Bench) -> None:
    bench.write("d/a")
    bench.write("d/b")
    bench.sender.before = raising(AccessDeniedError("no"), "p/a")

    job = bench.run(bench.transfers(), bench.put(f"{bench.root}/local/d/"))

    assert (job.state, job.reason) == (JobState.FAILED, "1 of 2 files failed")
    assert bench.keys() == ["p/b"]


def test_expired_credentials_pause_the_job(bench: Bench) -> None:
    bench.sender.before = raising(CredentialsError("expired"))
    transfers = bench.transfers()

    job = bench.run(transfers, bench.put(bench.write("a")))

    assert job.state is JobState.PAUSED
    assert isinstance(transfers.problem(job.job_id), CredentialsError)


def test_an_endpoint_that_is_gone_pauses_the_job_after_a_few_files(bench: Bench) -> None:
    for number in range(40):
        bench.write(f"d/{number:02}")
    bench.sender.before = raising(UnavailableError("gone"))

    job = bench.run(bench.transfers(workers=1), bench.put(f"{bench.root}/local/d/"))

    assert job.state is JobState.PAUSED
    assert len(bench.sender.requests) == UNAVAILABLE_MAX


def test_a_paused_job_goes_on_and_sends_nothing_twice(bench: Bench) -> None:
    for name in ("a", "b", "c"):
        bench.write(f"d/{name}", name.encode())
    transfers = bench.transfers(workers=1)
    reached, may_go = threading.Event(), threading.Event()

    def hold(_verb: str, key: str, watch: WriteWatch) -> None:
        if key == "p/b":
            reached.set()
            assert may_go.wait(50)

    bench.sender.before = hold
    request = bench.put(f"{bench.root}/local/d/")
    job_id = transfers.uploads.plan(request).record.job_id
    transfers.start(job_id)
    assert reached.wait(50)
    transfers.pause(job_id)
    may_go.set()
    assert transfers.wait(job_id, 50)
    assert transfers.job(job_id).state is JobState.PAUSED
    assert bench.keys() == ["p/a"]
    bench.sender.before = lambda verb, key, watch: None

    found = transfers.uploads.find_resumable(request)
    assert found is not None
    transfers.resume(found.job_id)

    assert transfers.wait(job_id, 50)
    assert transfers.job(job_id).state is JobState.DONE
    assert [r.to.key for r in bench.sender.requests] == ["p/a", "p/b", "p/b", "p/c"]
    report = transfers.report(job_id)
    assert (report.downloaded, report.skipped, report.success_rate) == (2, 1, 1.0)


def test_cancelling_ends_the_job_for_good(bench: Bench) -> None:
    transfers = bench.transfers()
    job_id = transfers.uploads.plan(bench.put(bench.write("a"))).record.job_id

    transfers.cancel(job_id)

    assert transfers.job(job_id).state is JobState.CANCELLED
    assert bench.keys() == []


def test_a_directory_arrives_below_its_name_in_the_order_of_keys(bench: Bench) -> None:
    for name in ("d/sub/x", "d/sub-x", "d/a", "d/é"):
        bench.write(name, name.encode())

    job = bench.run(bench.transfers(), bench.put(f"{bench.root}/local/d"))

    items = bench.items(job.job_id)
    assert [str(i.to) for i in items] == [
        *["s3://bkt/p/d/a", "s3://bkt/p/d/sub-x", "s3://bkt/p/d/sub/x", "s3://bkt/p/d/é"]
    ]
    assert {i.verified_by for i in items} == {"md5"}
    assert (job.kind, str(job.to), job.state) == (JobKind.PUT, "s3://bkt/p/", JobState.DONE)
    assert items[0].source == str(bench.root / "local/d/a")


def test_links_are_followed_within_the_directory_only(bench: Bench) -> None:
    inside = bench.write("d/a")
    outside = bench.write("secret")
    directory = bench.root / "local/d"
    (directory / "in").symlink_to(inside)
    (directory / "out").symlink_to(outside)
    (directory / "up").symlink_to(bench.root)
    (directory / "dead").symlink_to(directory / "none")
    os.mkfifo(directory / "pipe")

    job = bench.run(bench.transfers(), bench.put(str(directory)))

    assert bench.keys() == ["p/d/a", "p/d/in"]
    reasons = {Path(i.local_path).name: i.reason for i in bench.items(job.job_id)}
    assert reasons == {
        "a": "",
        "dead": "a link that leads nowhere",
        "in": "",
        "out": "a link that leads out of the directory",
        "pipe": "not a regular file",
        "up": "a link that leads out of the directory",
    }


def test_standard_input_is_sent_and_its_length_known_afterwards(bench: Bench) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"streamed")
    os.close(writer)
    transfers = bench.transfers()
    with os.fdopen(reader, "rb") as stdin:
        job_id = transfers.uploads.plan(bench.put("-", to="s3://bkt/s"), stdin=stdin).record.job_id

        transfers.start(job_id)

        assert transfers.wait(job_id, 50)
    assert (transfers.job(job_id).state, transfers.job(job_id).total_bytes) == (JobState.DONE, 8)
    assert bench.items(job_id)[0].size_bytes == 8


def test_a_stream_cannot_be_resumed(bench: Bench) -> None:
    transfers = bench.transfers()
    request = bench.put("-", to="s3://bkt/s")
    job_id = transfers.uploads.plan(request).record.job_id

    transfers.start(job_id)

    assert transfers.wait(job_id, 50)
    assert bench.items(job_id)[0].reason.startswith("no-stdin:")
    assert transfers.uploads.find_resumable(request) is None


def test_progress_counts_what_is_at_the_target(bench: Bench) -> None:
    job = bench.run(bench.transfers(), bench.put(bench.write("a", b"12345")))

    last = [e for e in bench.events if isinstance(e, JobProgress)][-1]
    assert (last.job_id, last.state) == (job.job_id, JobState.DONE)
    assert (last.done_files, last.done_bytes, last.total_bytes) == (1, 5, 5)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.txt", "text/plain"),
        ("a.json", "application/json"),
        ("a.tar.gz", "application/gzip"),
        ("a.tar.bz2", ""),
        ("a.unknown", ""),
        ("noending", ""),
    ],
)
def test_the_content_type_is_guessed_from_the_ending(name: str, kind: str) -> None:
    assert content_type(name) == kind


def test_the_request_says_what_the_object_shall_be(bench: Bench) -> None:
    path = bench.write("a.png", b"png")

    bench.run(
        bench.transfers(),
        UploadFiles(paths=(path,), to=S3Uri("bkt", "k.txt"), storage_class="COLD"),
    )

    (request,) = bench.sender.requests
    assert isinstance(request, PutRequest)
    assert (request.content_type, request.storage_class) == ("text/plain", "COLD")
    assert request.must_be_absent
    assert len(request.crc64nvme) == 12


@pytest.mark.parametrize(
    ("source", "to", "recursive"),
    [
        ("s3://bkt/x/", "s3://other/", False),
        ("s3://bkt/x/a", "s3://bkt/x/a", False),
        ("s3://bkt/x/a", "s3://bkt/x/", False),
        ("s3://bkt/x/", "s3://other/y", True),
        ("s3://bkt/x/", "s3://bkt/x/y/", True),
        ("s3://bkt/x/", "s3://bkt/", True),
    ],
)
def test_copies_that_make_no_sense_are_refused(
    bench: Bench, source: str, to: str, recursive: bool
) -> None:
    bench.store.put("bkt", "x/a", b"a")
    bench.store.make_bucket("other")

    with pytest.raises(UsageError):
        bench.transfers().uploads.plan(
            CopyObjects(sources=(S3Uri.parse(source),), to=S3Uri.parse(to), recursive=recursive)
        )


def test_a_source_that_is_not_there_is_not_found(bench: Bench) -> None:
    bench.store.put("bkt", "xy", b"a")
    bench.store.make_bucket("other")

    for recursive in (False, True):
        with pytest.raises(NotFoundError):
            bench.transfers().uploads.plan(
                CopyObjects(sources=(S3Uri("bkt", "x"),), to=S3Uri("other"), recursive=recursive)
            )


def test_a_source_replaced_after_the_plan_is_not_copied(bench: Bench) -> None:
    bench.store.put("bkt", "x", b"a")
    bench.store.make_bucket("other")
    transfers = bench.transfers()
    job_id = transfers.uploads.plan(
        CopyObjects(sources=(S3Uri("bkt", "x"),), to=S3Uri("other"))
    ).record.job_id
    bench.store.put("bkt", "x", b"b")

    transfers.start(job_id)

    assert transfers.wait(job_id, 50)
    assert bench.items(job_id)[0].reason.startswith("object-changed:")
    assert bench.keys("other") == []


def test_all_below_a_prefix_is_copied_and_again_skipped(bench: Bench) -> None:
    for key in ("x/a", "x/b/c", "xy"):
        bench.store.put("bkt", key, key.encode())
    bench.store.make_bucket("other")
    request = CopyObjects(sources=(S3Uri("bkt", "x"),), to=S3Uri("other", "to/"), recursive=True)
    transfers = bench.transfers()

    job = bench.run(transfers, request)
    again = transfers.uploads.preview(request)

    assert bench.keys("other") == ["to/a", "to/b/c"]
    assert [(str(i.source), str(i.to), i.verified_by) for i in bench.items(job.job_id)] == [
        ("s3://bkt/x/a", "s3://other/to/a", "etag"),
        ("s3://bkt/x/b/c", "s3://other/to/b/c", "etag"),
    ]
    assert (again.send_files, again.skip_files) == (0, 2)


def several(*sources: str, to: str, recursive: bool = True) -> CopyObjects:
    return CopyObjects(
        sources=tuple(map(S3Uri.parse, sources)), to=S3Uri.parse(to), recursive=recursive
    )


def test_of_several_sources_each_keeps_its_name(bench: Bench) -> None:
    for key in ("x/a", "x/b/c", "d/e.txt", "d/e/f", "z"):
        bench.store.put("bkt", key, key.encode())
    bench.store.make_bucket("other")
    request = several(
        "s3://bkt/z", "s3://bkt/x/", "s3://bkt/d/e/", "s3://bkt/d/e.txt", to="other/t/"
    )

    job = bench.run(bench.transfers(), request)

    assert bench.keys("other") == ["t/e.txt", "t/e/f", "t/x/a", "t/x/b/c", "t/z"]
    assert job.title == "s3://bkt/z and 3 more → s3://other/t/"
    assert job.words == (
        *("cp", "s3://bkt/z", "s3://bkt/x/", "s3://bkt/d/e/", "s3://bkt/d/e.txt"),
        *("s3://other/t/", "--recursive", "--allow-write"),
    )


@pytest.mark.parametrize(
    ("copying", "reference"),
    [
        (several("s3://bkt/x/a", "s3://bkt/y/a", to="s3://other/"), "same-key"),
        (several("s3://bkt/x/a", "s3://bkt/z", to="s3://other/one"), "usage"),
        (several("s3://bkt/x/", "s3://bkt/z", to="s3://other/", recursive=False), "usage"),
        (several("s3://bkt/x/", "s3://bkt/z", to="s3://bkt/"), "overlap"),
        (several("s3://bkt/x/", "s3://bkt/z", to="s3://bkt/x/y/"), "overlap"),
        (several("s3://bkt/z/x/", "s3://bkt/x/a", to="s3://bkt/"), "overlap"),
        (several("s3://bkt/x/a", "s3://bkt/x/b", to="s3://bkt/x/"), "overlap"),
    ],
)
def test_several_sources_that_would_meet_are_refused(
    bench: Bench, copying: CopyObjects, reference: str
) -> None:
    for key in ("x/a", "x/b", "y/a", "z/x/a", "z"):
        bench.store.put("bkt", key, b"a")
    bench.store.make_bucket("other")

    with pytest.raises(UsageError) as caught:
        bench.transfers().uploads.plan(copying)

    assert caught.value.reference == reference
    assert bench.transfers().jobs() == []


def test_a_prefix_beside_its_target_is_copied_one_level_up(bench: Bench) -> None:
    bench.store.put("bkt", "x/y/a", b"a")
    bench.store.put("bkt", "x/z", b"z")

    bench.run(bench.transfers(), several("s3://bkt/x/y/", "s3://bkt/x/z", to="s3://bkt/"))

    assert bench.keys() == ["x/y/a", "x/z", "y/a", "z"]


def test_copies_of_other_bytes_of_the_same_size_are_refused_and_replaced(bench: Bench) -> None:
    bench.store.put("bkt", "x/a", b"new")
    bench.store.put("bkt", "b", b"same")
    bench.store.make_bucket("other")
    bench.store.put("other", "x/a", b"old")
    bench.store.put("other", "b", b"same")
    request = several("s3://bkt/x/", "s3://bkt/b", to="s3://other/")

    refused = bench.transfers().uploads.preview(request)
    replaced = bench.transfers().uploads.preview(replace(request, overwrite=True))

    assert (refused.send_files, refused.refused_files, refused.skip_files) == (0, 1, 1)
    assert (replaced.send_files, replaced.replace_files, replaced.skip_files) == (1, 1, 1)


def test_one_of_several_sources_that_is_not_there_plans_nothing(bench: Bench) -> None:
    bench.store.put("bkt", "a", b"a")
    bench.store.make_bucket("other")

    with pytest.raises(NotFoundError) as caught:
        bench.transfers().uploads.plan(several("s3://bkt/a", "s3://bkt/none", to="s3://other/"))

    assert "s3://bkt/none" in caught.value.message
    assert bench.transfers().jobs() == []


def test_many_objects_of_one_level_are_found_with_few_requests(bench: Bench) -> None:
    names = [f"x/{number:03d}" for number in range(500)]
    for name in names:
        bench.store.put("bkt", name, b"a")
    bench.store.make_bucket("other")
    before = len(bench.store.requests)

    preview = bench.transfers().uploads.preview(
        several(*(f"s3://bkt/{n}" for n in names), to="s3://other/")
    )

    assert preview.send_files == 500
    assert len(bench.store.requests) - before < 10


def test_a_plan_that_is_not_confirmed_leaves_nothing(bench: Bench) -> None:
    seen: list[int] = []

    def refuse(preview: UploadPreview) -> None:
        seen.append(preview.send_files)
        assert bench.transfers().jobs() == []
        raise PlanStoppedError("no")

    with pytest.raises(PlanStoppedError):
        bench.transfers().uploads.plan(bench.put(bench.write("a")), agree=refuse)

    assert seen == [1]
    assert bench.transfers().jobs() == []
    assert bench.keys() == []


def test_a_stopped_plan_ends_in_the_middle_of_a_file_that_is_compared(bench: Bench) -> None:
    path = bench.write("a", bytes(9 * MIB))
    bench.store.put("bkt", "p/a", bytes(9 * MIB))
    looks = iter([False] * 6)

    with pytest.raises(PlanStoppedError):
        bench.transfers().uploads.plan(bench.put(path), is_stopped=lambda: next(looks, True))

    assert next(looks, None) is None
    assert bench.transfers().jobs() == []


@pytest.mark.parametrize(
    ("size_bytes", "writes", "part_writes"),
    [(0, 1, 0), (16 * MIB - 1, 1, 0), (16 * MIB, 1, 2), (40 * MIB, 1, 4)],
)
def test_a_preview_counts_the_requests_of_an_upload(
    bench: Bench, size_bytes: int, writes: int, part_writes: int
) -> None:
    path = Path(bench.write("large", b""))
    os.truncate(path, size_bytes)

    preview = bench.transfers().uploads.preview(bench.put(str(path)))

    assert (preview.writes, preview.part_writes) == (writes, part_writes)
    assert preview.reads == {}


def test_the_parts_of_huge_objects_are_larger_so_that_s3_takes_their_number() -> None:
    assert put_parts(160_000 * MIB) == 10_000
    assert put_parts(160_000 * MIB + 1) == 5_001
    assert (copy_parts(256 * MIB), copy_parts(256 * MIB + 1)) == (0, 5)


def begun_by(upload_id: str, begun: threading.Event) -> Callable[[str, str, WriteWatch], None]:
    """S3 keeps parts of an upload, until the job is stopped."""

    def before(_verb: str, key: str, watch: WriteWatch) -> None:
        watch.upload_began(S3Uri("bkt", key), upload_id)
        begun.set()
        eventually(lambda: watch.is_stopped)

    return before


def has_left_parts(bench: Bench) -> bool:
    """True when the journal knows of uploads that S3 has not been asked to complete or abort."""
    with closing(sqlite3.connect(bench.root / "journal.sqlite3")) as journal:
        (count,) = journal.execute("SELECT count(*) FROM uploads").fetchone()
        return bool(count)


def pause_within(bench: Bench, path: str, upload_id: str = "u1") -> str:
    """A job that was paused in the middle of its one file."""
    begun = threading.Event()
    bench.sender.before = begun_by(upload_id, begun)
    transfers = bench.transfers()
    job_id = transfers.uploads.plan(bench.put(path)).record.job_id
    transfers.start(job_id)
    eventually(begun.is_set)
    transfers.pause(job_id)
    assert transfers.wait(job_id, 50)
    bench.sender.before = lambda _verb, _key, _watch: None
    assert bench.sender.aborted == []
    return job_id


def go_on(bench: Bench, job_id: str) -> PutRequest:
    """Resume; what the sender was asked in the end."""
    transfers = bench.transfers()
    transfers.resume(job_id)
    assert transfers.wait(job_id, 50)
    assert transfers.job(job_id).state is JobState.DONE
    request = bench.sender.requests[-1]
    assert isinstance(request, PutRequest)
    return request


def test_only_parts_with_a_matching_checksum_are_not_sent_again(bench: Bench) -> None:
    pieces = [b"a" * 100, b"b" * 100, b"c" * 100, b"d" * 100, b"e" * 7]
    path = bench.write("large", b"".join(pieces))
    job_id = pause_within(bench, path)
    md5 = [hashlib.md5(piece, usedforsecurity=False).hexdigest() for piece in pieces]
    crc = base64.b64encode(checksums.crc64nvme(pieces[3]).to_bytes(8, "big")).decode()

    def part(number: int, etag: str, crc64nvme: str = "") -> KeptPart:
        start = 100 * (number - 1)
        sums = {"CRC64NVME": crc64nvme} if crc64nvme else {}
        return KeptPart(
            number=number,
            start=start,
            size_bytes=len(pieces[number - 1]),
            etag=etag,
            checksums=sums,
        )

    bench.sender.kept["u1"] = (
        part(1, md5[0]),
        part(2, md5[0]),
        part(3, md5[2], crc64nvme=crc),
        part(4, "not an MD5", crc64nvme=crc),
        part(5, md5[4]),
    )
    request = go_on(bench, job_id)

    assert request.begun is not None
    assert request.begun.upload_id == "u1"
    assert [one.number for one in request.begun.parts] == [1, 4, 5]


def test_an_upload_that_is_gone_is_started_again(bench: Bench) -> None:
    job_id = pause_within(bench, bench.write("large"))

    assert go_on(bench, job_id).begun is None


def test_uploads_that_are_not_resumed_are_removed_in_the_end(bench: Bench) -> None:
    job_id = pause_within(bench, bench.write("large", b"content"))
    bench.store.put("bkt", "p/large", b"content")
    transfers = bench.transfers()

    transfers.resume(job_id)

    assert transfers.wait(job_id, 50)
    assert bench.sender.aborted == [(S3Uri("bkt", "p/large"), "u1")]
    assert not has_left_parts(bench)
    assert transfers.job(job_id).state is JobState.DONE


def test_what_cannot_be_removed_in_the_end_is_kept_in_mind_and_the_job_is_done(
    bench: Bench,
) -> None:
    job_id = pause_within(bench, bench.write("large", b"content"))
    bench.store.put("bkt", "p/large", b"content")
    bench.sender.abort_error = UnavailableError("no response")
    transfers = bench.transfers()

    transfers.resume(job_id)

    assert transfers.wait(job_id, 50)
    assert transfers.job(job_id).state is JobState.DONE
    assert has_left_parts(bench)
    bench.sender.abort_error = None
    assert transfers.remove_leftovers() == 1


def test_cancelling_a_paused_job_removes_its_parts(bench: Bench) -> None:
    job_id = pause_within(bench, bench.write("large"))
    transfers = bench.transfers()

    transfers.cancel(job_id)

    assert bench.sender.aborted == [(S3Uri("bkt", "p/large"), "u1")]
    assert not has_left_parts(bench)
