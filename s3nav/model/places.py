"""S3 URIs: buckets, prefixes and objects."""

from typing import Self

import msgspec

from s3nav.model.errors import UsageError

SCHEME = "s3://"
_ACCESS_POINT_ARN = "arn:"


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


def key_bytes(key: str) -> bytes:
    """The bytes of a key, which define its place in listings.

    S3 lists keys in the order of their UTF-8 bytes (S3 User Guide, "Listing object keys
    programmatically"). A lone surrogate, which is not valid UTF-8, has bytes here too.
    """
    return key.encode("utf-8", "surrogatepass")


def key_text(raw: bytes) -> str:
    """The key with these `key_bytes`."""
    return raw.decode("utf-8", "surrogatepass")


def _split_arn(text: str) -> tuple[str, str]:
    """Split an access point ARN (…:accesspoint/name[/key]) into its bucket and its key."""
    parts = text.split("/", 2)
    bucket = "/".join(parts[:2])
    return bucket, parts[2] if len(parts) > 2 else ""
