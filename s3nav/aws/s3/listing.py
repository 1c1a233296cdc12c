"""List buckets, and pages of their objects (ListObjectsV2), and parse the pages fast.

A page has a thousand entries, and an XML parser makes several objects of each. So one regular
expression splits the text of all entries into one flat list, from which slices take the columns:
keys, times, ETags, sizes, classes. It accepts only entries written exactly as S3 writes them. The
strict parser reads the rest of the page, and the whole page as soon as anything else occurs in it,
so only the strict parser decides what is refused.
"""

import functools
import re
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from operator import add
from typing import NamedTuple
from urllib.parse import unquote_plus
from xml.etree import ElementTree

import msgspec
from msgspec.structs import replace

from s3nav.aws.http import Requester, Response, S3Call
from s3nav.aws.s3.listing_xml import (
    MAX_KEY_BYTES,
    AboutListing,
    about_listing,
    common_prefixes,
    listing_root,
    malformed_listing,
    parse_buckets,
    parse_errors_as_unavailable,
    parse_page,
)
from s3nav.aws.s3.moments import FIRST_YEAR, LAST_YEAR
from s3nav.model.objects import BucketFact, KeyPage, ListingPage, ListRequest, ObjectFact
from s3nav.model.places import PageWatch
from s3nav.model.waits import UI_PRIORITY

BUCKETS_PER_PAGE = 1000
"""Accounts with a quota above 10,000 buckets must request pages (API reference, ListBuckets)."""
_PAGES_REPEAT = "its pages repeat"
MAX_PAGES_IN_MEMORY = 8
"""Pages received and parsed at a time in one process; more would only wait in memory."""
_READ_SLOTS = threading.Semaphore(MAX_PAGES_IN_MEMORY)
_PARSE_LOCK = threading.Lock()
"""Parse one page at a time: the GIL allows no more, and switching within a page costs 10 %."""
_FREE_BUFFERS: list[bytearray] = []
"""Buffers to reuse, last used first: page faults of a new one cost as much as receiving a page."""
_OPEN, _CLOSE = b"<Contents>", b"</Contents>"
_ROOT = "ListBucketResult"
_TEXT = r"[-@\w]*"
"""The ID or name of an owner: no character that is special in a pattern or in XML."""
_CHECKSUMS = (
    r"(?:<ChecksumAlgorithm>[0-9A-Z]+</ChecksumAlgorithm>)?"
    r"(?:<ChecksumType>[A-Z_]+</ChecksumType>)?"
)
_OWNER = rf"(?:<Owner>(?:<ID>{_TEXT}</ID>)?(?:<DisplayName>{_TEXT}</DisplayName>)?</Owner>)?"
_END = rf"{_OWNER}(?:<Type>Normal</Type>)?"
_ANY = (_CHECKSUMS, _OWNER, _END)
_WITH_CHECKSUMS = (1, 2, 3, 4, 6, 7, 5)
"""The order of the groups in a pattern with checksums, which come last."""
_ALGORITHM = re.compile("<ChecksumAlgorithm>([^<]+)")
_KIND = re.compile("<ChecksumType>([^<]+)")
_SHAPE = re.compile(
    rf"</ETag>({_CHECKSUMS})<Size>[0-9]+</Size>({_OWNER})"
    rf"<StorageClass>[0-9A-Z_]+</StorageClass>({_END})$",
    re.ASCII,
)
_QUOTES = {"&quot;": "[^&]", "&#34;": "[^&]", '"': '[^"]'}
"""How servers write the quotes of an ETag, and a pattern for one character between them."""
_HOUR = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}")
_CLASS = re.compile(r"[0-9A-Z_]+")
_ODD = bytes(range(32)) + b"<>&"
_ETAGS = 3
_WHOLE_SECOND = ".000Z</LastModified>"
_HOURS_LIMIT = 20_000
_NUMBERS = msgspec.json.Decoder(list[int])
"""Parses a thousand numbers in half the time of `int`."""


