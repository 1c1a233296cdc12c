"""Create the demo's buckets in moto's models, without HTTP."""

import datetime as datetime_module
import io
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from types import SimpleNamespace
from typing import Self
from unittest.mock import patch

from moto.backends import get_backend
from moto.core import utils
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import IAMBackend
from moto.moto_api._internal import mock_random
from moto.s3.models import FakeKey, S3Backend

from s3nav.demo.content.demo_buckets import HOME_REGION, LOCKED_BUCKET, Seed, buckets

PARTITION = "aws"
USER = "demo"
SEED = 20261130
SECRET_KEY_BYTES = 30

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {
            "Effect": "Deny",
            "Action": ["s3:ListBucket", "s3:ListBucketVersions", "s3:GetObject"],
            "Resource": [f"arn:aws:s3:::{LOCKED_BUCKET}", f"arn:aws:s3:::{LOCKED_BUCKET}/*"],
        },
    ],
}
"""Allows everything except one bucket."""

__all__ = ["HOME_REGION", "create_user", "fill", "same_each_run"]


class SharedKey(FakeKey):
    """A moto object that shares its bytes with others instead of copying them."""

    def __init__(self, seed: Seed, *, bucket: str, region: str, version_id: str) -> None:
        content = seed.content
        super().__init__(
            name=seed.key,
            bucket_name=bucket,
            value=b"",
            account_id=DEFAULT_ACCOUNT_ID,
            region_name=region,
            storage=seed.storage_class,
            etag=content.etag,
            is_versioned=version_id != "null",
            version_id=version_id,
            checksum_value=content.crc64nvme,
            checksum_type="FULL_OBJECT",
        )
        self._value_buffer.close()
        # BytesIO shares the bytes object it was given until it is written to.
        self._value_buffer = io.BytesIO(content.body)  # type: ignore[assignment]  # as file-like
        self.contentsize = len(content.body)
        self.checksum_algorithm = "CRC64NVME"
        self.last_modified = seed.modified_at.astimezone(UTC).replace(tzinfo=None)
        self.set_metadata({"Content-Type": content.media_type, **seed.metadata})


@contextmanager
def same_each_run(at: datetime) -> Iterator[None]:
    """Make moto create resources with the same ids in each run, and with the creation time `at`.

    Users compare scrapes of two runs, which match resources by id and would show changed times.
    """

    class Standing(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(at.timestamp(), tz)

    mock_random.seed(SEED)
    stopped = SimpleNamespace(**{**vars(datetime_module), "datetime": Standing})
    with patch.object(utils, "datetime", stopped):
        yield


def create_user() -> tuple[str, str]:
    """Create the demo's user; return access key and secret key, which differ in each run."""
    iam: IAMBackend = get_backend("iam")[DEFAULT_ACCOUNT_ID][PARTITION]
    iam.create_user(HOME_REGION, USER)
    iam.put_user_policy(USER, "demo", json.dumps(POLICY))
    key = iam.create_access_key(USER)
    key.secret_access_key = secrets.token_urlsafe(SECRET_KEY_BYTES)
    return key.access_key_id, key.secret_access_key


def fill(began_on: date, today: date) -> None:
    """Create all buckets and objects; none is newer than the start of `today`, UTC."""
    s3: S3Backend = get_backend("s3")[DEFAULT_ACCOUNT_ID][PARTITION]
    began_at = datetime.combine(began_on, time.min, UTC)
    for spec in buckets(began_on, max(began_on, today)):
        bucket = s3.create_bucket(spec.name, spec.region)
        bucket.creation_date = began_at - timedelta(days=spec.age_days)
        if spec.versioned:
            s3.put_bucket_versioning(spec.name, "Enabled")
        for number, seed in enumerate(spec.seeds):
            version_id = f"demo{number:028x}" if spec.versioned else "null"
            key = SharedKey(seed, bucket=spec.name, region=spec.region, version_id=version_id)
            bucket.keys.setlist(seed.key, [*bucket.keys.getlist(seed.key, []), key])
        for number, deleted in enumerate(spec.deleted):
            s3.delete_object(spec.name, deleted)
            marker = bucket.keys.getlist(deleted)[-1]
            # moto uses the current time and a random id; both must be the same at the next start.
            marker.last_modified = (began_at - timedelta(hours=12)).replace(tzinfo=None)
            marker._version_id = f"demo-deleted{number:020x}"  # noqa: SLF001
