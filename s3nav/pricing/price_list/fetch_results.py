"""Results of a price fetch, one for each file."""

from pathlib import Path

import msgspec

from s3nav.model.errors import S3NavError
from s3nav.pricing.price_list.offer_cache import CacheEntry
from s3nav.pricing.price_list.offers import Document


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """A document whose cached copy matches the server's current one."""

    document: Document
    entry: CacheEntry
    cache_hit: bool
    """True when the server answered 304 Not Modified."""
    wire_bytes: int
    """Body bytes received for it, failed attempts included."""
    duration_s: float


class FetchResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result of fetching one file."""

    service: str
    region: str
    path: Path | None = None
    """Where the file was written; None when the fetch failed."""
    fetched: Fetched | None = None
    problem: S3NavError | None = None
    is_absent: bool = False
    """True when the region does not offer the service and the user did not name it."""
