"""Every kind of object is verified by its cheapest checksum, or reported as unverified."""

import os

import pytest
from msgspec.structs import replace

from s3nav.model.errors import IntegrityError
from s3nav.model.events import JobState
from s3nav.model.objects import ObjectHead
from s3nav.model.places import S3Uri
from s3nav.transfer import Transfers, Verification
from s3nav.transfer.integrity.checksums import expected_checksum
from s3nav.transfer.integrity.verification import Subject, Verifier
from tests.support.memory_store import MemoryStore
from tests.support.multipart import base64_sum
from tests.unit.transfer.conftest import Bench

EVEN = [b"a" * 700, b"b" * 700, b"c" * 100]
UNEVEN = [b"a" * 700, b"b" * 100, b"c" * 400]
LARGE = [os.urandom(1_700), os.urandom(900), os.urandom(2_000)]
SMALL = [b"one part of a few bytes"]


def verified_by(bench: Bench, level: Verification = Verification.AUTO) -> str:
    transfers = bench.transfers()
    job_id = transfers.plan(replace(bench.selection("bkt"), verify=level)).job_id
    transfers.start(job_id)
    assert transfers.wait(job_id, 50)
    assert transfers.job(job_id).state is JobState.DONE
    (item,) = transfers.items(job_id)
    return item.verified_by


def test_a_wrong_byte_in_a_multipart_object_is_found(bench: Bench) -> None:
    bench.store.put_multipart("bkt", "k", LARGE)
    content = b"".join(LARGE)
    damaged = content[:2_500] + bytes([content[2_500] ^ 1]) + content[2_501:]
    bench.store.put("bkt", "k", damaged, fact=bench.store.fact("bkt", "k"))

    transfers = bench.transfers(retries=0)
    job = bench.download(transfers)

    assert job.state is JobState.FAILED
    (item,) = transfers.items(job.job_id)
    assert item.reason.startswith("checksum-mismatch: s3://bkt/k does not match its")


@pytest.mark.parametrize("parts", [SMALL, EVEN, UNEVEN, LARGE])
def test_a_multipart_etag_is_recomputed_whatever_its_parts(
    bench: Bench, parts: list[bytes]
) -> None:
    bench.store.put_multipart("bkt", "k", parts)

    assert verified_by(bench) == "multipart-etag"


@pytest.mark.parametrize("parts", [SMALL, EVEN, LARGE])
@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "SHA1", "SHA256"])
def test_a_composite_checksum_is_recomputed(
    bench: Bench, parts: list[bytes], algorithm: str
) -> None:
    bench.store.put_multipart(
        "bkt", "k", parts, algorithm=algorithm, checksum_type="COMPOSITE", encryption="aws:kms"
    )

    assert verified_by(bench) == f"composite-{algorithm.lower()}"


@pytest.mark.parametrize("parts", [SMALL, LARGE])
@pytest.mark.parametrize("algorithm", ["CRC64NVME", "CRC32", "CRC32C", "SHA256", "SHA512", "MD5"])
def test_a_checksum_of_the_whole_is_enough(
    bench: Bench, parts: list[bytes], algorithm: str
) -> None:
    bench.store.put_multipart(
        "bkt", "k", parts, algorithm=algorithm, checksum_type="FULL_OBJECT", encryption="SSE-C"
    )

    assert verified_by(bench) == algorithm.lower()
    assert bench.store.count("attributes") == bench.store.count("part") == 0


@pytest.mark.parametrize("checksum_type", ["COMPOSITE", "FULL_OBJECT"])
def test_an_unknown_algorithm_leaves_the_next_checksum(bench: Bench, checksum_type: str) -> None:
    bench.store.put_multipart("bkt", "k", LARGE, algorithm="XXHASH64", checksum_type=checksum_type)

    assert verified_by(bench) == "multipart-etag"


@pytest.mark.parametrize("encryption", ["aws:kms", "aws:kms:dsse", "SSE-C"])
@pytest.mark.parametrize("parts", [SMALL, LARGE])
def test_the_etag_of_an_encrypted_object_verifies_nothing(
    bench: Bench, parts: list[bytes], encryption: str
) -> None:
    bench.store.put_multipart("bkt", "k", parts, encryption=encryption)

    assert verified_by(bench) == "none"


def test_a_gateway_that_names_no_parts_leaves_uneven_ones_unverified(bench: Bench) -> None:
    bench.store.put_multipart("bkt", "k", UNEVEN)
    bench.store.tells_parts = bench.store.keeps_attributes = False

    assert verified_by(bench) == "none"


def test_uneven_parts_are_requested_only_after_even_ones_failed(bench: Bench) -> None:
    bench.store.put_multipart("bkt", "k", EVEN)

    assert verified_by(bench) == "multipart-etag"
    assert bench.store.count("part") <= 1


def test_not_verifying_is_recorded_as_such(bench: Bench) -> None:
    bench.store.put("bkt", "k", b"content")

    assert verified_by(bench, Verification.NONE) == "none"


@pytest.mark.parametrize("size_bytes", [0, 10, 5_000])
def test_full_reads_the_disk_again(bench: Bench, size_bytes: int) -> None:
    bench.store.put("bkt", "k", os.urandom(size_bytes))

    assert verified_by(bench, Verification.FULL) == "md5+disk"


def test_full_proves_the_disk_even_where_s3_proves_nothing(bench: Bench) -> None:
    bench.store.put_multipart("bkt", "k", LARGE, encryption="aws:kms")

    assert verified_by(bench, Verification.FULL) == "none"


@pytest.mark.parametrize("head_has_proof", [True, False])
def test_full_finds_a_disk_that_gives_back_other_bytes(*, head_has_proof: bool) -> None:
    content = b"what arrived"
    sums = {"CRC64NVME": base64_sum("CRC64NVME", content)} if head_has_proof else {}
    rotten = memoryview(b"what rotted!")
    crc = "CRC64NVME:" + "00" * 8

    with pytest.raises(IntegrityError):
        Verifier(MemoryStore()).verify(
            Subject(
                source=S3Uri("b", "k"),
                head=ObjectHead(size_bytes=len(content), checksums=sums),
                read=lambda start, stop: iter([rotten[start:stop]]),
                is_again=True,
                arrived=crc,
            )
        )


@pytest.mark.parametrize("value", ["", "=", "AAAA", "not base64!", "é"])
def test_a_checksum_that_makes_no_sense_is_passed_over(value: str) -> None:
    head = ObjectHead(size_bytes=1, etag="0" * 32, checksums={"CRC32": value, "SHA256": value})

    assert expected_checksum(head).verified_by == "md5"


def test_the_level_of_a_job_survives_a_restart(bench: Bench) -> None:
    bench.store.put("bkt", "k", b"content")
    job_id = (
        bench.transfers().plan(replace(bench.selection("bkt"), verify=Verification.FULL)).job_id
    )

    again: Transfers = bench.transfers()
    again.start(job_id)
    again.wait(job_id, 50)

    assert again.items(job_id)[0].verified_by == "md5+disk"
