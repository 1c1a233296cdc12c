"""Sign S3 requests without a body with Signature Version 4, thousands a second.

The algorithm is "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)"
of the Amazon S3 API reference. botocore signs too, but its request objects cost more than the rest
of a small GET, so the derived key and the time stamp are kept here between requests.
"""

import hashlib
import hmac
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

import msgspec

from s3nav.model.errors import CredentialsError, UsageError
from s3nav.model.text.plain_messages import is_one_word, unfit_keys

EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
SERVICE = "s3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """One set of credentials; the secrets are left out of its repr."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)


class UnsignedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a signature covers; `path` and `query` are percent-encoded."""

    method: str
    host: str
    path: str
    query: str = ""
    headers: Sequence[tuple[str, str]] = ()
    """Names in lower case, each at most once, without host."""


def quote_key(key: str) -> str:
    """Percent-encode a key for the path; slashes stay. Raises UsageError for a lone surrogate."""
    try:
        return quote(key, safe="/~", errors="surrogateescape")
    except UnicodeEncodeError as error:
        raise UsageError("a key contains characters that are not Unicode text") from error


def canonical_query(parameters: Sequence[tuple[str, str]]) -> str:
    """Percent-encode and sort query parameters: the form that is sent and signed."""
    encoded = [
        (quote(name, safe="~"), quote(value, safe="~", errors="surrogateescape"))
        for name, value in parameters
    ]
    return "&".join(f"{name}={value}" for name, value in sorted(encoded))


class Signer:
    """Signs requests for one region; caches the signing key of the day."""

    def __init__(self, region: str, *, clock: Callable[[], float] = time.time) -> None:
        """Raises UsageError for a region that would end or change the header it is written into."""
        if not is_one_word(region):
            raise UsageError(
                "the region contains white space or a control character",
                remedy="write it as eu-central-1",
                slug="bad-region",
            )
        self._region = region
        self._clock = clock
        self._stamp = (0, "")
        self._day_key = (("", ""), hmac.new(b"", digestmod="sha256"))
        self._checked: Keys | None = None

    def header_lines(self, request: UnsignedRequest, keys: Keys | None) -> str:
        r"""All headers of the request as ``name: value\r\n`` lines, signed unless `keys` is None.

        Runs of white space in values become one space, so a value cannot inject a header line.
        """
        headers = [(name, " ".join(value.split())) for name, value in request.headers]
        headers.append(("host", request.host))
        if keys is None:
            return "".join([f"{name}: {value}\r\n" for name, value in headers])
        self.check(keys)
        stamp = self.now()
        headers += [("x-amz-content-sha256", EMPTY_SHA256), ("x-amz-date", stamp)]
        if keys.token:
            headers.append(("x-amz-security-token", keys.token))
        headers.sort()
        names = ";".join([name for name, _ in headers])
        canonical = "\n".join(
            [
                request.method,
                request.path,
                request.query,
                *[f"{name}:{value}" for name, value in headers],
                "",
                names,
                EMPTY_SHA256,
            ]
        )
        authorization = self._authorization(canonical, names, keys, stamp)
        headers.append(("authorization", authorization))
        return "".join([f"{name}: {value}\r\n" for name, value in headers])

    def _authorization(self, canonical: str, names: str, keys: Keys, stamp: str) -> str:
        scope = self.scope(stamp)
        digest = hashlib.sha256(canonical.encode("utf-8", "surrogateescape")).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}"
        signature = self.key_of_day(keys.secret_key, stamp[:8]).copy()
        signature.update(text.encode())
        return (
            f"AWS4-HMAC-SHA256 Credential={keys.access_key}/{scope}, "
            f"SignedHeaders={names}, Signature={signature.hexdigest()}"
        )

    def check(self, keys: Keys) -> None:
        """Refuse keys that would end or change the header they are written into.

        Raises CredentialsError.
        """
        if keys is self._checked:
            return
        if problem := unfit_keys(keys.access_key, keys.secret_key, keys.token):
            raise CredentialsError(problem, slug="unfit-keys")
        self._checked = keys

    def now(self) -> str:
        """The current time as ``YYYYMMDDTHHMMSSZ``."""
        second = int(self._clock())
        known, stamp = self._stamp
        if second != known:
            stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(second))
            self._stamp = (second, stamp)
        return stamp

    def scope(self, stamp: str) -> str:
        """The credential scope of a signature made at `stamp`."""
        return f"{stamp[:8]}/{self._region}/{SERVICE}/aws4_request"

    def key_of_day(self, secret: str, day: str) -> hmac.HMAC:
        """The key that signs all day: copy it and update the copy with what to sign.

        A copy has the hashes of the key ready; `hmac.digest` makes them again for each request.
        """
        known, ready = self._day_key
        if known == (secret, day):
            return ready
        key = f"AWS4{secret}".encode()
        for step in (day, self._region, SERVICE, "aws4_request"):
            key = hmac.digest(key, step.encode(), "sha256")
        ready = hmac.new(key, digestmod="sha256")
        self._day_key = ((secret, day), ready)
        return ready
