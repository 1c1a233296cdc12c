"""Parse the XML of listings strictly: a page that is incomplete or not valid is refused.

S3 repeats in a page what was asked. A page of another request, which a server or a proxy sends by
mistake, would leave keys out without a word: it is refused too. Servers may leave these fields out,
and may call a bucket by another name than the request does (aliases of access points, tenants).
"""

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import unquote_plus
from xml.etree import ElementTree

import msgspec

from s3nav.aws.http import why_unsafe
from s3nav.aws.s3.moments import moment_of
from s3nav.model.errors import UnavailableError
from s3nav.model.objects import (
    DEFAULT_STORAGE_CLASS,
    BucketFact,
    ListingPage,
    ListRequest,
    ObjectFact,
    VersionsRequest,
)

_LINE_END = re.compile(r"\r\n?")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NAMESPACE = re.compile(
    rb'(<(?:ListBucketResult|ListAllMyBucketsResult|ListVersionsResult))\s+xmlns=(?:"[^"]*"|\'[^\']*\')'
)


# Servers that ignore `encoding-type` write a control character of a key as `&#x7;` or as it is, and
# XML 1.0 has neither. The parser gets private characters instead, which are turned back afterwards.
_CONTROL = re.compile(
    rb"&#(?:[xX]0{0,6}([01]?[0-9A-Fa-f])|0{0,6}([0-9]|[12][0-9]|3[01]));|[\x00-\x08\x0b\x0c\x0e-\x1f]"
)
_FIRST_STAND_IN = 0xF0000
_CONTROLS = {_FIRST_STAND_IN + code: code for code in range(0x20)}
_STAND_INS = chr(_FIRST_STAND_IN).encode()[:3]
"""How all of them begin in UTF-8."""


MAX_KEY_BYTES = 4096
"""S3 allows 1,024 (user guide, "Naming Amazon S3 objects"). Gateways that keep objects as files may
have longer ones, up to the longest path of Linux."""


class AboutListing(msgspec.Struct, frozen=True):
    """The facts of a page that are not entries."""

    is_encoded: bool
    next_token: str | None


def parse_page(body: bytes, request: ListRequest | None = None) -> ListingPage:
    """Parse a ListBucketResult, the response to `request`.

    Raises UnavailableError when it is incomplete, not valid, or answers another request.
    """
    with parse_errors_as_unavailable():
        return _page(listing_root(body, "ListBucketResult"), request)


def parse_buckets(body: bytes) -> tuple[list[BucketFact], str]:
    """Parse a ListAllMyBucketsResult and its token, which is empty on the last page.

    Raises UnavailableError when it is incomplete or not valid.
    """
    with parse_errors_as_unavailable():
        root = listing_root(body, "ListAllMyBucketsResult")
        entries = root.find("Buckets")
        if entries is None:
            raise KeyError("Buckets")
        return [_bucket(entry) for entry in entries], root.findtext("ContinuationToken", "")


@contextlib.contextmanager
def parse_errors_as_unavailable() -> Iterator[None]:
    """Raise UnavailableError for the errors of the parsers."""
    try:
        yield
    except ElementTree.ParseError as error:
        raise malformed_listing("it is not well-formed XML") from error
    except KeyError as error:
        raise malformed_listing(f"{error.args[0]} is missing") from error
    except LookupError as error:
        raise malformed_listing("its encoding is unknown") from error
    except (ValueError, OverflowError) as error:
        raise malformed_listing("a size or a key is not valid") from error


def listing_root(body: bytes, tag: str) -> ElementTree.Element:
    """Parse a document whose root must be `tag`. Raises UnavailableError and ParseError."""
    if why := why_unsafe(body):
        raise malformed_listing(why)
    document = _NAMESPACE.sub(rb"\1", body, count=1)
    is_replaceable = b"<EncodingType>" not in document and _STAND_INS not in document
    has_controls = is_replaceable and _CONTROL.search(document) is not None
    root = ElementTree.fromstring(_CONTROL.sub(_stand_in, document) if has_controls else document)
    if root.tag != tag:
        raise malformed_listing("it is another document")
    if has_controls:
        for element in root.iter():
            element.text = (element.text or "").translate(_CONTROLS)
    return root


def _stand_in(match: re.Match[bytes]) -> bytes:
    """A private character in place of a control character, unless XML has that."""
    code = int(match[1], 16) if match[1] else int(match[2] or ord(match[0]))
    is_allowed = code in {0x9, 0xA, 0xD} or code > 0x1F
    return match[0] if is_allowed else chr(_FIRST_STAND_IN + code).encode()


def _bucket(entry: ElementTree.Element) -> BucketFact:
    facts = {child.tag: child.text for child in entry}
    return BucketFact(
        name=decoded_name(facts["Name"], is_encoded=False),
        created_at=moment_of(facts.get("CreationDate")),
        region=facts.get("BucketRegion") or None,
    )


def _page(root: ElementTree.Element, request: ListRequest | None) -> ListingPage:
    contents = root.findall("Contents")
    first = root.findtext("Contents/Key", "")
    about = about_listing(root, entries=len(contents), first=first, request=request)
    return ListingPage(
        objects=tuple([_object(entry, is_encoded=about.is_encoded) for entry in contents]),
        prefixes=common_prefixes(root, about),
        next_token=about.next_token,
    )