class _Unusual(Exception):  # noqa: N818 - not an error: another parser reads the page
    """The page does not look exactly as S3 writes it."""


def list_page(requester: Requester, request: ListRequest) -> ListingPage:
    """Fetch one page of facts, in byte order of keys. Raises S3NavError."""
    body = _send(requester, request).read_text()
    UI_PRIORITY.yield_to_ui()
    with requester.connections_checked(request.bucket):
        page = parse_objects(body, request)
        _check_progress(page.next_token, request)
    return page


def list_keys(requester: Requester, request: ListRequest) -> KeyPage:
    """Fetch one page of columns, with its digest if the request has one. Raises S3NavError."""
    if request.delimiter:
        request = replace(request, delimiter="")
    response = _send(requester, request)
    with _READ_SLOTS:
        try:
            buffer = _FREE_BUFFERS.pop()
        except IndexError:
            buffer = bytearray()
        try:
            size_bytes = response.read_all(buffer)
            UI_PRIORITY.yield_to_ui()
            with _PARSE_LOCK, requester.connections_checked(request.bucket):
                page = parse_keys(buffer, size_bytes, request)
                _check_progress(page.next_token, request)
                if request.digest is not None:
                    page = replace(page, digest=request.digest(page))
        finally:
            _FREE_BUFFERS.append(buffer)
    return page


def _send(requester: Requester, request: ListRequest) -> Response:
    query = [
        # XML 1.0 cannot contain every character of a key (API reference, ListObjectsV2).
        ("encoding-type", "url"),
        ("list-type", "2"),
        ("max-keys", str(request.page_size)),
        ("prefix", request.prefix),
    ]
    if request.delimiter:
        query.append(("delimiter", request.delimiter))
    if request.token is not None:
        query.append(("continuation-token", request.token))
    elif request.start_after:
        query.append(("start-after", request.start_after))
    headers = (("x-amz-request-payer", "requester"),) if request.requester_pays else ()
    call = S3Call(method="GET", bucket=request.bucket, query=tuple(query), headers=headers)
    return requester.send(call, request.waiting)


def _check_progress(next_token: str | None, request: ListRequest) -> None:
    if next_token is not None and next_token == request.token:
        raise malformed_listing(_PAGES_REPEAT)


def list_buckets(requester: Requester) -> list[BucketFact]:
    """All buckets the credentials may list, in S3's order. Raises S3NavError."""
    found: list[BucketFact] = []
    token = ""
    watch = PageWatch()
    while True:
        query = [("max-buckets", str(BUCKETS_PER_PAGE))]
        if token:
            query.append(("continuation-token", token))
        response = requester.send(S3Call(method="GET", bucket=None, query=tuple(query)))
        buckets, next_token = parse_buckets(response.read_text())
        watch.see([bucket.name for bucket in buckets])
        found += buckets
        if not next_token:
            return found
        if next_token == token:
            raise malformed_listing(_PAGES_REPEAT)
        token = next_token


def parse_keys(
    buffer: bytes | bytearray, size_bytes: int, request: ListRequest | None = None
) -> KeyPage:
    """Parse a ListBucketResult, the first `size_bytes` of `buffer`, into columns.

    Raises UnavailableError as `parse_page` does.
    """
    try:
        return _parse_usual(buffer, size_bytes, request)
    except _Unusual:
        return KeyPage.of(parse_page(bytes(buffer[:size_bytes]), request))


def parse_objects(body: bytes, request: ListRequest | None = None) -> ListingPage:
    """Parse a ListBucketResult. Raises UnavailableError as `parse_page` does."""
    try:
        return _facts(_read_usual(body, len(body), request, with_checksums=True))
    except _Unusual:
        return parse_page(body, request)


