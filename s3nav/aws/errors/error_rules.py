"""The message and remedy for each error code of S3 and STS.

The codes are those of the S3 API reference, "Error responses", and the STS API reference, "Common
errors".
"""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from s3nav.model.errors import (
    AccessDeniedError,
    CredentialsError,
    ExpiredCredentialsError,
    IntegrityError,
    NotFoundError,
    ObjectChangedError,
    S3NavError,
    ThrottledError,
    UnavailableError,
    UsageError,
)


class Rule(msgspec.Struct, frozen=True):
    """The error for one code; `{bucket}` and other fields are filled in from the context."""

    kind: type[S3NavError]
    slug: str
    message: str
    remedy: str = ""


_UNKNOWN_KEY = Rule(
    CredentialsError,
    "unknown-access-key",
    "S3 does not know this access key id",
    "check the access key id of profile `{profile}`, and that it belongs to this endpoint",
)
_WRONG_SECRET = Rule(
    CredentialsError,
    "wrong-secret",
    "the secret key does not belong to the access key id",
    "check the secret access key of profile `{profile}`: copy it again, without spaces",
)
_EXPIRED = Rule(
    ExpiredCredentialsError,
    "credentials-expired",
    "the credentials have expired",
    "log in again (`aws sso login --profile {profile}`), or renew the session token",
)
_SLOW_DOWN = Rule(
    ThrottledError, "slow-down", "S3 asks to slow down", "try again later, or use fewer workers"
)
_NO_BUCKET = Rule(
    NotFoundError,
    "no-such-bucket",
    "no bucket `{bucket}`",
    "`s3nav --headless buckets` lists those you may see",
)
_NO_KEY = Rule(
    NotFoundError,
    "no-such-key",
    "no object `s3://{bucket}/{key}`",
    "`s3nav --headless ls s3://{bucket}` shows what is there",
)
_DENIED = Rule(
    AccessDeniedError,
    "access-denied",
    "access denied to `{location}`",
    "ask the bucket's owner for s3:ListBucket and s3:GetObject, or use another `--profile`",
)
_CHANGED = Rule(
    ObjectChangedError,
    "object-changed",
    "`s3://{bucket}/{key}` was replaced while it was being fetched",
    "run the download again to fetch what is there now",
)
_BUSY = Rule(
    UnavailableError, "unavailable", "S3 had an internal error ({code})", "try again later"
)

_TOO_LATE = Rule(
    UnavailableError,
    "unavailable",
    "the endpoint did not receive the request in time ({code})",
    "try again; if it happens again, the network is too slow or loses packets",
)
_MOVED = Rule(
    UnavailableError,
    "wrong-region",
    "`{bucket}` is in another region, which S3 did not name",
    "name it with `--region`",
)
_REDIRECTED = Rule(
    UnavailableError,
    "redirected",
    "the endpoint redirects to `{redirect}`, which s3nav does not follow",
    "if that is the S3 you mean, write it as `--endpoint-url`; a login page means a proxy between",
)
_REDIRECTED_NOWHERE = Rule(
    UnavailableError,
    "redirected",
    "the endpoint redirects ({code}), and does not say where",
    "check `--endpoint-url` and `--region`",
)
_SHRUNK = Rule(
    ObjectChangedError,
    "object-changed",
    "`s3://{bucket}/{key}` is shorter than it was",
    _CHANGED.remedy,
)
_NOT_S3 = Rule(
    UnavailableError,
    "bad-answer",
    "the endpoint did not respond as S3 does ({code})",
    "check that `--endpoint-url` names an S3 endpoint, not a web page or a proxy",
)
_REFUSED = Rule(
    UsageError,
    "refused",
    "S3 refused the request ({code})",
    "check the credentials, the names and `--region`",
)
_DAMAGED = Rule(
    IntegrityError,
    "checksum-mismatch",
    "S3 received other bytes for `s3://{bucket}/{key}` than the file has",
    "try again; if it happens again, the file is changing or the network corrupts data",
)

BY_CODE: Mapping[str, Rule] = MappingProxyType(
    {
        "NoSuchBucket": _NO_BUCKET,
        "NoSuchKey": _NO_KEY,
        "NoSuchVersion": Rule(
            NotFoundError, "no-such-version", "no such version of `s3://{bucket}/{key}`"
        ),
        "AccessDenied": _DENIED,
        "AllAccessDisabled": _DENIED,
        "AccountProblem": _DENIED,
        "InvalidAccessKeyId": _UNKNOWN_KEY,
        "InvalidClientTokenId": _UNKNOWN_KEY,
        "UnrecognizedClientException": _UNKNOWN_KEY,
        "SignatureDoesNotMatch": _WRONG_SECRET,
        "ExpiredToken": _EXPIRED,
        "ExpiredTokenException": _EXPIRED,
        "TokenRefreshRequired": _EXPIRED,
        "RequestExpired": _EXPIRED,
        "InvalidToken": Rule(
            CredentialsError,
            "bad-session-token",
            "S3 does not accept the session token",
            "renew it, or leave it out when the keys are permanent",
        ),
        "RequestTimeTooSkewed": Rule(
            CredentialsError,
            "clock-skew",
            "the clock of this machine differs too much from S3's",
            "set the clock (`timedatectl set-ntp true` on Linux), then try again",
        ),
        "InvalidObjectState": Rule(
            AccessDeniedError,
            "archived",
            "`s3://{bucket}/{key}` is archived",
            "restore it first, then try again",
        ),
        "PreconditionFailed": _CHANGED,
        "BadDigest": _DAMAGED,
        "XAmzContentChecksumMismatch": _DAMAGED,
        "InvalidRange": _SHRUNK,
        "InvalidBucketName": Rule(
            UsageError, "bad-bucket-name", "`{bucket}` is not a valid bucket name"
        ),
        "SlowDown": _SLOW_DOWN,
        "Throttling": _SLOW_DOWN,
        "ThrottlingException": _SLOW_DOWN,
        "RequestLimitExceeded": _SLOW_DOWN,
        "TooManyRequests": _SLOW_DOWN,
        "InternalError": _BUSY,
        "ServiceUnavailable": _SLOW_DOWN,
        "RequestTimeout": _TOO_LATE,
        "PermanentRedirect": _MOVED,
        "TemporaryRedirect": _MOVED,
    }
)

_BY_STATUS: Mapping[int, Rule] = MappingProxyType(
    {
        401: _DENIED,
        403: _DENIED,
        408: _TOO_LATE,
        412: _CHANGED,
        416: _SHRUNK,
        429: _SLOW_DOWN,
        503: _SLOW_DOWN,
    }
)


def rule_for(
    *, status: int, code: str, has_bucket: bool, has_key: bool, has_redirect: bool = False
) -> Rule:
    """The rule for a response; `code` is empty for a HEAD, whose response has no body."""
    if 300 <= status < 400 and has_redirect:
        return _REDIRECTED
    if code in BY_CODE:
        return BY_CODE[code]
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if not has_bucket and 300 <= status < 500:
        return _NOT_S3
    if status == 404:
        return _NO_KEY if has_key else _NO_BUCKET
    return _by_range(status)


def _by_range(status: int) -> Rule:
    if 300 <= status < 400:
        return _REDIRECTED_NOWHERE
    return _BUSY if status >= 500 else _REFUSED
