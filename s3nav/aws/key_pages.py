"""Read a page of a listing into columns, fast.

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
from urllib.parse import unquote_plus

from s3nav.aws.listing_xml import about_listing, listing_root, oddities_told, parse_page
from s3nav.model.objects import KeyPage

_OPEN, _CLOSE = b"<Contents>", b"</Contents>"
_ROOT = "ListBucketResult"
_TEXT = r"[^<&>\x00-\x1f]*"
_CHECKSUMS = (
    r"(?:<ChecksumAlgorithm>[0-9A-Z]+</ChecksumAlgorithm>)?"
    r"(?:<ChecksumType>[A-Z_]+</ChecksumType>)?"
)
_OWNER = rf"(?:<Owner>(?:<ID>{_TEXT}</ID>)?(?:<DisplayName>{_TEXT}</DisplayName>)?</Owner>)?"
_QUOTES = {"&quot;": "[^&]", "&#34;": "[^&]", '"': '[^"]'}
"""How servers write the quotes of an ETag, and what stands between them."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLASS = re.compile(r"[0-9A-Z_]+")
_ODD = bytes(range(32)) + b"<>&"
_GROUPS = 7
_ETAGS = 4
_DAYS_LIMIT = 100_000


class _Unusual(Exception):  # noqa: N818 - not an error: another parser reads the page
    """The page does not look exactly as S3 writes it."""


def parse_keys(body: bytes) -> KeyPage:
    """Read a ListBucketResult without prefixes into columns.

    Raises UnavailableError for anything incomplete or odd.
    """
    try:
        return _parse_usual(body)
    except _Unusual:
        return KeyPage.of(parse_page(body))


def _parse_usual(body: bytes) -> KeyPage:
    start, stop = body.find(_OPEN), body.rfind(_CLOSE) + len(_CLOSE)
    if start < 0 or stop <= start or not body.isascii():
        raise _Unusual
    # The marker shows that the entries stand where entries belong.
    around = body[:start] + b"<Contents/>" + body[stop:]
    if around.find(b"<?", 1) >= 0:
        raise _Unusual
    with oddities_told():
        root = listing_root(around, _ROOT)
        if len(root.findall("Contents")) != 1:
            raise _Unusual
        entries = body[start:stop].decode("ascii")
        names, days, minutes, seconds, etags, sizes, classes = _columns(entries)
        about = about_listing(root, entries=len(names))
    return KeyPage(
        keys=_decoded(names) if about.is_encoded else names,
        sizes=_sizes(sizes),
        modified_s=_moments(days, minutes, seconds),
        etags=etags,
        classes=_classes(classes),
        next_token=about.next_token,
    )


def _columns(entries: str) -> list[list[str]]:
    opening = entries[:2000]
    quote = next((quote for quote in _QUOTES if f"<ETag>{quote}" in opening), '"')
    has_owner = "<Owner>" in opening or "<Type>" in opening
    # One flat list: a tuple a row would keep the garbage collector busy.
    parts = _pattern(quote, "<Checksum" in entries, has_owner).split(entries)
    if any(parts[:: _GROUPS + 1]):
        raise _Unusual  # something stands between the entries, or is one of another shape
    columns = [parts[group :: _GROUPS + 1] for group in range(1, _GROUPS + 1)]
    raw = ("".join(columns[0]) + "".join(columns[_ETAGS])).encode("ascii")
    if len(raw.translate(None, _ODD)) != len(raw):
        raise _Unusual  # strict XML reads it differently, or not at all
    return columns


@functools.cache
def _pattern(quote: str, has_checksums: bool, has_owner: bool) -> re.Pattern[str]:
    """One entry; a piece that may be there costs time also where it is not.

    Groups take whatever is not the next tag, which is much faster than a class of characters;
    what they took is looked at column by column.
    """
    checksums, owner = _CHECKSUMS if has_checksums else "", _OWNER if has_owner else ""
    kind = "(?:<Type>Normal</Type>)?" if has_owner else ""
    return re.compile(
        r"<Contents><Key>([^<]+)</Key>"
        r"<LastModified>([^T]+)T([^:]+:[^:]+):([^.]+)\.[0-9]{3}Z</LastModified>"
        rf"<ETag>{quote}({_QUOTES[quote]}+){quote}</ETag>{checksums}"
        rf"<Size>([^<]+)</Size>{owner}<StorageClass>([^<]+)</StorageClass>{owner}{kind}"
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
    try:
        sizes = list(map(int, texts))
    except ValueError as error:
        raise _Unusual from error
    if min(sizes) < 0:
        raise _Unusual
    return sizes


def _moments(days: Sequence[str], minutes: Sequence[str], seconds: Sequence[str]) -> list[int]:
    starts = map(_DAY_STARTS.__getitem__, days)
    try:
        return list(
            map(
                add,
                map(add, starts, map(_MINUTES.__getitem__, minutes)),
                map(_SECONDS.__getitem__, seconds),
            )
        )
    except LookupError as error:
        raise _Unusual from error


def _classes(texts: Sequence[str]) -> list[str]:
    first = texts[0]
    if any(not _CLASS.fullmatch(text) for text in set(texts)):
        raise _Unusual
    if texts.count(first) == len(texts):
        return [sys.intern(first)] * len(texts)
    return list(map(sys.intern, texts))


class _DayStarts(dict[str, int]):
    """Days as listings write them to the seconds since 1970 at which they begin."""

    def __missing__(self, day: str) -> int:
        try:
            if not _DAY.fullmatch(day):
                raise KeyError(day)
            start = datetime.fromisoformat(day).replace(tzinfo=UTC)
        except ValueError as error:
            raise KeyError(day) from error
        if len(self) >= _DAYS_LIMIT:
            self.clear()
        seconds = self[day] = int(start.timestamp())
        return seconds


# Small enough to stay in the processor's cache, which one table of all seconds of a day is not.
_DAY_STARTS = _DayStarts()
_MINUTES = {
    f"{hour:02}:{minute:02}": (hour * 60 + minute) * 60
    for hour in range(24)
    for minute in range(60)
}
_SECONDS = {f"{second:02}": second for second in range(60)}
