"""What became of the files of a wish."""

from pathlib import Path

import msgspec

from s3nav.model.errors import S3NavError
from s3nav.pricing.price_list.offer_cache import CacheEntry
from s3nav.pricing.price_list.offers import Document


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """A document that is in the cache as the server has it now."""

    document: Document
    entry: CacheEntry
    cache_hit: bool
    """True when the server said that nothing changed."""
    wire_bytes: int
    """Bodies that travelled for it, failed attempts included."""
    duration_s: float


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one file."""

    service: str
    region: str
    path: Path | None = None
    """Where it is now; None when it could not be had."""
    fetched: Fetched | None = None
    problem: S3NavError | None = None
    is_absent: bool = False
    """True when the service is not sold in that region, and nobody asked for it by name."""
