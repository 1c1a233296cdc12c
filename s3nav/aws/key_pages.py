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

_OPEN, _CLOSE = "<Contents>", "</Contents>"
_SEAM = _CLOSE + _OPEN
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
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]")
_CLASS = re.compile(r"[0-9A-Z_]+")
_ODD = bytes(range(32)) + b"<>"
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
    start, stop = body.find(b"<Contents>"), body.rfind(b"</Contents>") + len(_CLOSE)
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
        names, days, times, etags, sizes, classes = _columns(entries)
        about = about_listing(root, entries=len(names))
    return KeyPage(
        keys=_decoded(names) if about.is_encoded else list(names),
        sizes=_sizes(sizes),
        modified_s=_moments(days, times),
        etags=list(etags),
        classes=_classes(classes),
        next_token=about.next_token,
    )


def _columns(entries: str) -> list[tuple[str, ...]]:
    opening = entries[:2000]
    quote = next((quote for quote in _QUOTES if f"<ETag>{quote}" in opening), '"')
    has_owner = "<Owner>" in opening or "<Type>" in opening
    rows = _pattern(quote, "<Checksum" in entries, has_owner).findall(entries)
    columns = list(zip(*rows, strict=True))
    names, etags = columns[0], columns[3]
    text = "".join(names)
    # Nothing between the entries, no stray tag, and no text that strict XML reads differently.
    if entries.count(_SEAM) != len(rows) - 1 or "" in names or "&" in text:
        raise _Unusual
    raw = (text + "".join(etags)).encode("ascii")
    if len(raw.translate(None, _ODD)) != len(raw):
        raise _Unusual
    return columns


@functools.cache
def _pattern(quote: str, has_checksums: bool, has_owner: bool) -> re.Pattern[str]:
    """One entry; a piece that may be there costs time also where it is not.

    Groups take whatever is not the next tag, which is much faster than a class of characters;
    what they took is looked at column by column. A stray `<` makes a row of empty texts.
    """
    checksums, owner = _CHECKSUMS if has_checksums else "", _OWNER if has_owner else ""
    kind = "(?:<Type>Normal</Type>)?" if has_owner else ""
    return re.compile(
        r"<Contents><Key>([^<]+)</Key>"
        r"<LastModified>([^T]+)T([^.]+)\.[0-9]{3}Z</LastModified>"
        rf"<ETag>{quote}({_QUOTES[quote]}+){quote}</ETag>{checksums}"
        rf"<Size>([^<]+)</Size>{owner}<StorageClass>([^<]+)</StorageClass>{owner}{kind}"
        r"</Contents>|<"
    )


def _decoded(names: Sequence[str]) -> list[str]:
    """Names as they were before percent-encoding, all at once where that is the same."""
    text = "\n".join(names)
    if "%" not in text and "+" not in text:
        return list(names)
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


def _moments(days: Sequence[str], times: Sequence[str]) -> list[int]:
    try:
        return list(
            map(add, map(_SECONDS_OF_DAY.__getitem__, days), map(_SECONDS.__getitem__, times))
        )
    except ValueError as error:
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
        if not _DAY.fullmatch(day):
            raise ValueError(day)
        if len(self) >= _DAYS_LIMIT:
            self.clear()
        seconds = self[day] = int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())
        return seconds


class _TimesOfDay(dict[str, int]):
    """Times as listings write them to seconds since midnight; at most 86,400."""

    def __missing__(self, time: str) -> int:
        if not _TIME.fullmatch(time):
            raise ValueError(time)
        seconds = int(time[:2]) * 3600 + int(time[3:5]) * 60 + int(time[6:])
        self[time] = seconds
        return seconds


_SECONDS_OF_DAY = _DayStarts()
_SECONDS = _TimesOfDay()
