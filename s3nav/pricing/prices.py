"""Prices as front ends use them: fetch and index in one call, and look up what is indexed."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from s3nav.model.errors import LocalDiskError, PartialFailureError, S3NavError
from s3nav.persistence import Database, ReadOnlyDatabase, open_read_only
from s3nav.pricing.catalogue import Catalogue
from s3nav.pricing.index import MIGRATIONS, IndexedVersion, OfferIndex
from s3nav.pricing.price_list import FetchProgress, FetchResult, Offer, PriceRequest, PricingConfig

if TYPE_CHECKING:
    from s3nav.pricing.price_list import PricingDownloader, Published

logger = logging.getLogger(__name__)

TICK_S = 0.1


class PricesStopped(PartialFailureError):  # noqa: N818  # the user stopped it: not an error
    """The user stopped a fetch; files already fetched and indexed are kept."""

    slug = "prices-stopped"


class PriceFile(msgspec.Struct, frozen=True, kw_only=True):
    """The result of fetching and indexing one file."""

    fetch_result: FetchResult
    indexed: IndexedVersion | None = None
    """None when indexing was not requested or failed."""
    problem: S3NavError | None = None
    """The error of the fetch or of the indexing."""


class Prices:
    """One user's price list. Thread-safe; the database is opened on first use."""

    def __init__(
        self,
        config: PricingConfig,
        database_file: Path,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.config = config
        self._file = database_file
        self._now = now
        self._lock = threading.Lock()
        self._database: Database | None = None
        self._read_only: ReadOnlyDatabase | None = None
        """Read in place of the database while its disk is not writable."""
        self._catalogue: Catalogue | None = None
        self._closing = threading.Event()

    @property
    def catalogue(self) -> Catalogue:
        """The indexed prices. Raises LocalDiskError when the database cannot be read."""
        with self._lock:
            if self._catalogue is None:
                try:
                    self._catalogue = Catalogue(self._open())
                except LocalDiskError as error:
                    self._read_only = open_read_only(self._file, len(MIGRATIONS), error)
                    self._catalogue = Catalogue(self._read_only)
            return self._catalogue

    @property
    def is_empty(self) -> bool:
        """True when nothing is indexed."""
        return not self.catalogue.versions().all

    def download(
        self,
        request: PriceRequest,
        *,
        progress: Callable[[FetchProgress], None] = lambda _: None,
        is_cancelled: Callable[[], bool] = lambda: False,
        index: bool = True,
    ) -> list[PriceFile]:
        """Fetch the requested files and index them; blocks, calling `progress` ten times a second.

        A file's error is in its result. Raises NotFoundError for an unknown service or region,
        HttpError, DownloadError or CacheError for the offer index, PricesStopped when cancelled.
        """

        def stopped() -> bool:
            return is_cancelled() or self._closing.is_set()

        return asyncio.run(_Download(self, request, progress, stopped, index=index).run())

    def offers(self) -> list[Offer]:
        """Fetch the list of offers. Raises HttpError, DownloadError and CacheError."""
        from s3nav.pricing.price_list import PricingDownloader  # noqa: PLC0415  # httpx takes long

        async def ask() -> list[Offer]:
            async with PricingDownloader(self.config) as downloader:
                return list((await downloader.offers()).values())

        return asyncio.run(ask())

    def index(
        self, fetch_result: FetchResult, is_cancelled: Callable[[], bool]
    ) -> IndexedVersion | None:
        """Index a fetched file. Raises as OfferIndex.add does."""
        if fetch_result.path is None:
            return None
        return OfferIndex(self._opened(), now=self._now).add(
            fetch_result.path,
            offer=fetch_result.service,
            region=fetch_result.region,
            is_cancelled=is_cancelled,
        )

    def close(self) -> None:
        """Stop a download at the next safe point and close the database; may be called twice."""
        self._closing.set()
        with self._lock:
            for opened in (self._database, self._read_only):
                if opened is not None:
                    opened.close()
            self._database = self._read_only = self._catalogue = None

    def _opened(self) -> Database:
        with self._lock:
            return self._open()

    def _open(self) -> Database:
        if self._database is None:
            self._database = Database(self._file, MIGRATIONS)
            self._catalogue = None  # drop a catalogue that reads the frozen copy
        return self._database


class _Download:
    """One fetch with indexing, on its own event loop."""

    def __init__(
        self,
        prices: Prices,
        request: PriceRequest,
        progress: Callable[[FetchProgress], None],
        is_cancelled: Callable[[], bool],
        *,
        index: bool,
    ) -> None:
        self._prices = prices
        self._request = request
        self._progress = progress
        self._is_cancelled = is_cancelled
        self._ended = threading.Event()
        """Set when the fetch ends for any reason, so that indexing stops too."""
        self._index = index
        self._indexed: dict[tuple[str, str], IndexedVersion | S3NavError] = {}
        self._turn = asyncio.Lock()
        """One file is indexed at a time: SQLite has one writer."""

    async def run(self) -> list[PriceFile]:
        """Fetch and index the files. Raises PricesStopped."""
        from s3nav.pricing.price_list import PricingDownloader  # noqa: PLC0415  # httpx takes long

        async with PricingDownloader(self._prices.config) as downloader:
            work = asyncio.ensure_future(
                downloader.fetch(self._request, self._published(downloader))
            )
            try:
                await self._watch(work, downloader)
            finally:
                self._ended.set()
                if work.cancel():
                    with contextlib.suppress(asyncio.CancelledError, ExceptionGroup):
                        await work
            return [self._file(fetch_result) for fetch_result in await work]

    async def _watch(
        self, work: "asyncio.Future[list[FetchResult]]", downloader: "PricingDownloader"
    ) -> None:
        """Report progress until the fetch is done. Raises PricesStopped."""
        while not work.done():
            await asyncio.wait([work], timeout=TICK_S)
            self._progress(downloader.meter.progress())
            if self._is_cancelled():
                raise PricesStopped(
                    "stopped: files already fetched and indexed are kept",
                    remedy="run the same command to continue",
                )

    def _is_over(self) -> bool:
        return self._ended.is_set() or self._is_cancelled()

    def _published(self, downloader: "PricingDownloader") -> "Published":
        async def published(fetch_result: FetchResult) -> None:
            if not self._index:
                return
            async with self._turn:
                downloader.meter.indexing = fetch_result.service
                try:
                    found = await asyncio.to_thread(self._prices.index, fetch_result, self._is_over)
                except S3NavError as error:
                    logger.error(error.message, extra={"service_code": fetch_result.service})  # noqa: TRY400
                    self._indexed[fetch_result.service, fetch_result.region] = error
                else:
                    if found is not None:
                        self._indexed[fetch_result.service, fetch_result.region] = found
                downloader.meter.indexing = ""

        return published

    def _file(self, fetch_result: FetchResult) -> PriceFile:
        found = self._indexed.get((fetch_result.service, fetch_result.region))
        if isinstance(found, S3NavError):
            return PriceFile(fetch_result=fetch_result, problem=found)
        return PriceFile(fetch_result=fetch_result, indexed=found, problem=fetch_result.problem)
