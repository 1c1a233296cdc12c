"""List the parts that S3 keeps of an unfinished upload (ListParts)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from s3nav.model.places import S3Uri
from s3nav.model.writes import KeptPart

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_START = "Checksum"


def list_kept(
    client: "S3Client", place: S3Uri, upload_id: str, size_bytes: int, part_bytes: int
) -> Iterator[KeptPart]:
    """Yield the parts whose size fits a file of `size_bytes` cut into `part_bytes`.

    In the order of part numbers. Raises botocore's errors.
    """
    pages = client.get_paginator("list_parts").paginate(
        Bucket=place.bucket, Key=place.key, UploadId=upload_id
    )
    for page in pages:
        for part in page.get("Parts", []):
            start = (part["PartNumber"] - 1) * part_bytes
            expected = min(part_bytes, size_bytes - start)
            if part["Size"] != expected or expected <= 0:
                continue
            yield KeptPart(
                number=part["PartNumber"],
                start=start,
                size_bytes=expected,
                etag=part["ETag"].strip('"'),
                checksums={
                    name.removeprefix(_START): str(value)
                    for name, value in part.items()
                    if name.startswith(_START)
                },
            )
