"""Versions that a manifest names, on real servers: the bytes of just those arrive, or none."""

import hashlib
import json
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from s3nav.aws import open_store
from s3nav.model.errors import NotFoundError, ObjectChangedError, S3NavError
from s3nav.model.objects import ByteRange, GetRequest
from s3nav.model.ports.stores import ObjectStore
from s3nav.model.text.quantities import KIB, MIB
from s3nav.persistence import Directories
from s3nav.transfer import (
    EngineTuning,
    ItemState,
    JobRecord,
    Manifest,
    Selection,
    Transfers,
    manifest_line,
)
from tests.contract.conftest import REAL_SERVERS, Server

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

LARGE = 3 * MIB
PART = 512 * KIB


@dataclass
class Bench:
    """A bucket that keeps versions."""

    client: "S3Client"
    store: ObjectStore
    transfers: Transfers
    bucket: str
    root: Path

    def put(self, key: str, content: bytes) -> str:
        return self.client.put_object(Bucket=self.bucket, Key=key, Body=content)["VersionId"]

    def download(self, *lines: str) -> JobRecord:
        file = self.root / f"manifest-{uuid.uuid4().hex[:6]}.csv"
        file.write_text("".join(f"{line}\n" for line in lines))
        selection = Selection(sources=(), manifest=Manifest.read(file), target=self.root / "out")
        job_id = self.transfers.plan(selection).job_id
        self.transfers.start(job_id)
        assert self.transfers.wait(job_id, 300)
        return self.transfers.job(job_id)

    def fetched(self, key: str) -> bytes:
        return (self.root / "out" / self.bucket / key).read_bytes()


@pytest.fixture(params=REAL_SERVERS)
def bench(
    request: pytest.FixtureRequest, directories: Directories, tmp_path: Path
) -> Iterator[Bench]:
    server: Server = request.getfixturevalue(request.param)
    client = server.client()
    bucket = f"versions-{uuid.uuid4().hex[:12]}"
    client.create_bucket(Bucket=bucket)
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    store = open_store(server.settings(), directories)
    transfers = Transfers(
        store=store,
        journal_file=tmp_path / "journal.sqlite3",
        publish=lambda _: None,
        tuning=EngineTuning(part_bytes=PART, retry_attempts=1),
    )
    yield Bench(client, store, transfers, bucket, tmp_path)
    transfers.close()
    store.close()
    listed = client.list_object_versions(Bucket=bucket)
    for entry in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]:
        client.delete_object(Bucket=bucket, Key=entry["Key"], VersionId=entry["VersionId"])
    client.delete_bucket(Bucket=bucket)
    client.close()


def read(bench: Bench, key: str, **changes: object) -> bytes:
    request = GetRequest(bucket=bench.bucket, key=key, **changes)  # type: ignore[arg-type]  # by name
    with bench.store.get(request) as body:
        buffer = bytearray(body.length_bytes)
        done = 0
        while count := body.readinto(memoryview(buffer)[done:]):
            done += count
        return bytes(buffer[:done])


def test_versions_of_a_manifest_arrive_and_are_proven(bench: Bench) -> None:
    draw = random.Random(5)
    old_large, new_large = draw.randbytes(LARGE), draw.randbytes(LARGE)
    small = bench.put("a b/é+%.txt", b"old")
    bench.put("a b/é+%.txt", b"newer")
    large = bench.put("large", old_large)
    bench.put("large", new_large)
    bench.put("current", b"as it is")

    job = bench.download(
        "bucket,key,version_id",
        f"{bench.bucket},a b/é+%.txt,{small}",
        json.dumps({"bucket": bench.bucket, "key": "large", "version_id": large}),
        f"{bench.bucket},current",
    )
    items = {item.source.rpartition("/")[2]: item for item in bench.transfers.items(job.job_id)}

    assert {item.state for item in items.values()} == {ItemState.DONE}, items
    assert bench.fetched("a b/é+%.txt") == b"old"
    assert hashlib.sha256(bench.fetched("large")).digest() == hashlib.sha256(old_large).digest()
    assert bench.fetched("current") == b"as it is"
    assert (items["é+%.txt"].version_id, items["large"].version_id) == (small, large)
    assert "none" not in {item.verified_by for item in items.values()}
    assert job.total_bytes == 3 + LARGE + 8