def common_prefixes(root: ElementTree.Element, about: AboutListing) -> tuple[str, ...]:
    """The common prefixes of a page. Raises KeyError for one without a name."""
    return tuple(
        [
            decoded_name(entry.findtext("Prefix"), is_encoded=about.is_encoded)
            for entry in root.findall("CommonPrefixes")
        ]
    )


def about_listing(
    root: ElementTree.Element, *, entries: int, first: str, request: ListRequest | None
) -> AboutListing:
    """The facts of a page with `entries` objects, of which `first` is the first key as sent.

    Raises UnavailableError when it announces more keys than it has or answers another request,
    and KeyError.
    """
    about = {child.tag: child.text or "" for child in root}
    named = entries + len(root.findall("CommonPrefixes"))
    if request is not None:
        names = [first] if first else [root.findtext("CommonPrefixes/Prefix", request.prefix)]
        refuse_other(other_field(about, request, names))
    announced = about.get("KeyCount", "")
    if announced.isdecimal() and int(announced) > named:
        raise malformed_listing(f"it announces {announced} keys and has {named}")
    return AboutListing(
        is_encoded=about.get("EncodingType") == "url", next_token=_next_token(about)
    )


def _next_token(about: dict[str, str]) -> str | None:
    match about["IsTruncated"].strip().lower():
        case "false":
            return None
        case "true":
            token = about.get("NextContinuationToken", "")
            if not token:
                raise malformed_listing("it is truncated and has no continuation token")
            return token
        case other:
            raise malformed_listing(f"IsTruncated is `{other}`")


def _object(entry: ElementTree.Element, *, is_encoded: bool) -> ObjectFact:
    facts = {child.tag: child.text for child in entry}
    size = facts["Size"] or ""
    size_bytes = int(size)
    if size_bytes < 0:
        raise ValueError(size)
    return ObjectFact(
        key=decoded_name(facts["Key"], is_encoded=is_encoded),
        size_bytes=size_bytes,
        etag=(facts.get("ETag") or "").strip('"'),
        modified_at=moment_of(facts.get("LastModified")),
        storage_class=facts.get("StorageClass") or DEFAULT_STORAGE_CLASS,
        checksum_algorithm=facts.get("ChecksumAlgorithm") or "",
        checksum_type=facts.get("ChecksumType") or "",
    )


def decoded_name(text: str | None, *, is_encoded: bool) -> str:
    """Undo the percent-encoding of a key or prefix.

    Raises KeyError when it is empty, UnavailableError when it is longer than any key.
    """
    if not text:
        raise KeyError("a name")
    if is_encoded and ("%" in text or "+" in text):
        text = unquote_plus(text, errors="surrogateescape")
    if len(text) * 4 > MAX_KEY_BYTES:
        size_bytes = len(text.encode("utf-8", "surrogatepass"))
        if size_bytes > MAX_KEY_BYTES:
            raise malformed_listing(f"a key has {size_bytes:,} bytes; S3 allows 1,024")
    return text


def refuse_other(field: str) -> None:
    """Raise UnavailableError if a field says that a page answers another request."""
    if field:
        raise malformed_listing(f"its {field} is that of another request")


def malformed_listing(what: str) -> UnavailableError:
    """The error for a page that is not valid; `what` completes the message."""
    return UnavailableError(
        f"the endpoint sent an invalid listing: {what}",
        remedy="try again; if it happens again, the endpoint does not support ListObjectsV2",
        slug="bad-listing",
    )


def other_field(about: Mapping[str, str], request: ListRequest, names: Sequence[str]) -> str:
    """The first field of a page that says it answers another request; empty when none does.

    `about` are the fields, and `names` keys and common prefixes as they were sent.
    """
    asked = {
        "Prefix": request.prefix,
        "Delimiter": request.delimiter,
        "ContinuationToken": request.token or "",
    }
    if request.token is None:
        asked["StartAfter"] = request.start_after
    if "CommonPrefixes" not in about:
        del asked["Delimiter"]  # some servers name one always
    if about.get("Prefix") == "" and names and not _begins(names[0], request.prefix):
        return "Prefix"
    return _first_other(about, asked)


def other_field_of_versions(about: Mapping[str, str], request: VersionsRequest) -> str:
    """The same for a page of versions."""
    asked = {
        "Prefix": request.prefix,
        "KeyMarker": request.key_marker,
        "VersionIdMarker": request.version_marker,
    }
    return _first_other(about, asked)


def _first_other(about: Mapping[str, str], asked: Mapping[str, str]) -> str:
    for field, value in asked.items():
        if not _is_same(about.get(field, ""), value):
            return field
    return ""


def _is_same(sent: str, asked: str) -> bool:
    """Whether a field says what was asked, encoded or not; an empty one says nothing."""
    if not sent or sent == asked or _SURROGATE.search(asked):
        return True
    # A server that encodes keys may leave the other fields as they are, and XML line ends are \n.
    decoded = unquote_plus(sent, errors="surrogateescape")
    return decoded == asked or sent == _LINE_END.sub("\n", asked)


def _begins(name: str, prefix: str) -> bool:
    return name.startswith(prefix) or unquote_plus(name, errors="surrogateescape").startswith(
        prefix
    )
