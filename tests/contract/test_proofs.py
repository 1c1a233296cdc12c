"""What real servers say of an upload proves the bytes that were uploaded."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from s3nav.model.places import S3Uri
from s3nav.transfer import EngineTuning, Finding, Selection, Source, Transfers, Verification
from tests.contract.conftest import Bench, MemoryBench, ServerBench

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

MIB = 1 << 20
UNEVEN = [os.urandom(5 * MIB), os.urandom(7 * MIB), os.urandom(6 * MIB), os.urandom(1000)]
Algorithm = Literal["CRC32", "SHA256"]


@pytest.fixture
def transfers(bench: Bench, tmp_path: Path) -> Iterator[Transfers]:
    transfers = Transfers(
        store=bench.store,
        journal_file=tmp_path / "journal.sqlite3",
        publish=lambda _: None,
        tuning=EngineTuning(parallel=3),
    )
    yield transfers
    transfers.close()


def put_parts(bench: Bench, key: str, parts: list[bytes], algorithm: Algorithm | None) -> None:
    if isinstance(bench, MemoryBench):
        kind = "COMPOSITE" if algorithm else ""
        bench.store.put_multipart(
            bench.bucket, key, parts, algorithm=algorithm or "", checksum_type=kind
        )
        return
    assert isinstance(bench, ServerBench)
    client, bucket = bench.client, bench.bucket
    if algorithm:
        started = client.create_multipart_upload(
            Bucket=bucket, Key=key, ChecksumAlgorithm=algorithm
        )
    else:
        started = client.create_multipart_upload(Bucket=bucket, Key=key)
    upload = started["UploadId"]
    done: list[CompletedPartTypeDef] = []
    for number, part in enumerate(parts, 1):
        if algorithm:
            answer = client.upload_part(
                Bucket=bucket,
                Key=key,
                ChecksumAlgorithm=algorithm,
                UploadId=upload,
                PartNumber=number,
                Body=part,
            )
        else:
            answer = client.upload_part(
                Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=part
            )
        entry: CompletedPartTypeDef = {"PartNumber": number, "ETag": answer["ETag"]}
        # A gateway that keeps no checksums names none, and wants none back.
        if "ChecksumCRC32" in answer:
            entry["ChecksumCRC32"] = answer["ChecksumCRC32"]
        if "ChecksumSHA256" in answer:
            entry["ChecksumSHA256"] = answer["ChecksumSHA256"]
        done.append(entry)
    client.complete_multipart_upload(
        Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": done}
    )


def fetch(transfers: Transfers, bench: Bench, target: Path) -> dict[str, str]:
    selection = Selection(
        sources=(Source(place=S3Uri(bench.bucket)),), target=target, verify=Verification.FULL
    )
    job_id = transfers.plan(selection).job_id
    transfers.start(job_id)
    assert transfers.wait(job_id, 300)
    return {item.source: item.verified_by for item in transfers.items(job_id)}


@pytest.mark.parametrize("algorithm", [None, "CRC32", "SHA256"])
def test_uneven_parts_are_proven_or_honestly_not(
    bench: Bench,
    server_name: str,
    transfers: Transfers,
    tmp_path: Path,
    algorithm: Algorithm | None,
) -> None:
    put_parts(bench, "big", UNEVEN, algorithm)

    (verified_by,) = fetch(transfers, bench, tmp_path / "out").values()

    composite = f"composite-{algorithm.lower()}+disk" if algorithm else "multipart-etag+disk"
    known = {
        "memory": {composite},
        "moto": {"multipart-etag+disk"},  # it tells the sizes of parts, and no checksums of them
        # A gateway that knows neither attributes nor part numbers leaves nothing to compare with.
        "rgw": {"multipart-etag+disk", composite, "none"},
    }
    assert verified_by in known[server_name]
    assert (tmp_path / "out" / bench.bucket / "big").read_bytes() == b"".join(UNEVEN)


def test_even_parts_are_proven_everywhere(
    bench: Bench, transfers: Transfers, tmp_path: Path
) -> None:
    put_parts(bench, "big", [os.urandom(8 * MIB), os.urandom(8 * MIB), os.urandom(77)], None)
    bench.put("small", b"small")

    assert "none" not in fetch(transfers, bench, tmp_path / "out").values()
    found = transfers.check_tree(tmp_path / "out", S3Uri(bench.bucket))
    assert {file.finding for file in found} == {Finding.OK}
