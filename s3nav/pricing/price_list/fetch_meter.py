"""What a fetch reports: its progress, counted in files and bytes, and a result for each file."""

import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from s3nav.model.errors import S3NavError
from s3nav.model.events import MEASURED_S
from s3nav.pricing.price_list.offer_cache import CacheEntry
from s3nav.pricing.price_list.offers import Document


class FetchProgress(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a fetch at one moment."""

    documents: int
    """Offer files requested."""
    done: int
    failed: int
    cache_hits: int
    wire_bytes: int
    expected_bytes: int
    """Total size of the files whose download has started; files still waiting are not counted."""
    bytes_per_s: float
    eta_s: float | None
    """Estimated from the mean file size so far; None until the rate is measured."""
    at_once: int
    """Current limit of parallel downloads; it shrinks when the server refuses requests."""
    indexing: str = ""
    """Code of the service being indexed; empty when none is."""


class FetchMeter:
    """Counters of one fetch; written by one thread, read by any."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun = clock()
        self._expected: dict[str, int] = {}
        self._have: dict[str, int] = {}
        self.documents = self.done = self.failed = self.cache_hits = self.wire_bytes = 0
        self.at_once = 0
        self.indexing = ""

    def expect(self, url: str, total_bytes: int, have_bytes: int) -> None:
        """Note that the download of a body starts, or resumes at `have_bytes`."""
        self._expected[url] = max(0, total_bytes)
        self._have[url] = have_bytes

    def add(self, url: str, size_bytes: int) -> None:
        """Count bytes received."""
        self.wire_bytes += size_bytes
        self._have[url] += size_bytes

    def progress(self) -> FetchProgress:
        """Return a snapshot of the counters."""
        elapsed_s = max(self._clock() - self._begun, 1e-6)
        rate = self.wire_bytes / elapsed_s
        is_measured = rate > 0 and elapsed_s >= MEASURED_S
        expected = sum(self._expected.values())
        missing = sum(max(0, e - self._have[url]) for url, e in self._expected.items())
        begun = len(self._expected) + self.cache_hits
        waiting = max(0, self.documents - begun)
        mean = expected / len(self._expected) if self._expected else 0.0
        return FetchProgress(
            documents=self.documents,
            done=self.done,
            failed=self.failed,
            cache_hits=self.cache_hits,
            wire_bytes=self.wire_bytes,
            expected_bytes=expected,
            bytes_per_s=rate,
            eta_s=(missing + waiting * mean) / rate if is_measured else None,
            at_once=self.at_once,
            indexing=self.indexing,
        )


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
