"""The contents of an offer file of any format: a head, products, and the rates of their terms."""

from typing import NamedTuple

import msgspec

from s3nav.model.errors import IntegrityError


class OfferDamagedError(IntegrityError):
    """An offer file is truncated, is not a price list, or contradicts itself."""

    slug = "bad-offer"


class ShapeDiffersError(Exception):
    """The file has a layout that the quick reader does not support."""


class OfferHead(msgspec.Struct, frozen=True, kw_only=True):
    """The first lines of an offer file."""

    offer: str
    """The offer code in the file; for savings plans it differs from the code in the index."""
    version: str
    """Fourteen digits."""
    published_at: str
    """As AWS writes it: ``2026-01-16T16:02:58Z``."""
    is_savings_plan: bool = False


class Product(msgspec.Struct, frozen=True, gc=False):
    """One product. `family` is often empty: many files name none."""

    sku: str
    family: str = msgspec.field(default="", name="productFamily")
    attributes: dict[str, str] = {}


class RateLine(NamedTuple):
    """One price of a product, under one term, for one range of quantity."""

    sku: str
    term_type: str
    """``OnDemand``, ``Reserved``, ``SavingsPlan``, or any other kind AWS adds."""
    term_code: str
    rate_code: str
    unit: str
    currency: str
    begin: str
    """Empty where there are no ranges, as for an upfront fee."""
    end: str
    """``Inf`` or a number; empty where there are no ranges."""
    price: str
    description: str
    effective: str
    term_attributes: tuple[tuple[str, str], ...]
    applies_to: tuple[str, ...]


class Products(list[Product]):
    """A batch of a file's products."""


class Rates(list[RateLine]):
    """A batch of a file's rates."""


Batch = OfferHead | Products | Rates
"""A reader yields the head first, then products and rates in file order."""


def as_text(value: object) -> str:
    """Convert a JSON scalar to text: numbers as they were written, null to empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
