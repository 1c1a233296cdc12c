"""What a search of the catalogue takes and gives."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

FACETS = {"service": "s", "region": "r", "kind": "k", "family": "f"}
"""Name to the letter of its marks in the search table, in the order they are shown."""


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A product that was found, with its first price."""

    product_id: int
    sku: str
    service: str
    region: str
    usage_type: str
    operation: str
    family: str
    kind: str
    unit: str
    currency: str
    price: str
    """Of the first tier, as AWS writes it; empty when there is none."""
    tiers: int
    """How many prices the ladder has; 1 when all of it costs the same."""
    term_type: str
    description: str
    words: str
    """What it is, in plain words; empty when s3nav has none."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a search."""

    hits: tuple[Hit, ...]
    total: int
    """How many products match; the facets count these."""
    is_cut: bool
    """True when more match than were looked at: all counts are at least."""
    facets: Mapping[str, tuple[tuple[str, int], ...]] = msgspec.field(
        default_factory=lambda: MappingProxyType({})
    )
    """Facet to its values, the most frequent first."""
    mended: Mapping[str, str] = msgspec.field(default_factory=lambda: MappingProxyType({}))
    """Words as typed to the words searched for, where nothing was found otherwise."""
