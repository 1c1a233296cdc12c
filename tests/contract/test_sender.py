"""What s3nav writes to a real server, and what it leaves behind when it is stopped."""

import base64
import random
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from awscrt import checksums
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ConnectionClosedError
from msgspec.structs import replace

from s3nav.aws import open_store, open_writer
from s3nav.aws.credentials.provider_chain import find_login
from s3nav.aws.writes.object_writer import S3Writer, WriterTuning
from s3nav.aws.writes.write_clients import ClientMaker
from s3nav.model.errors import NotFoundError, ObjectChangedError, UsageError
from s3nav.model.places import S3Uri
from s3nav.model.text.quantities import MIB
from s3nav.model.writes import BegunPut, CopyRequest, KeptPart, PutRequest
from s3nav.persistence import Directories
from s3nav.transfer import EngineTuning, Selection, Source, Transfers, UploadAccess, UploadFiles
from tests.contract.conftest import REAL_SERVERS, Server

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SMALL = WriterTuning(
    requests=3,
    part_bytes=5 * MIB,
    copy_whole_bytes=6 * MIB,
    copy_part_bytes=5 * MIB,
    buffered_parts=2,
)


@dataclass
class Watching:
    """A watch that stops the transfer on request."""

    count_bytes: int = 0
    retries: int = 0
    uploads: dict[str, S3Uri] = field(default_factory=dict)
    """Begun and not ended."""
    keeps_parts: bool = False
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def is_stopped(self) -> bool:
        return self.stopped.is_set()

    def moved(self, count_bytes: int) -> None:
        self.count_bytes += count_bytes

    def retried(self, *, slow_down: bool) -> None:
        self.retries += 1

    def upload_began(self, place: S3Uri, upload_id: str) -> None:
        self.uploads[upload_id] = place

    def upload_ended(self, upload_id: str) -> None:
        del self.uploads[upload_id]


@dataclass
class Bench:
    client: "S3Client"
    sender: S3Writer
    bucket: str
    directory: Path
    server_name: str
    before_part: Callable[[AWSPreparedRequest], None] = lambda _: None
    """Called before each part is sent; may raise."""

    def file(self, content: bytes) -> Path:
        path = self.directory / "file"
        path.write_bytes(content)
        return path

    def content(self, key: str) -> bytes:
        return self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def open_uploads(self) -> list[str]:
        answer = self.client.list_multipart_uploads(Bucket=self.bucket)
        return [upload["Key"] for upload in answer.get("Uploads", [])]


@pytest.fixture(params=REAL_SERVERS)
def bench(
    request: pytest.FixtureRequest,
    directories: Directories,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Bench]:
    server: Server = request.getfixturevalue(request.param)
    settings = server.settings()
    client = server.client()
    bucket = f"send-{uuid.uuid4().hex[:12]}"
    client.create_bucket(Bucket=bucket)
    sender = S3Writer(settings, find_login(settings, directories), lambda _: "us-east-1", SMALL)
    bench = Bench(client, sender, bucket, tmp_path, str(request.param))
    make = ClientMaker.make

    def make_watched(maker: ClientMaker, *, region: str, connections: int) -> "S3Client":
        made = make(maker, region=region, connections=connections)
        made.meta.events.register(
            "before-send.s3.UploadPart", lambda request, **_: bench.before_part(request)
        )
        return made

    monkeypatch.setattr(ClientMaker, "make", make_watched)
    yield bench
    sender.close()
    client.close()


def crc_of(content: bytes) -> str:
    return base64.b64encode(checksums.crc64nvme(content).to_bytes(8, "big")).decode()


def test_a_small_file_arrives_with_the_checksum_that_s3_was_given(bench: Bench) -> None:
    path = bench.file(b"content")
    watch = Watching()

    sent = bench.sender.put(
        PutRequest(
            body=path,
            to=S3Uri(bench.bucket, "a/b"),
            content_type="text/plain",
            crc64nvme=crc_of(b"content"),
        ),
        watch,
    )

    assert sent is not None
    assert bench.content("a/b") == b"content"
    assert bench.client.head_object(Bucket=bench.bucket, Key="a/b")["ContentType"] == "text/plain"
    assert watch.count_bytes == 7


