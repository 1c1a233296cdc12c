"""Read a pretty-printed JSON offer in pieces, cutting where the indentation closes a block.

AWS prints each offer as one indented object, and a JSON string cannot contain a line break.
So a line break, the indentation of a level and a closing brace always end a block of that level.
Pieces of about 1 MiB are decoded at a time, so a file of any size needs a few MiB of memory.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from s3nav.model.text.bounded_lines import UNDECODABLE
from s3nav.pricing.index.offer_records import (
    Batch,
    OfferHead,
    Product,
    Products,
    RateLine,
    Rates,
    ShapeDiffersError,
)

READ_BYTES = 1 << 20
HEAD_BYTES = 1 << 16
"""Largest head accepted; real ones have a few hundred bytes."""
BLOCK_BYTES = 1 << 25
"""Largest block accepted; one product with all its terms has a few kilobytes."""
BOM = b"\xef\xbb\xbf"
UNPRICED = {"": ""}
"""Stands in for a missing `pricePerUnit`: the rate is kept, without a price."""


class _Dimension(msgspec.Struct, gc=False):
    rateCode: str = ""  # noqa: N815  # AWS's name
    unit: str = ""
    pricePerUnit: dict[str, str] = {}  # noqa: N815
    beginRange: str = ""  # noqa: N815
    endRange: str = ""  # noqa: N815
    description: str = ""
    appliesTo: tuple[str, ...] = ()  # noqa: N815


class _Term(msgspec.Struct, gc=False):
    sku: str = ""
    offerTermCode: str = ""  # noqa: N815
    effectiveDate: str = ""  # noqa: N815
    priceDimensions: dict[str, _Dimension] = {}  # noqa: N815
    termAttributes: dict[str, str] = {}  # noqa: N815


class _Head(msgspec.Struct, gc=False):
    version: str
    offerCode: str = ""  # noqa: N815
    publicationDate: str = ""  # noqa: N815


_HEADS = msgspec.json.Decoder(_Head)
_PRODUCTS = msgspec.json.Decoder(dict[str, Product])
_TERMS = msgspec.json.Decoder(dict[str, dict[str, _Term]])


def read_blocks(file: BinaryIO) -> Iterator[Batch]:
    """Yield the head, then products and rates. May raise ShapeDiffersError after some batches."""
    try:
        yield from _Blocks(file).batches()
    except UNDECODABLE as error:
        raise ShapeDiffersError(str(error)) from error


def rate_lines(term_type: str, sku: str, term: _Term) -> list[RateLine]:
    """Return the rates of one term; an upfront fee has no ranges."""
    attributes = tuple(term.termAttributes.items())
    return [
        RateLine(
            sku,
            term_type,
            term.offerTermCode,
            dimension.rateCode or code,
            dimension.unit,
            currency,
            dimension.beginRange,
            dimension.endRange,
            price,
            dimension.description,
            term.effectiveDate,
            attributes,
            dimension.appliesTo,
        )
        for code, dimension in term.priceDimensions.items()
        for currency, price in (dimension.pricePerUnit or UNPRICED).items()
    ]


class _Blocks:
    """A window on the file that only moves forward."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._window = b""
        self._ended = False

    def batches(self) -> Iterator[Batch]:
        """Yield the whole file."""
        self._more(HEAD_BYTES)
        self._window = self._window.removeprefix(BOM)
        indent = self._indent()
        head = self._after(rb'\n%b"products" ?: ?\{' % indent)
        yield _head(head)
        for piece in self._pieces(2, indent):
            yield Products(_PRODUCTS.decode(piece).values())
        self._after(rb'\A\s*\},\s*"terms" ?: ?\{')
        while name := self._next_term_type():
            for piece in self._pieces(3, indent):
                yield Rates(
                    line
                    for sku, terms in _TERMS.decode(piece).items()
                    for term in terms.values()
                    for line in rate_lines(name, sku, term)
                )
            self._after(rb"\A\s*\}")
        self._end()

    def _indent(self) -> bytes:
        found = re.match(rb'\{\n( +)"', self._window)
        if found is None:
            raise ShapeDiffersError("not indented like AWS's files")
        return found.group(1)

    def _after(self, pattern: bytes) -> bytes:
        """Move past the first match within `HEAD_BYTES` and return the text before it."""
        if len(self._window) < HEAD_BYTES:
            self._more(HEAD_BYTES)
        found = re.search(pattern, self._window[:HEAD_BYTES])
        if found is None:
            raise ShapeDiffersError(f"no {pattern!r}")
        before, self._window = self._window[: found.start()], self._window[found.end() :]
        return before

    def _next_term_type(self) -> str:
        """Return the name of the next object of terms; empty after the last."""
        if len(self._window) < HEAD_BYTES:
            self._more(HEAD_BYTES)
        found = re.match(rb'\s*,?\s*"([^"\\]+)" ?: ?\{', self._window)
        if found is None:
            self._after(rb"\A\s*\}")
            return ""
        self._window = self._window[found.end() :]
        return found.group(1).decode()

    def _pieces(self, depth: int, indent: bytes) -> Iterator[bytes]:
        """Yield complete members of the open object, which are `depth` levels deep.

        Stops before the brace that closes the object.
        """
        last = b"\n" + indent * (depth - 1) + b"}"
        each = b"\n" + indent * depth + b"}"
        searched = 0
        while True:
            if self._window[:HEAD_BYTES].lstrip()[:1] == b"}":
                return
            end = self._window.find(last, searched)
            if end < 0:
                searched = max(0, len(self._window) - len(last))
                end = self._window.rfind(each)
                end = end + len(each) if end >= 0 else -1
            if end > 0:
                piece, self._window = self._window[:end], self._window[end:]
                searched = 0
                yield b"{" + piece.strip(b" ,\n") + b"}"
                self._window = self._window.removeprefix(b",")
            elif self._ended or len(self._window) > BLOCK_BYTES:
                raise ShapeDiffersError("a block is not closed")
            self._more(READ_BYTES)

    def _end(self) -> None:
        """Check the rest of the file: small members that s3nav ignores and the last brace."""
        while not self._ended and len(self._window) < BLOCK_BYTES:
            self._more(READ_BYTES)
        msgspec.json.decode(b'{"":0' + self._window.rstrip())

    def _more(self, size_bytes: int) -> None:
        if self._ended:
            return
        read = self._file.read(size_bytes)
        self._ended = not read
        self._window += read


def _head(text: bytes) -> OfferHead:
    head = _HEADS.decode(text.rstrip(b" ,\n") + b"}")
    return OfferHead(offer=head.offerCode, version=head.version, published_at=head.publicationDate)