class _Usual(NamedTuple):
    """A page that looks exactly as S3 writes it."""

    columns: list[list[str]]
    """Names, hours, seconds, ETags, sizes, classes, and checksums if requested."""
    root: ElementTree.Element
    """The document without its entries."""
    about: AboutListing
    are_whole_seconds: bool

    @property
    def keys(self) -> list[str]:
        names = self.columns[0]
        return _decoded(names) if self.about.is_encoded else names


def _parse_usual(
    buffer: bytes | bytearray, size_bytes: int, request: ListRequest | None
) -> KeyPage:
    page = _read_usual(buffer, size_bytes, request, with_checksums=False)
    _, hours, seconds, etags, sizes, classes = page.columns
    return KeyPage(
        keys=page.keys,
        sizes=_sizes(sizes),
        modified_s=_moments(hours, seconds),
        etags=etags,
        classes=_classes(classes),
        next_token=page.about.next_token,
    )


def _facts(page: _Usual) -> ListingPage:
    if not page.are_whole_seconds:
        raise _Unusual  # columns hold whole seconds; facts keep the fraction
    _, hours, seconds, etags, sizes, classes, checksums = page.columns
    checksum_fields = {text: _checksum(text) for text in set(checksums)}
    rows = zip(
        page.keys, _sizes(sizes), _moments(hours, seconds), etags, _classes(classes), checksums,
        strict=True,
    )  # fmt: skip
    return ListingPage(
        objects=tuple(
            [
                ObjectFact(
                    key=key,
                    size_bytes=size_bytes,
                    etag=etag,
                    modified_at=datetime.fromtimestamp(when, UTC),
                    storage_class=name,
                    checksum_algorithm=checksum_fields[checksum][0],
                    checksum_type=checksum_fields[checksum][1],
                )
                for key, size_bytes, when, etag, name, checksum in rows
            ]
        ),
        prefixes=common_prefixes(page.root, page.about),
        next_token=page.about.next_token,
    )


def _checksum(text: str) -> tuple[str, str]:
    """Algorithm and type of an entry, each empty when missing."""
    algorithm, kind = _ALGORITHM.search(text), _KIND.search(text)
    return (algorithm[1] if algorithm else "", kind[1] if kind else "")


def _read_usual(
    buffer: bytes | bytearray,
    size_bytes: int,
    request: ListRequest | None,
    *,
    with_checksums: bool,
) -> _Usual:
    start = buffer.find(_OPEN, 0, size_bytes)
    stop = buffer.rfind(_CLOSE, 0, size_bytes) + len(_CLOSE)
    if start < 0 or stop <= start:
        raise _Unusual
    # The empty marker must be found as a child of the root: entries are where they belong.
    around = bytes(buffer[:start] + b"<Contents/>" + buffer[stop:size_bytes])
    if around.find(b"<?", 1) >= 0 or not around.isascii():
        raise _Unusual
    with parse_errors_as_unavailable():
        root = listing_root(around, _ROOT)
        if len(root.findall("Contents")) != 1:
            raise _Unusual
        entries = _text(buffer, start, stop)
        columns = _columns(entries, with_checksums=with_checksums)
        names = columns[0]
        about = about_listing(root, entries=len(names), first=names[0], request=request)
    are_whole = with_checksums and entries.count(_WHOLE_SECOND) == len(columns[0])
    return _Usual(columns, root, about, are_whole)


def _text(buffer: bytes | bytearray, start: int, stop: int) -> str:
    try:
        with memoryview(buffer) as view:
            return str(view[start:stop], "ascii")
    except UnicodeDecodeError as error:
        raise _Unusual from error


