"""How an object was uploaded, as each S3 reports it."""

import pytest

from s3nav.model.errors import S3NavError
from tests.contract.conftest import Bench, MemoryBench, ServerBench

MIB = 1 << 20
PARTS = [b"a" * (5 * MIB), b"b" * (6 * MIB), b"c" * 100]


def put_parts(bench: Bench, key: str) -> None:
    if isinstance(bench, MemoryBench):
        bench.store.put_multipart(bench.bucket, key, PARTS)
        return
    assert isinstance(bench, ServerBench)
    upload = bench.client.create_multipart_upload(Bucket=bench.bucket, Key=key)["UploadId"]
    done = [
        bench.client.upload_part(
            Bucket=bench.bucket, Key=key, UploadId=upload, PartNumber=number, Body=part
        )["ETag"]
        for number, part in enumerate(PARTS, 1)
    ]
    bench.client.complete_multipart_upload(
        Bucket=bench.bucket,
        Key=key,
        UploadId=upload,
        MultipartUpload={
            "Parts": [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(done, 1)]
        },
    )


def test_a_missing_object_has_no_attributes(bench: Bench) -> None:
    assert bench.store.attributes(bench.bucket, "none") is None
    assert bench.store.part_bytes(bench.bucket, "none", 1) is None


def test_attributes_are_those_of_the_object_or_absent(bench: Bench) -> None:
    bench.put("k", b"content")

    found = bench.store.attributes(bench.bucket, "k")

    if found is not None:  # a gateway may not know the call, and then answers with the object
        assert (found.etag, found.size_bytes) == (bench.store.head(bench.bucket, "k").etag, 7)
        assert found.parts == ()


def test_an_object_that_looks_like_attributes_is_not_mistaken_for_them(bench: Bench) -> None:
    bench.put("k.xml", b"<GetObjectAttributesResponse/>")

    found = bench.store.attributes(bench.bucket, "k.xml")

    assert found is None or found.parts == ()


@pytest.mark.parametrize(("number", "size_bytes"), [(1, 5 * MIB), (2, 6 * MIB), (3, 100)])
def test_the_size_of_a_part_is_right_or_absent(bench: Bench, number: int, size_bytes: int) -> None:
    put_parts(bench, "big")

    assert bench.store.part_bytes(bench.bucket, "big", number) in {size_bytes, None}


def test_requests_can_be_paid_by_the_requester(bench: Bench) -> None:
    bench.put("k", b"content")

    head = bench.store.head(bench.bucket, "k", requester_pays=True)

    assert head.size_bytes == 7


def test_a_whole_object_has_no_part_beyond_the_first(bench: Bench) -> None:
    bench.put("k", b"content")

    try:
        found = bench.store.part_bytes(bench.bucket, "k", 2)
    except S3NavError as error:
        pytest.fail(f"asking for a part must not fail: {error.message}")

    assert found is None
