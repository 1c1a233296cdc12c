"""Verification finds a flipped bit and says what it could not verify."""

import base64
import hashlib
import tempfile

import pytest
from awscrt import checksums

from s3nav.model.errors import IntegrityError
from s3nav.model.objects import ObjectHead
from s3nav.model.places import S3Uri
from s3nav.model.text.quantities import MIB
from s3nav.transfer.integrity.checksums import part_size_candidates, proof_of
from s3nav.transfer.integrity.verification import Subject, Verifier, file_reader
from s3nav.transfer.journal.journal_rows import PartRow
from s3nav.transfer.planning.plan_preview import cut
from tests.support.memory_store import MemoryStore

CONTENT = bytes(range(256)) * 4096 * 9


BUFFER = memoryview(bytearray(MIB))


def _head(**facts: object) -> ObjectHead:
    return ObjectHead(size_bytes=len(CONTENT), **facts)  # type: ignore[arg-type]  # test shorthand


def _crc(content: bytes) -> str:
    return base64.b64encode(checksums.crc64nvme(content).to_bytes(8, "big")).decode()


def _parts(part_bytes: int = MIB) -> list[PartRow]:
    return [
        PartRow(
            item=1,
            start=s.start,
            stop=s.stop,
            digest=f"CRC64NVME:{checksums.crc64nvme(CONTENT[s.start : s.stop]):016x}",
        )
        for s in cut(len(CONTENT), part_bytes)
    ]


def _prove(head: ObjectHead, parts: list[PartRow], content: bytes = CONTENT) -> str:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        return Verifier(MemoryStore()).prove(
            Subject(
                source=S3Uri("b", "k"),
                head=head,
                read=file_reader(file.fileno(), BUFFER),
                parts=parts,
            )
        )


def _multipart_etag(part_bytes: int) -> str:
    digests = [
        hashlib.md5(CONTENT[s.start : s.stop], usedforsecurity=False).digest()
        for s in cut(len(CONTENT), part_bytes)
    ]
    return f"{hashlib.md5(b''.join(digests), usedforsecurity=False).hexdigest()}-{len(digests)}"


def test_a_wrong_part_checksum_is_found() -> None:
    parts = _parts()
    parts[3] = PartRow(item=1, start=parts[3].start, stop=parts[3].stop, digest="CRC64NVME:00")

    with pytest.raises(IntegrityError):
        _prove(_head(checksums={"CRC64NVME": _crc(CONTENT)}), parts)


@pytest.mark.parametrize(
    "head",
    [
        _head(checksums={"CRC64NVME": _crc(CONTENT)}),
        _head(etag=hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()),
    ],
)
def test_a_flipped_bit_is_found_when_the_file_is_read_again(head: ObjectHead) -> None:
    flipped = bytes([CONTENT[0] ^ 1]) + CONTENT[1:]

    with pytest.raises(IntegrityError):
        _prove(head, [], flipped)


def test_checksums_of_parts_are_combined_in_any_order() -> None:
    head = _head(checksums={"CRC64NVME": _crc(CONTENT)})

    assert _prove(head, _parts()[::-1], b"never read") == "crc64nvme"


@pytest.mark.parametrize("part_bytes", [8 * MIB, 5 * MIB, 3 * MIB])
def test_a_multipart_etag_is_recomputed(part_bytes: int) -> None:
    assert _prove(_head(etag=_multipart_etag(part_bytes)), []) == "multipart-etag"


@pytest.mark.parametrize(
    "head",
    [
        _head(etag=_multipart_etag(7 * MIB + 1)),
        _head(etag="0" * 32, encryption="aws:kms"),
        _head(etag="not-hex"),
        _head(),
    ],
)
def test_what_cannot_be_proven_is_verified_by_none(head: ObjectHead) -> None:
    assert _prove(head, []) == "none"


def test_a_checksum_goes_before_the_etag() -> None:
    head = _head(etag="0" * 32, checksums={"SHA256": "AAAA", "CRC32C": "AAAAAA=="})

    assert proof_of(head).verified_by == "crc32c"


def test_a_composite_value_is_not_taken_for_the_whole() -> None:
    assert proof_of(_head(etag="x-2", checksums={"SHA256": "AAAA-2"})).verified_by == "none"


def test_candidates_cut_into_the_right_number_of_parts() -> None:
    assert part_size_candidates(20 * MIB, 3)[0] == 8 * MIB
    assert all(-(-(20 * MIB) // size) == 3 for size in part_size_candidates(20 * MIB, 3))
    assert part_size_candidates(0, 1) == []


def test_an_unlabelled_checksum_of_a_multipart_object_may_be_one_of_checksums() -> None:
    head = _head(etag=_multipart_etag(5 * MIB), checksums={"CRC32": "AAAAAA=="})

    assert _prove(head, []) == "multipart-etag"
