"""S3 URIs, which S3 they are in, the order of keys, and listings that do not keep it.

S3 lists keys in the order of their bytes. Gateways have been seen that list by encrypted name, by
directory, by UTF-16 or by folded case, and that repeat pages under ever new tokens. Every listing
is watched on every page: disorder may begin late.
"""

import itertools
import operator
import re
from collections.abc import Sequence
from typing import Self

import msgspec

from s3nav.model.errors import UnavailableError, UsageError

SCHEME = "s3://"
_ACCESS_POINT_ARN = "arn:"
EMPTY_PAGES_MAX = 1000
"""Empty pages in a row, after which a listing is given up."""
_AWS_HOST = re.compile(
    r"https?://(?:[^/]*\.)?s3[.-](?:[^/]*\.)?amazonaws\.com(?P<china>\.cn)?(?:[:/]|$)"
)
_REGION_IN_HOST = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-\d+")
# The region name prefixes of AWS's other partitions: botocore's partitions.json.
_PARTITIONS = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-isof-", "aws-iso-f"),
    ("eusc-", "aws-eusc"),
)
DEMO = "demo"
"""The name of the demo's endpoint, whose port changes between runs."""
AWS = "aws"
"""The name of the S3 of AWS's usual partition."""


class S3Uri(msgspec.Struct, frozen=True, order=True):
    """A bucket, a prefix or an object: ``s3://bucket/key``. The key is kept byte for byte."""

    bucket: str
    key: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``s3://bucket[/key]`` or a bare bucket name.

        Nothing in the key is normalised: ``a//b`` and ``../x`` are keys. Raises UsageError.
        """
        rest = text.removeprefix(SCHEME)
        if rest.startswith(_ACCESS_POINT_ARN):
            return cls(*_split_arn(rest))
        scheme, separator, _ = rest.partition("://")
        if separator and "/" not in scheme:
            raise UsageError(f"`{text}` is not an S3 place", remedy="write s3://bucket/prefix")
        bucket, _, key = rest.partition("/")
        if not bucket:
            raise UsageError(f"`{text}` names no bucket", remedy="write s3://bucket/prefix")
        return cls(bucket, key)

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}" if self.key else f"{SCHEME}{self.bucket}"

    def child(self, name: str) -> Self:
        """Append `name` to the key, without adding a slash."""
        return type(self)(self.bucket, self.key + name)


class S3Connection(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which S3 a job, a plan or a scan is of, and how it was reached. Never a secret."""

    endpoint: str = ""
    """The URL without a trailing slash or default port; empty for AWS; ``demo`` for the demo."""
    region: str = ""
    """The first region; those of buckets are detected."""
    profile: str = ""
    """Empty for given keys, the environment and the default profile."""
    anonymous: bool = False
    path_style: bool | None = None
    """None: only with an endpoint."""
    account: str = ""
    """The account's number; empty when no request has named it."""

    @property
    def s3(self) -> str:
        """The name of the S3: AWS's partition, or the endpoint.

        A bucket name stands for one bucket in a partition, and for another at another endpoint.
        """
        if not self.endpoint:
            return _partition_of(self.region)
        aws = _AWS_HOST.match(self.endpoint)
        if aws is None:
            return self.endpoint
        if aws["china"]:
            return "aws-cn"
        named = _REGION_IN_HOST.search(self.endpoint)
        return _partition_of(named[0] if named else "")

    @property
    def shown(self) -> str:
        """The S3 in words, as in "AWS" or "http://127.0.0.1:9000"."""
        return "AWS" if self.s3 == AWS else self.s3

    @property
    def options(self) -> tuple[str, ...]:
        """The options of a command line that connect another run in the same way."""
        if self.endpoint == DEMO:
            return ("--demo",)
        options: list[str] = []
        for option, value in (
            ("--profile", self.profile),
            ("--endpoint-url", self.endpoint),
            ("--region", self.region),
        ):
            options += [option, value] if value else []
        if self.anonymous:
            options.append("--anonymous")
        if self.path_style:
            options.append("--path-style")
        return tuple(options)

    def same_s3(self, other: "S3Connection | None") -> bool:
        """True unless `other` is known to be another S3; regions and profiles may differ."""
        return other is None or self.s3 == other.s3


def _partition_of(region: str) -> str:
    return next((name for prefix, name in _PARTITIONS if region.startswith(prefix)), AWS)


def key_bytes(key: str) -> bytes:
    """The bytes of a key, which define its place in listings.

    S3 lists keys in the order of their UTF-8 bytes (S3 User Guide, "Listing object keys
    programmatically"). A lone surrogate, which is not valid UTF-8, has bytes here too.
    """
    return key.encode("utf-8", "surrogatepass")


def key_text(raw: bytes) -> str:
    """The key with these `key_bytes`."""
    return raw.decode("utf-8", "surrogatepass")


class OutOfOrder(Exception):  # noqa: N818 - not an error: the listing is made another way
    """The endpoint does not list in byte order."""


def is_ordered(keys: Sequence[str], after: str) -> bool:
    """Whether keys are unique, in the order of S3 and greater than `after`.

    That order is the one of their `key_bytes`. Python compares texts by code points, which gives
    the same order, so no key is encoded here.
    """
    if not keys:
        return True
    return keys[0] > after and all(map(operator.lt, keys, itertools.islice(keys, 1, None)))


def out_of_order() -> UnavailableError:
    """The error for a page whose keys are not in order."""
    return UnavailableError(
        "the endpoint sent an invalid listing: its keys are not in order",
        remedy="try again; if it happens again, the endpoint does not list as S3 does",
        slug="bad-listing",
    )


def endless(why: str) -> UnavailableError:
    """The error for a listing that does not lead to an end."""
    return UnavailableError(
        f"the endpoint sent an invalid listing: {why}",
        remedy="try again; if it happens again, the endpoint does not list as S3 does",
        slug="bad-listing",
    )


class PageWatch:
    """The pages of one listing so far, in memory of one number for each."""

    def __init__(self) -> None:
        self.is_ordered = True
        """No page was out of order yet."""
        self._last_key = self._last_prefix = ""
        self._empty = 0
        self._seen: set[int] = set()

    def see(self, keys: Sequence[str], prefixes: Sequence[str] = ()) -> bool:
        """Take note of the next page; returns whether all pages so far are in order.

        Raises UnavailableError for a page that was there before, and after too many empty ones.
        """
        if not keys and not prefixes:
            self._empty += 1
            if self._empty > EMPTY_PAGES_MAX:
                raise endless(f"{EMPTY_PAGES_MAX:,} pages in a row are empty, and more follow")
            return self.is_ordered
        self._empty = 0
        if self.is_ordered:
            self.is_ordered = is_ordered(keys, self._last_key) and is_ordered(
                prefixes, self._last_prefix
            )
        self._last_key = keys[-1] if keys else self._last_key
        self._last_prefix = prefixes[-1] if prefixes else self._last_prefix
        page = hash(
            (len(keys), *keys[:1], *keys[-1:], len(prefixes), *prefixes[:1], *prefixes[-1:])
        )
        if page in self._seen:
            raise endless("its pages repeat")
        self._seen.add(page)
        return self.is_ordered


def _split_arn(text: str) -> tuple[str, str]:
    """Split an access point ARN (…:accesspoint/name[/key]) into its bucket and its key."""
    parts = text.split("/", 2)
    bucket = "/".join(parts[:2])
    return bucket, parts[2] if len(parts) > 2 else ""
