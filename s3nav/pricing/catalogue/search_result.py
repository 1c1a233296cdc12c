"""The result of a catalogue search: hits and facet counts."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

FACETS = {"service": "s", "region": "r", "kind": "k", "family": "f"}
"""Facet names in display order, with the letter of their marks in the search table."""


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A product that matched, with its first price."""

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
    """Price of the first tier, as AWS writes it; empty when there is none."""
    tiers: int
    """Number of tiers; 1 when every unit costs the same."""
    term_type: str
    description: str
    words: str
    """Description in plain words; empty when s3nav has none."""


class SearchResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a search."""

    hits: tuple[Hit, ...]
    total: int
    """Number of matching products; the facets count these."""
    is_cut: bool
    """True when more products match than were examined: all counts are lower bounds."""
    facets: Mapping[str, tuple[tuple[str, int], ...]] = msgspec.field(
        default_factory=lambda: MappingProxyType({})
    )
    """Each facet's values with counts, most frequent first."""
    corrected: Mapping[str, str] = msgspec.field(default_factory=lambda: MappingProxyType({}))
    """Typed words that matched nothing, with the words searched for instead."""
