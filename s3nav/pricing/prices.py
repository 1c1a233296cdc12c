"""Prices for the faces: fetch and index in one go, and the catalogue of what is there."""

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
from s3nav.persistence import Database, FrozenDatabase, frozen
from s3nav.pricing.catalogue import Catalogue
from s3nav.pricing.index import MIGRATIONS, IndexedVersion, OfferIndex
from s3nav.pricing.price_list import FetchProgress, Offer, Outcome, PriceRequest, PricingConfig

if TYPE_CHECKING:
    from s3nav.pricing.price_list import PricingDownloader, Published

logger = logging.getLogger(__name__)

TICK_S = 0.1


class PricesStopped(PartialFailureError):  # noqa: N818  # the user's wish, not an error
    """The user stopped a fetch; what was fetched and indexed by then stays."""

    slug = "prices-stopped"


class PriceFile(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one file of a wish."""

    outcome: Outcome
    indexed: IndexedVersion | None = None
    """None when it was not to be indexed, or could not be."""
    problem: S3NavError | None = None
    """Of the fetch or the index."""


class Prices:
    """The price list of one user. Opened on first use; any thread may ask."""

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
        self._frozen: FrozenDatabase | None = None
        """Read in place of the database while its disk takes no writes."""
        self._catalogue: Catalogue | None = None
        self._closing = threading.Event()

    @property
    def catalogue(self) -> Catalogue:
        """What is indexed. Raises LocalDiskError when its file cannot be read."""
        with self._lock:
            if self._catalogue is None:
                try:
                    self._catalogue = Catalogue(self._open())
                except LocalDiskError as error:
                    self._frozen = frozen(self._file, len(MIGRATIONS), error)
                    self._catalogue = Catalogue(self._frozen)
            return self._catalogue

    @property
    def is_empty(self) -> bool:
        """True when nothing was ever indexed."""
        return not self.catalogue.versions().all

    def download(
        self,
        wish: PriceRequest,
        *,
        progress: Callable[[FetchProgress], None] = lambda _: None,
        is_cancelled: Callable[[], bool] = lambda: False,
        index: bool = True,
    ) -> list[PriceFile]:
        """Fetch what is wished and index it; blocks. `progress` is called ten times a second.

        What fails is in the result. Raises NotFoundError for an unknown service or region, what
        goes wrong with the price index, and PricesStopped when cancelled.
        """

        def stopped() -> bool:
            return is_cancelled() or self._closing.is_set()

        return asyncio.run(_Download(self, wish, progress, stopped, index=index).run())

    def offers(self) -> list[Offer]:
        """What the price list has now. Raises HttpError, DownloadError and CacheError."""
        from s3nav.pricing.price_list import PricingDownloader  # noqa: PLC0415  # httpx takes long

        async def ask() -> list[Offer]:
            async with PricingDownloader(self.config) as downloader:
                return list((await downloader.offers()).values())

        return asyncio.run(ask())

    def index(self, outcome: Outcome, is_cancelled: Callable[[], bool]) -> IndexedVersion | None:
        """Take a fetched file into the catalogue. Raises as OfferIndex.add does."""
        if outcome.path is None:
            return None
        return OfferIndex(self._opened(), now=self._now).add(
            outcome.path,
            offer=outcome.service,
            region=outcome.region,
            is_cancelled=is_cancelled,
        )

    def close(self) -> None:
        """Stop a download at the next safe point and close the database; twice is fine."""
        self._closing.set()
        with self._lock:
            for opened in (self._database, self._frozen):
                if opened is not None:
                    opened.close()
            self._database = self._frozen = self._catalogue = None

    def _opened(self) -> Database:
        with self._lock:
            return self._open()

    def _open(self) -> Database:
        if self._database is None:
            self._database = Database(self._file, MIGRATIONS)
            self._catalogue = None  # it may be of the file as it was while nothing could be written
        return self._database


class _Download:
    """One fetch with its index, on its own event loop."""

    def __init__(
        self,
        prices: Prices,
        wish: PriceRequest,
        progress: Callable[[FetchProgress], None],
        is_cancelled: Callable[[], bool],
        *,
        index: bool,
    ) -> None:
        self._prices = prices
        self._wish = wish
        self._progress = progress
        self._is_cancelled = is_cancelled
        self._ended = threading.Event()
        """Set however the fetch ends: a file that is being indexed then is given up."""
        self._index = index
        self._indexed: dict[tuple[str, str], IndexedVersion | S3NavError] = {}
        self._turn = asyncio.Lock()
        """One file is indexed at a time: SQLite has one writer."""

    async def run(self) -> list[PriceFile]:
        """Raises PricesStopped."""
        from s3nav.pricing.price_list import PricingDownloader  # noqa: PLC0415  # httpx takes long

        async with PricingDownloader(self._prices.config) as downloader:
            work = asyncio.ensure_future(downloader.fetch(self._wish, self._published(downloader)))
            try:
                await self._watch(work, downloader)
            finally:
                self._ended.set()
                if work.cancel():
                    with contextlib.suppress(asyncio.CancelledError, ExceptionGroup):
                        await work
            return [self._file(outcome) for outcome in await work]

    async def _watch(
        self, work: "asyncio.Future[list[Outcome]]", downloader: "PricingDownloader"
    ) -> None:
        """Tell of the progress until it is done. Raises PricesStopped."""
        while not work.done():
            await asyncio.wait([work], timeout=TICK_S)
            self._progress(downloader.meter.progress())
            if self._is_cancelled():
                raise PricesStopped(
                    "stopped: what is fetched and indexed so far stays",
                    remedy="the same command goes on from here",
                )

    def _is_over(self) -> bool:
        return self._ended.is_set() or self._is_cancelled()

    def _published(self, downloader: "PricingDownloader") -> "Published":
        async def published(outcome: Outcome) -> None:
            if not self._index:
                return
            async with self._turn:
                downloader.meter.indexing = outcome.service
                try:
                    found = await asyncio.to_thread(self._prices.index, outcome, self._is_over)
                except S3NavError as error:
                    logger.error(error.message, extra={"service_code": outcome.service})  # noqa: TRY400
                    self._indexed[outcome.service, outcome.region] = error
                else:
                    if found is not None:
                        self._indexed[outcome.service, outcome.region] = found
                downloader.meter.indexing = ""

        return published

    def _file(self, outcome: Outcome) -> PriceFile:
        found = self._indexed.get((outcome.service, outcome.region))
        if isinstance(found, S3NavError):
            return PriceFile(outcome=outcome, problem=found)
        return PriceFile(outcome=outcome, indexed=found, problem=outcome.problem)