def test_a_large_file_arrives_in_parts(bench: Bench) -> None:
    content = bytes(range(256)) * (12 * 4096)
    path = bench.file(content)

    sent = bench.sender.put(
        PutRequest(body=path, to=S3Uri(bench.bucket, "large"), crc64nvme=crc_of(content)),
        Watching(),
    )

    assert sent is not None
    # Ceph 16 leaves the ETag out of this answer: ask.
    assert bench.client.head_object(Bucket=bench.bucket, Key="large")["ETag"].endswith('-3"')
    assert bench.content("large") == content
    assert bench.open_uploads() == []


def test_what_is_there_is_not_replaced(bench: Bench) -> None:
    bench.client.put_object(Bucket=bench.bucket, Key="k", Body=b"old")

    with pytest.raises(UsageError) as caught:
        bench.sender.put(
            PutRequest(body=bench.file(b"new"), to=S3Uri(bench.bucket, "k")), Watching()
        )

    assert caught.value.reference == "exists"
    assert bench.content("k") == b"old"


@contextmanager
def stop_before_the_fifth_part(bench: Bench, watch: Watching) -> Iterator[None]:
    """Stop after some parts and before others, however fast they go: none of these reaches S3."""

    def stop(request: AWSPreparedRequest) -> None:
        if int(parse_qs(urlsplit(request.url).query)["partNumber"][0]) > 4:
            watch.stopped.set()
            raise ConnectionClosedError(endpoint_url=request.url)

    before, bench.before_part = bench.before_part, stop
    yield
    bench.before_part = before


def test_a_stopped_upload_leaves_no_parts(bench: Bench) -> None:
    path, watch = bench.file(bytes(40 * MIB)), Watching()

    with stop_before_the_fifth_part(bench, watch):
        sent = bench.sender.put(PutRequest(body=path, to=S3Uri(bench.bucket, "k")), watch)

    assert sent is None
    assert bench.open_uploads() == []
    assert "Contents" not in bench.client.list_objects_v2(Bucket=bench.bucket)


def content_of(size_bytes: int) -> bytes:
    return random.Random(size_bytes).randbytes(size_bytes)


def pause(bench: Bench, path: Path) -> tuple[str, tuple[KeptPart, ...]]:
    """Send part of a file; the upload that stays, and its parts."""
    content, to = path.read_bytes(), S3Uri(bench.bucket, "k")
    watch = Watching(keeps_parts=True)
    with stop_before_the_fifth_part(bench, watch):
        sent = bench.sender.put(PutRequest(body=path, to=to, crc64nvme=crc_of(content)), watch)
    assert sent is None
    (upload_id,) = watch.uploads
    kept = bench.sender.kept_parts(to, upload_id, len(content))
    assert kept
    return upload_id, kept


def test_a_paused_upload_keeps_its_parts_and_continues_with_them(bench: Bench) -> None:
    content = content_of(42 * MIB + 5)
    path, to = bench.file(content), S3Uri(bench.bucket, "k")
    upload_id, kept = pause(bench, path)
    asked: list[int] = []
    bench.before_part = lambda request: asked.append(len(request.url))
    watch = Watching()

    begun = BegunPut(upload_id=upload_id, parts=kept)
    request = PutRequest(body=path, to=to, crc64nvme=crc_of(content), begun=begun)

    assert bench.sender.put(request, watch) is not None
    assert bench.content("k") == content
    assert 0 < len(kept) < 5
    assert len(asked) == 9 - len(kept), "what S3 keeps is not sent again"
    assert watch.count_bytes == len(content)
    assert (watch.uploads, bench.open_uploads()) == ({}, [])


def test_parts_of_another_cut_are_not_kept(bench: Bench) -> None:
    upload_id, kept = pause(bench, bench.file(content_of(42 * MIB)))
    to = S3Uri(bench.bucket, "k")

    assert all(part.start == (part.number - 1) * 5 * MIB for part in kept)
    assert bench.sender.kept_parts(to, upload_id, 3 * MIB) == ()
    bench.sender.abort(to, upload_id)
    assert bench.sender.kept_parts(to, upload_id, 42 * MIB) is None
    assert bench.sender.kept_parts(to, "never", 42 * MIB) is None


