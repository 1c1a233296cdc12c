"""What S3 holds after an upload or a copy is compared with what was sent."""

from pathlib import Path
from typing import cast

import pytest

from s3nav.model.errors import IntegrityError
from s3nav.model.objects import ObjectHead
from s3nav.model.places import S3Uri
from s3nav.model.ports.stores import ObjectStore, ObjectWriter
from s3nav.model.writes import CopyRequest, PutRequest, Sent
from s3nav.transfer.journal import Item
from s3nav.transfer.upload.upload_item import ItemWriter, WrittenItem
from s3nav.transfer.upload.upload_request import UploadOptions

MINE, OTHER = "a" * 32, "b" * 32
FROM, TO = S3Uri("src", "k"), S3Uri("dst", "k")


class Heads:
    """A store that knows heads alone."""

    def __init__(self, source: ObjectHead, target: ObjectHead) -> None:
        self._heads = {"src": source, "dst": target}

    def head(self, bucket: str, key: str, **_: object) -> ObjectHead:
        return self._heads[bucket]

    def part_bytes(self, *_: object, **__: object) -> None:
        """Tells nothing of parts."""

    def attributes(self, *_: object, **__: object) -> None:
        """Tells nothing of parts."""


class Sends:
    """A writer that says what it was told."""

    def __init__(self, sent: Sent) -> None:
        self._sent = sent

    def put(self, request: PutRequest, watch: object) -> Sent:
        return self._sent

    def copy(self, request: CopyRequest, watch: object) -> Sent:
        return self._sent


class Watch:
    is_stopped = False

    def moved(self, count_bytes: int) -> None: ...

    def left_at(self, place: S3Uri) -> str:
        return ""


def head(etag: str, size_bytes: int = 5, **facts: object) -> ObjectHead:
    return ObjectHead(size_bytes=size_bytes, etag=etag, **facts)  # type: ignore[arg-type]


def writer(source: ObjectHead, target: ObjectHead, sent: Sent) -> ItemWriter:
    return ItemWriter(
        store=cast("ObjectStore", Heads(source, target)),
        writer=cast("ObjectWriter", Sends(sent)),
        options=UploadOptions(),
        to=TO,
    )


def copied(source: ObjectHead, target: ObjectHead, sent: Sent) -> WrittenItem | None:
    item = Item(
        number=1,
        bucket="src",
        key="k",
        local="k",
        size_bytes=5,
        etag=source.etag,
        modified_ns=0,
        algorithm="",
        checksum_type="",
    )
    return writer(source, target, sent).copy(item, cast("object", Watch()), look_first=False)  # type: ignore[arg-type]


def uploaded(path: Path, target: ObjectHead, sent: Sent) -> WrittenItem | None:
    path.write_bytes(b"bytes")
    item = Item(
        number=1,
        bucket="dst",
        key="k",
        local=str(path),
        size_bytes=5,
        etag="",
        algorithm="",
        checksum_type="",
        modified_ns=path.stat().st_mtime_ns,
    )
    return writer(target, target, sent).put(item, cast("object", Watch()), look_first=False)  # type: ignore[arg-type]


def test_an_upload_whose_etag_follows_from_its_parts_is_verified(tmp_path: Path) -> None:
    sent = Sent(etag=f"{MINE}-2", parts_etag=f"{MINE}-2")

    written = uploaded(tmp_path / "file", head(f"{MINE}-2"), sent)

    assert written is not None
    assert written.verified_by == "multipart-etag"


def test_an_upload_whose_etag_does_not_follow_from_its_parts_has_other_bytes(
    tmp_path: Path,
) -> None:
    sent = Sent(etag=f"{OTHER}-2", parts_etag=f"{MINE}-2")

    with pytest.raises(IntegrityError, match="s3://dst/k"):
        uploaded(tmp_path / "file", head(f"{OTHER}-2"), sent)


def test_an_etag_of_kms_tells_nothing(tmp_path: Path) -> None:
    sent = Sent(etag=f"{OTHER}-2", parts_etag=f"{MINE}-2")

    written = uploaded(tmp_path / "file", head(f"{OTHER}-2", encryption="aws:kms"), sent)

    assert written is not None
    assert written.verified_by == "none"


@pytest.mark.parametrize(
    ("source", "target", "sent"),
    [
        (head(MINE), head(OTHER), Sent(etag=OTHER)),
        (head(f"{MINE}-3"), head(f"{OTHER}-2"), Sent(etag=f"{OTHER}-2", parts_etag=f"{MINE}-2")),
        (head(f"{MINE}-3"), head(OTHER, 4), Sent(etag=OTHER)),
        (
            head(f"{MINE}-3", checksums={"CRC32": "AAAAAA=="}),
            head(OTHER, checksums={"CRC32": "BBBBBB=="}),
            Sent(etag=OTHER),
        ),
    ],
    ids=["MD5", "parts", "size", "checksum"],
)
def test_a_copy_with_other_bytes_is_an_error(
    source: ObjectHead, target: ObjectHead, sent: Sent
) -> None:
    with pytest.raises(IntegrityError, match="s3://dst/k"):
        copied(source, target, sent)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (head(MINE), head(OTHER, encryption="aws:kms")),
        (head(f"{MINE}-3"), head(OTHER)),
        (
            head(f"{MINE}-3", checksums={"CRC32": "AAAAAA==-3"}, checksum_type="COMPOSITE"),
            head(OTHER, checksums={"CRC32": "BBBBBB=="}, checksum_type="FULL_OBJECT"),
        ),
    ],
    ids=["KMS", "another cut", "composite"],
)
def test_a_copy_that_cannot_be_compared_is_not_verified(
    source: ObjectHead, target: ObjectHead
) -> None:
    written = copied(source, target, Sent(etag=target.etag))

    assert written is not None
    assert written.verified_by == "none"
