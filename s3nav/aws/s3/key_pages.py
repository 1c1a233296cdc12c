"""Read a page of a listing fast: into columns, or into facts made of them.

One regular expression takes the entries of a page that look exactly as S3 writes them, and the
strict parser reads what stands around them. A page with anything else in it is left to the strict
parser as a whole: it decides what is refused.
"""

import functools
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from operator import add
from typing import NamedTuple
from urllib.parse import unquote_plus
from xml.etree import ElementTree

import msgspec

from s3nav.aws.s3.listing_xml import (
    AboutListing,
    about_listing,
    common_prefixes,
    listing_root,
    oddities_told,
    parse_page,
)
from s3nav.model.objects import KeyPage, ListingPage, ObjectFact

_OPEN, _CLOSE = b"<Contents>", b"</Contents>"
_ROOT = "ListBucketResult"
_TEXT = r"[-@\w]*"
"""Of an owner: nothing that means anything in a pattern or in XML."""
_CHECKSUMS = (
    r"(?:<ChecksumAlgorithm>[0-9A-Z]+</ChecksumAlgorithm>)?"
    r"(?:<ChecksumType>[A-Z_]+</ChecksumType>)?"
)
_OWNER = rf"(?:<Owner>(?:<ID>{_TEXT}</ID>)?(?:<DisplayName>{_TEXT}</DisplayName>)?</Owner>)?"
_END = rf"{_OWNER}(?:<Type>Normal</Type>)?"
_ANY = (_CHECKSUMS, _OWNER, _END)
_WITH_CHECKSUMS = (1, 2, 3, 4, 6, 7, 5)
"""The groups of a pattern that has them, checksums last."""
_ALGORITHM = re.compile("<ChecksumAlgorithm>([^<]+)")
_KIND = re.compile("<ChecksumType>([^<]+)")
_SHAPE = re.compile(
    rf"</ETag>({_CHECKSUMS})<Size>[0-9]+</Size>({_OWNER})"
    rf"<StorageClass>[0-9A-Z_]+</StorageClass>({_END})$",
    re.ASCII,
)
_QUOTES = {"&quot;": "[^&]", "&#34;": "[^&]", '"': '[^"]'}
"""How servers write the quotes of an ETag, and what stands between them."""
_HOUR = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}")
_CLASS = re.compile(r"[0-9A-Z_]+")
_ODD = bytes(range(32)) + b"<>&"
_ETAGS = 3
_WHOLE_SECOND = ".000Z</LastModified>"
_HOURS_LIMIT = 20_000
_NUMBERS = msgspec.json.Decoder(list[int])
"""Reads a thousand numbers in half the time of `int`."""


class _Unusual(Exception):  # noqa: N818 - not an error: another parser reads the page
    """The page does not look exactly as S3 writes it."""


def parse_keys(buffer: bytes | bytearray, size_bytes: int) -> KeyPage:
    """Read a ListBucketResult, the first bytes of `buffer`, into columns.

    Raises UnavailableError for anything incomplete or odd.
    """
    try:
        return _parse_usual(buffer, size_bytes)
    except _Unusual:
        return KeyPage.of(parse_page(bytes(buffer[:size_bytes])))


def parse_objects(body: bytes) -> ListingPage:
    """Read a ListBucketResult. Raises UnavailableError for anything incomplete or odd."""
    try:
        return _facts(_read_usual(body, len(body), with_checksums=True))
    except _Unusual:
        return parse_page(body)


class _Usual(NamedTuple):
    """A page that looks exactly as S3 writes it."""

    columns: list[list[str]]
    """Names, hours, seconds, ETags, sizes, classes; checksums when they were asked for."""
    root: ElementTree.Element
    """All but the entries."""
    about: AboutListing
    are_whole_seconds: bool

    @property
    def keys(self) -> list[str]:
        names = self.columns[0]
        return _decoded(names) if self.about.is_encoded else names


