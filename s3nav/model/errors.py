"""The errors that users see: each has a message, a remedy and an exit code.

``S3NavError``
    ``UsageError`` 2 · ``CredentialsError`` 3 · ``AccessDeniedError`` 4 · ``NotFoundError`` 5 ·
    ``UnavailableError`` 6 · ``IntegrityError`` 7 · ``LocalDiskError`` 8 ·
    ``PartialFailureError`` 9 · ``RetryLaterError`` 75 · ``BudgetError`` 10

Exit code 1 is a bug in s3nav, 130 an interruption by the user.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

EXIT_OK = 0
EXIT_BUG = 1
EXIT_INTERRUPTED = 130


class S3NavError(Exception):
    """Something went wrong that the user can understand and act on."""

    slug: ClassVar[str] = "bug"
    exit_code: ClassVar[int] = EXIT_BUG

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        context: Mapping[str, str] = MappingProxyType({}),
        slug: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        """What to do next, as a sentence or a command; empty when nothing can be done."""
        self.context = dict(context)
        """Facts that help to find the cause: endpoint, bucket, request id. Never a secret."""
        self.reference = slug or self.slug
        """Kebab-case name a script or a search engine can rely on."""


class UsageError(S3NavError):
    """A command, a setting or a file from the user is invalid."""

    slug = "usage"
    exit_code = 2


class CredentialsError(S3NavError):
    """Credentials are missing or S3 rejects them."""

    slug = "credentials"
    exit_code = 3


class AccessDeniedError(S3NavError):
    """The credentials are valid but do not allow this."""

    slug = "access-denied"
    exit_code = 4


class NotFoundError(S3NavError):
    """No such bucket, object, profile or job."""

    slug = "not-found"
    exit_code = 5


class UnavailableError(S3NavError):
    """The endpoint cannot be reached, is overloaded, or did not answer in time."""

    slug = "unavailable"
    exit_code = 6


class IntegrityError(S3NavError):
    """The bytes received differ from the checksum or size that S3 reports."""

    slug = "integrity"
    exit_code = 7


class LocalDiskError(S3NavError):
    """The local disk is full, read-only, or rejects the path."""

    slug = "local-disk"
    exit_code = 8


class PartialFailureError(S3NavError):
    """The job ended and some of its items failed."""

    slug = "partial-failure"
    exit_code = 9
    may_succeed_later = False
    """True when every failure was because S3 was unavailable, so that a retry may help."""


class BudgetError(S3NavError):
    """Continuing would exceed the budget."""

    slug = "over-budget"
    exit_code = 10


class RetryLaterError(S3NavError):
    """Running the same command again continues where it stopped; tells schedulers to retry.

    The exit code is EX_TEMPFAIL of sysexits.h.
    """

    slug = "retry-later"
    exit_code = 75


class ObjectChangedError(IntegrityError):
    """The object was replaced during the download: its ETag differs from the plan's."""

    slug = "object-changed"


class ThrottledError(UnavailableError):
    """S3 asks to slow down (503 SlowDown, 429)."""

    slug = "slow-down"


class ExpiredCredentialsError(CredentialsError):
    """The session token or login has expired; work continues after a new login."""

    slug = "credentials-expired"


class DownloadError(UnavailableError):
    """A price list could not be fetched."""

    slug = "download"


class HttpError(DownloadError):
    """The price list's server answered with an error or without prices."""

    slug = "http"


class CacheError(LocalDiskError):
    """The cache of price lists cannot be read or written."""

    slug = "cache"