def _columns(entries: str, *, with_checksums: bool) -> list[list[str]]:
    first = entries[: entries.index("</Contents>")]
    quote = next((quote for quote in _QUOTES if f"<ETag>{quote}" in first), '"')
    shape = _SHAPE.search(first)
    # One flat list, because a tuple for each row would keep the garbage collector busy. Most pages
    # have entries of one shape, so a pattern made from the first is tried before the general one.
    like_first = (shape[1], shape[2], shape[3]) if shape else _ANY
    for checksums, owner, end in (like_first, _ANY):
        pattern = _pattern(quote, f"({checksums})" if with_checksums else checksums, owner, end)
        parts = pattern.split(entries)
        if not any(parts[:: pattern.groups + 1]):
            break
    else:
        raise _Unusual  # text between the entries, or entries of another form
    order = _WITH_CHECKSUMS if with_checksums else range(1, pattern.groups + 1)
    columns = [parts[group :: pattern.groups + 1] for group in order]
    raw = ("".join(columns[0]) + "".join(columns[_ETAGS])).encode("ascii")
    if len(raw.translate(None, _ODD)) != len(raw):
        raise _Unusual  # XML parsers decode or refuse these characters
    return columns


@functools.lru_cache(maxsize=64)
def _pattern(quote: str, checksums: str, owner: str, end: str) -> re.Pattern[str]:
    """The pattern of one entry; the arguments follow its ETag, its size and its class.

    Each group matches up to the next tag, which is much faster than an exact character class. The
    columns are checked afterwards, each as a whole.
    """
    return re.compile(
        rf"<Contents><Key>([^<]{{1,{MAX_KEY_BYTES}}})</Key>"
        r"<LastModified>([^:]+):([^.]+)\.[0-9]{3}Z</LastModified>"
        rf"<ETag>{quote}({_QUOTES[quote]}+){quote}</ETag>{checksums}"
        rf"<Size>([^<]+)</Size>{owner}<StorageClass>([^<]+)</StorageClass>{end}"
        r"</Contents>"
    )


def _decoded(names: list[str]) -> list[str]:
    """Undo percent-encoding, for all names at once unless a name contains a newline."""
    text = "\n".join(names)
    if "%" not in text and "+" not in text:
        return names
    text = text.replace("%2F", "/").replace("+", " ")
    if "%" not in text:
        return text.split("\n")
    if "%0A" in text or "%0a" in text:
        return [unquote_plus(name, errors="surrogateescape") for name in names]
    return unquote_plus(text, errors="surrogateescape").split("\n")


def _sizes(texts: Sequence[str]) -> list[int]:
    joined = ",".join(texts).encode("ascii")
    if joined.translate(None, b"0123456789,"):
        raise _Unusual
    try:
        return _NUMBERS.decode(b"[%b]" % joined)
    except msgspec.DecodeError as error:  # a leading zero
        raise _Unusual from error


def _moments(hours: Sequence[str], seconds: Sequence[str]) -> list[int]:
    starts = map(_HOUR_STARTS.__getitem__, hours)
    try:
        return list(map(add, starts, map(_SECONDS.__getitem__, seconds)))
    except LookupError as error:
        raise _Unusual from error


def _classes(texts: Sequence[str]) -> list[str]:
    first = texts[0]
    if any(not _CLASS.fullmatch(text) for text in set(texts)):
        raise _Unusual
    if texts.count(first) == len(texts):
        return [sys.intern(first)] * len(texts)
    return list(map(sys.intern, texts))


class _HourStarts(dict[str, int]):
    """Maps the hour of a time stamp, as listings write it, to its seconds since 1970."""

    def __missing__(self, hour: str) -> int:
        try:
            if not _HOUR.fullmatch(hour):
                raise KeyError(hour)
            start = datetime.fromisoformat(hour).replace(tzinfo=UTC)
        except ValueError as error:
            raise KeyError(hour) from error
        if not FIRST_YEAR <= start.year <= LAST_YEAR:
            raise KeyError(hour)
        if len(self) >= _HOURS_LIMIT:
            self.clear()
        seconds = self[hour] = int(start.timestamp())
        return seconds


# Both tables fit into the processor's cache; a table of all seconds of a day does not.
_HOUR_STARTS = _HourStarts()
_SECONDS = {f"{at // 60:02}:{at % 60:02}": at for at in range(3600)}
