"""What an offer file holds, whatever its format: a head, products, and rates of their terms."""

from typing import NamedTuple

import msgspec

from s3nav.model.errors import IntegrityError


class OfferDamagedError(IntegrityError):
    """An offer file is cut off, is no price list, or contradicts itself."""

    slug = "bad-offer"


class ShapeDiffersError(Exception):
    """The file is laid out in another way than the quick reader knows."""


class OfferHead(msgspec.Struct, frozen=True, kw_only=True):
    """The first lines of an offer file."""

    offer: str
    """The offer code; savings plans call themselves by another name than their index does."""
    version: str
    """Fourteen digits."""
    published_at: str
    """As written: ``2026-01-16T16:02:58Z``."""
    is_savings_plan: bool = False


class Product(msgspec.Struct, frozen=True, gc=False):
    """Something AWS sells. `family` is empty where the file names none, as it often does."""

    sku: str
    family: str = msgspec.field(default="", name="productFamily")
    attributes: dict[str, str] = {}


class RateLine(NamedTuple):
    """One price: of a product, under a term, for a span of quantity."""

    sku: str
    term_type: str
    """``OnDemand``, ``Reserved``, ``SavingsPlan``, and whatever else AWS invents."""
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
    """Some products of a file."""


class Rates(list[RateLine]):
    """Some rates of a file."""


Batch = OfferHead | Products | Rates
"""A reader yields the head first; then products and rates in the order of the file."""


def as_text(value: object) -> str:
    """A scalar of a file as text: numbers as they were written, nothing as nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