@pytest.mark.parametrize("way", ["upload is gone", "part is another"])
def test_an_upload_that_cannot_be_resumed_is_started_again(bench: Bench, way: str) -> None:
    if way == "upload is gone" and bench.server_name == "moto":
        pytest.skip("moto breaks (500) on a part of an upload that is gone")
    content = content_of(42 * MIB)
    path, to = bench.file(content), S3Uri(bench.bucket, "k")
    upload_id, kept = pause(bench, path)
    if way == "upload is gone":
        bench.sender.abort(to, upload_id)
    else:
        kept = (replace(kept[0], etag="0" * 32), *kept[1:])
    watch = Watching()

    begun = BegunPut(upload_id=upload_id, parts=kept)
    request = PutRequest(body=path, to=to, crc64nvme=crc_of(content), begun=begun)

    assert bench.sender.put(request, watch) is not None
    assert bench.content("k") == content
    assert watch.count_bytes == len(content)
    assert bench.open_uploads() == []


def test_a_bucket_that_is_not_there_is_not_found(bench: Bench) -> None:
    with pytest.raises(NotFoundError):
        bench.sender.put(
            PutRequest(body=bench.file(b"x"), to=S3Uri(bench.bucket + "-none", "k")), Watching()
        )


def test_a_stream_of_unknown_length_arrives(bench: Bench) -> None:
    content = bytes(range(256)) * (12 * 4096)
    with bench.file(content).open("rb") as file:

        class Stream:
            def read(self, size: int = -1, /) -> bytes:
                return file.read(size)

        sent = bench.sender.put(PutRequest(body=Stream(), to=S3Uri(bench.bucket, "s")), Watching())

    assert sent is not None
    assert bench.content("s") == content


@pytest.mark.parametrize("size_bytes", [10, 12 * MIB])
def test_a_copy_keeps_bytes_and_metadata(bench: Bench, size_bytes: int) -> None:
    bench.client.put_object(
        Bucket=bench.bucket,
        Key="from",
        Body=bytes(size_bytes),
        ContentType="image/png",
        Metadata={"owner": "ana"},
    )
    etag = bench.client.head_object(Bucket=bench.bucket, Key="from")["ETag"].strip('"')

    sent = bench.sender.copy(
        CopyRequest(source=S3Uri(bench.bucket, "from"), etag=etag, to=S3Uri(bench.bucket, "to")),
        Watching(),
    )

    assert sent is not None
    head = bench.client.head_object(Bucket=bench.bucket, Key="to")
    assert (head["ContentLength"], head["ContentType"]) == (size_bytes, "image/png")
    assert head["Metadata"] == {"owner": "ana"}


def test_a_source_that_changed_is_not_copied(bench: Bench) -> None:
    bench.client.put_object(Bucket=bench.bucket, Key="from", Body=b"new")

    with pytest.raises(ObjectChangedError):
        bench.sender.copy(
            CopyRequest(
                source=S3Uri(bench.bucket, "from"), etag="0" * 32, to=S3Uri(bench.bucket, "to")
            ),
            Watching(),
        )


def test_what_was_uploaded_comes_back_byte_for_byte(
    bench: Bench, directories: Directories, request: pytest.FixtureRequest
) -> None:
    server: Server = request.getfixturevalue(bench.server_name)
    local = bench.directory / "local"
    (local / "sub").mkdir(parents=True)
    (local / "small é.txt").write_bytes(b"small")
    (local / "empty").write_bytes(b"")
    (local / "sub/large").write_bytes(bytes(range(256)) * (17 * 4096))
    store = open_store(server.settings(), directories)
    transfers = Transfers(
        store=store,
        journal_file=bench.directory / "journal.sqlite3",
        publish=lambda _: None,
        tuning=EngineTuning(),
        upload_access=lambda: UploadAccess(
            store=store,
            open_writer=lambda: open_writer(server.settings(), directories, store.bucket_region),
            allow_write=True,
        ),
    )
    request_all = UploadFiles(paths=(f"{local}/",), to=S3Uri(bench.bucket))

    job_id = transfers.uploads.plan(request_all).record.job_id
    transfers.start(job_id)
    assert transfers.wait(job_id, 300)
    back = Selection(sources=(Source(place=S3Uri(bench.bucket)),), target=bench.directory / "back")
    fetch_id = transfers.plan(back).job_id
    transfers.start(fetch_id)
    assert transfers.wait(fetch_id, 300)
    verified = {item.verified_by for item in transfers.items(job_id)}
    again = transfers.uploads.preview(request_all)
    for opened in (transfers, store):
        opened.close()

    assert "none" not in verified
    assert (again.send_files, again.skip_files) == (0, 3)
    for name in ("small é.txt", "empty", "sub/large"):
        fetched = bench.directory / "back" / bench.bucket / name
        assert fetched.read_bytes() == (local / name).read_bytes()
    assert bench.open_uploads() == []