def _parse_usual(buffer: bytes | bytearray, size_bytes: int) -> KeyPage:
    page = _read_usual(buffer, size_bytes, with_checksums=False)
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
        raise _Unusual  # columns know no parts of seconds, facts do
    _, hours, seconds, etags, sizes, classes, checksums = page.columns
    told = {text: _checksum(text) for text in set(checksums)}
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
                    checksum_algorithm=told[checksum][0],
                    checksum_type=told[checksum][1],
                )
                for key, size_bytes, when, etag, name, checksum in rows
            ]
        ),
        prefixes=common_prefixes(page.root, page.about),
        next_token=page.about.next_token,
    )


def _checksum(text: str) -> tuple[str, str]:
    """Algorithm and type as an entry tells them, empty when it does not."""
    algorithm, kind = _ALGORITHM.search(text), _KIND.search(text)
    return (algorithm[1] if algorithm else "", kind[1] if kind else "")


def _read_usual(buffer: bytes | bytearray, size_bytes: int, *, with_checksums: bool) -> _Usual:
    start = buffer.find(_OPEN, 0, size_bytes)
    stop = buffer.rfind(_CLOSE, 0, size_bytes) + len(_CLOSE)
    if start < 0 or stop <= start:
        raise _Unusual
    # The marker shows that the entries stand where entries belong.
    around = bytes(buffer[:start] + b"<Contents/>" + buffer[stop:size_bytes])
    if around.find(b"<?", 1) >= 0 or not around.isascii():
        raise _Unusual
    with oddities_told():
        root = listing_root(around, _ROOT)
        if len(root.findall("Contents")) != 1:
            raise _Unusual
        entries = _text(buffer, start, stop)
        columns = _columns(entries, with_checksums=with_checksums)
        about = about_listing(root, entries=len(columns[0]))
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
    # One flat list: a tuple a row would keep the garbage collector busy. Most pages have one shape.
    like_first = (shape[1], shape[2], shape[3]) if shape else _ANY
    for checksums, owner, end in (like_first, _ANY):
        pattern = _pattern(quote, f"({checksums})" if with_checksums else checksums, owner, end)
        parts = pattern.split(entries)
        if not any(parts[:: pattern.groups + 1]):
            break
    else:
        raise _Unusual  # something stands between the entries, or is none of this
    order = _WITH_CHECKSUMS if with_checksums else range(1, pattern.groups + 1)
    columns = [parts[group :: pattern.groups + 1] for group in order]
    raw = ("".join(columns[0]) + "".join(columns[_ETAGS])).encode("ascii")
    if len(raw.translate(None, _ODD)) != len(raw):
        raise _Unusual  # strict XML reads it differently, or not at all
    return columns


@functools.lru_cache(maxsize=64)
def _pattern(quote: str, checksums: str, owner: str, end: str) -> re.Pattern[str]:
    """One entry, with what stands behind its ETag, its size and its class.

    Groups take whatever is not the next tag, which is much faster than a class of characters;
    what they took is looked at column by column.
    """
    return re.compile(
        r"<Contents><Key>([^<]+)</Key>"
        r"<LastModified>([^:]+):([^.]+)\.[0-9]{3}Z</LastModified>"
        rf"<ETag>{quote}({_QUOTES[quote]}+){quote}</ETag>{checksums}"
        rf"<Size>([^<]+)</Size>{owner}<StorageClass>([^<]+)</StorageClass>{end}"
        r"</Contents>"
    )


def _decoded(names: list[str]) -> list[str]:
    """Names as they were before percent-encoding, all at once where that is the same."""
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
    """Hours as listings write them to the seconds since 1970 at which they begin."""

    def __missing__(self, hour: str) -> int:
        try:
            if not _HOUR.fullmatch(hour):
                raise KeyError(hour)
            start = datetime.fromisoformat(hour).replace(tzinfo=UTC)
        except ValueError as error:
            raise KeyError(hour) from error
        if len(self) >= _HOURS_LIMIT:
            self.clear()
        seconds = self[hour] = int(start.timestamp())
        return seconds


# Both small enough to stay in the processor's cache: one table of all seconds of a day is not.
_HOUR_STARTS = _HourStarts()
_SECONDS = {f"{at // 60:02}:{at % 60:02}": at for at in range(3600)}
