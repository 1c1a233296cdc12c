"""A plain boto3 client, to prepare servers and to look at them from the side."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import boto3
from botocore.config import Config
from mypy_boto3_s3 import S3Client


@contextmanager
def s3_client(flags: Mapping[str, str]) -> Iterator[S3Client]:
    """For endpoint_url, access_key, secret_key and region as in Settings."""
    client: S3Client = boto3.client(
        "s3",
        endpoint_url=flags["endpoint_url"],
        aws_access_key_id=flags["access_key"],
        aws_secret_access_key=flags["secret_key"],
        region_name=flags.get("region", "us-east-1"),
        config=Config(
            retries={"total_max_attempts": 2},
            s3={"addressing_style": "path"},
            connect_timeout=60,
            read_timeout=120,
        ),
    )
    try:
        yield client
    finally:
        client.close()
