"""What S3 says of each part is compared with the bytes that were sent."""

import base64
import hashlib
import io
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from awscrt import checksums

from s3nav.aws.credentials.provider_chain import find_login
from s3nav.aws.writes.object_writer import S3Writer, WriterTuning
from s3nav.aws.writes.sent_parts import whole_etag
from s3nav.model.errors import IntegrityError
from s3nav.model.places import S3Uri
from s3nav.model.text.quantities import MIB
from s3nav.model.writes import BegunPut, KeptPart, PutRequest, Sent
from s3nav.persistence import Directories
from s3nav.settings import Settings
from tests.support.part_store import PartStore

TO = S3Uri("b", "k")
PART_BYTES = 5 * MIB
CONTENT = random.Random(7).randbytes(2 * PART_BYTES + 1000)
SECOND = CONTENT[PART_BYTES : 2 * PART_BYTES]
CRC64 = base64.b64encode(checksums.crc64nvme(SECOND).to_bytes(8, "big")).decode()
CRC32C = base64.b64encode(checksums.crc32c(SECOND).to_bytes(4, "big")).decode()
OTHER_MD5 = '"0123456789abcdef0123456789abcdef"'


class Watch:
    """Counts bytes; stops nothing."""

    is_stopped = False
    keeps_parts = False

    def __init__(self) -> None:
        self.count_bytes = 0

    def moved(self, count_bytes: int) -> None:
        self.count_bytes += count_bytes

    def retried(self, *, slow_down: bool) -> None:
        raise AssertionError(slow_down)

    def upload_began(self, place: S3Uri, upload_id: str) -> None:
        assert (place, upload_id) == (TO, "U")

    def upload_ended(self, upload_id: str) -> None:
        assert upload_id == "U"


@contextmanager
def writer_of(store: PartStore, directories: Directories) -> Iterator[S3Writer]:
    settings = Settings(endpoint_url=store.url, access_key="A", secret_key="S", region="us-east-1")
    login = find_login(settings, directories)
    tuning = WriterTuning(requests=2, part_bytes=PART_BYTES)
    writer = S3Writer(settings, login, lambda _: "us-east-1", tuning)
    yield writer
    writer.close()


def put(
    store: PartStore, directories: Directories, request: PutRequest, watch: Watch | None = None
) -> Sent | None:
    with writer_of(store, directories) as writer:
        return writer.put(request, watch or Watch())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def store() -> Iterator[PartStore]:
    with PartStore() as opened:
        yield opened


@pytest.mark.parametrize("is_stream", [False, True])
def test_parts_that_arrive_are_counted_once_and_tell_the_etag_of_the_whole(
    store: PartStore, directories: Directories, file: Path, is_stream: bool
) -> None:
    watch = Watch()
    body = io.BytesIO(CONTENT) if is_stream else file

    sent = put(store, directories, PutRequest(body=body, to=TO), watch)

    assert sent is not None
    assert sent.parts_etag == sent.etag == store.whole_etag()
    assert watch.count_bytes == len(CONTENT)
    assert b"".join(store.parts[number] for number in sorted(store.parts)) == CONTENT


@pytest.mark.parametrize("is_stream", [False, True])
@pytest.mark.parametrize(
    "said",
    [
        {"ETag": OTHER_MD5},
        {"x-amz-checksum-crc64nvme": CRC32C},
        {"x-amz-checksum-crc64nvme": base64.b64encode(bytes(8)).decode()},
        {"x-amz-checksum-crc32c": base64.b64encode(bytes(4)).decode()},
        {"x-amz-checksum-crc32": base64.b64encode(bytes(4)).decode()},
    ],
    ids=" ".join,
)
def test_a_wrong_answer_about_a_part_ends_the_upload_without_an_object(
    store: PartStore,
    directories: Directories,
    file: Path,
    said: dict[str, str],
    is_stream: bool,
) -> None:
    store.part_headers[2] = said
    body = io.BytesIO(CONTENT) if is_stream else file

    with pytest.raises(IntegrityError, match="part 2 of `s3://b/k`") as caught:
        put(store, directories, PutRequest(body=body, to=TO))

    assert caught.value.reference == "checksum-mismatch"
    assert "complete" not in store.calls
    assert store.calls[-1] == "abort"


def test_damaged_parts_end_the_upload_without_an_object(
    store: PartStore, directories: Directories, file: Path
) -> None:
    store.is_damaging = True

    with pytest.raises(IntegrityError):
        put(store, directories, PutRequest(body=file, to=TO))

    assert "complete" not in store.calls


@pytest.mark.parametrize(
    "said",
    [
        {"ETag": OTHER_MD5, "x-amz-server-side-encryption": "aws:kms"},
        {"ETag": OTHER_MD5, "x-amz-server-side-encryption": "aws:kms:dsse"},
        {"ETag": OTHER_MD5, "x-amz-server-side-encryption-customer-algorithm": "AES256"},
        {"ETag": '"no-md5"'},
    ],
    ids=["KMS", "DSSE", "SSE-C", "no MD5"],
)
def test_etags_that_are_no_md5s_tell_nothing(
    store: PartStore, directories: Directories, file: Path, said: dict[str, str]
) -> None:
    store.part_headers[2] = said

    sent = put(store, directories, PutRequest(body=file, to=TO))

    assert sent is not None
    assert (sent.parts_etag, store.calls[-1]) == ("", "complete")


@pytest.mark.parametrize(
    "sums", [{"x-amz-checksum-crc64nvme": CRC64}, {"x-amz-checksum-crc32c": CRC32C}]
)
def test_a_right_checksum_is_enough(
    store: PartStore, directories: Directories, file: Path, sums: dict[str, str]
) -> None:
    store.part_headers[2] = sums

    sent = put(store, directories, PutRequest(body=file, to=TO))

    assert sent is not None
    assert sent.parts_etag == store.whole_etag()


def test_parts_that_s3_kept_belong_to_the_etag_of_the_whole(
    store: PartStore, directories: Directories, file: Path
) -> None:
    store.keep(1, CONTENT[:PART_BYTES])
    etag = hashlib.md5(CONTENT[:PART_BYTES], usedforsecurity=False).hexdigest()
    kept = KeptPart(number=1, start=0, size_bytes=PART_BYTES, etag=etag)
    begun = BegunPut(upload_id="U", parts=(kept,))

    sent = put(store, directories, PutRequest(body=file, to=TO, begun=begun))

    assert sent is not None
    assert sent.parts_etag == store.whole_etag()
    assert store.calls == ["part", "part", "complete"]


def test_the_etag_of_a_whole_needs_every_part() -> None:
    assert whole_etag({}) == ""
    assert whole_etag({1: OTHER_MD5.strip('"'), 2: ""}) == ""