def test_a_version_behind_a_delete_marker_arrives_and_the_marker_does_not(bench: Bench) -> None:
    kept = bench.put("gone", b"still here")
    marker = bench.client.delete_object(Bucket=bench.bucket, Key="gone")["VersionId"]
    bench.put("marked", b"x")
    deleted = bench.client.delete_object(Bucket=bench.bucket, Key="marked")["VersionId"]

    job = bench.download(f"{bench.bucket},gone,{kept}", f"{bench.bucket},marked,{deleted}")
    items = {item.source.rpartition("/")[2]: item for item in bench.transfers.items(job.job_id)}

    assert marker
    assert bench.fetched("gone") == b"still here"
    assert items["gone"].state is ItemState.DONE
    assert items["marked"].state is ItemState.FAILED
    assert items["marked"].reason
    assert not (bench.root / "out" / bench.bucket / "marked").exists()


def test_a_version_that_is_not_there_fails_and_can_be_asked_for_again(bench: Bench) -> None:
    gone = bench.put("k", b"old")
    bench.put("k", b"new")
    bench.client.delete_object(Bucket=bench.bucket, Key="k", VersionId=gone)

    job = bench.download(f"{bench.bucket},k,{gone}")
    (item,) = bench.transfers.items(job.job_id)

    assert item.state is ItemState.FAILED
    assert not (bench.root / "out" / bench.bucket / "k").exists()
    assert gone in manifest_line(item)


def test_an_older_version_is_fetched_beside_what_was_current_before(bench: Bench) -> None:
    old = bench.put("k", b"old bytes")
    new = bench.put("k", b"new bytes!")

    bench.download(f"{bench.bucket},k,{new}")
    assert bench.fetched("k") == b"new bytes!"
    job = bench.download(f"{bench.bucket},k,{old}")

    (item,) = bench.transfers.items(job.job_id)
    assert (item.state, bench.fetched("k")) == (ItemState.DONE, b"old bytes")


def test_if_match_holds_for_the_version_that_is_asked_for(bench: Bench) -> None:
    old, new = bench.put("k", b"old"), bench.put("k", b"new")
    old_head = bench.store.head(bench.bucket, "k", version_id=old)
    new_head = bench.store.head(bench.bucket, "k")

    assert (old_head.version_id, new_head.version_id) == (old, new)
    assert read(bench, "k", version_id=old, if_match=old_head.etag) == b"old"
    assert read(bench, "k", version_id=new, if_match=new_head.etag) == b"new"
    span = ByteRange(start=1, stop=3)
    assert read(bench, "k", version_id=old, if_match=old_head.etag, span=span) == b"ld"
    for version_id, etag in ((old, new_head.etag), (new, old_head.etag), ("", old_head.etag)):
        with pytest.raises(ObjectChangedError):
            read(bench, "k", version_id=version_id, if_match=etag)


def test_a_version_that_never_was_is_told(bench: Bench) -> None:
    bench.put("k", b"x")

    for version_id in ("never", "3fffffffffffffffffffffffffffffff"):
        with pytest.raises(S3NavError) as caught:
            bench.store.head(bench.bucket, "k", version_id=version_id)
        assert isinstance(caught.value, NotFoundError), caught.value


@pytest.mark.parametrize("sizes", [(5 * MIB, 5 * MIB, 1000), (5 * MIB, 6 * MIB, 1000)])
def test_an_old_version_that_was_uploaded_in_parts_is_proven(
    bench: Bench, sizes: tuple[int, ...], request: pytest.FixtureRequest
) -> None:
    draw = random.Random(6)
    parts = [draw.randbytes(size) for size in sizes]
    version = upload_parts(bench, "parts", parts)
    bench.put("parts", b"replaced since")

    job = bench.download(f"{bench.bucket},parts,{version}")
    (item,) = bench.transfers.items(job.job_id)

    assert item.state is ItemState.DONE, item
    assert bench.fetched("parts") == b"".join(parts)
    # Ceph 16 tells neither the parts of an object nor the size of one.
    can_be_proven = "moto" in request.node.name or len(set(sizes[:-1])) == 1
    assert (item.verified_by != "none") is can_be_proven


def upload_parts(bench: Bench, key: str, parts: list[bytes]) -> str:
    """Upload in parts; the id of the version that became of them."""
    client, bucket = bench.client, bench.bucket
    upload = client.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    done: list[CompletedPartTypeDef] = []
    for number, part in enumerate(parts, 1):
        etag = client.upload_part(
            Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=part
        )["ETag"]
        done.append({"PartNumber": number, "ETag": etag})
    client.complete_multipart_upload(
        Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": done}
    )
    return bench.store.head(bucket, key).version_id
