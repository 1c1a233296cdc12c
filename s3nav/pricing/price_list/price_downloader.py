"""Fetch the price list: the index, then the offers of services and regions."""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import httpx

from s3nav import __version__
from s3nav.model.errors import DownloadError, S3NavError, UsageError
from s3nav.pricing.price_list.fetch_meter import FetchMeter
from s3nav.pricing.price_list.fetch_options import PricingConfig, load_config
from s3nav.pricing.price_list.fetch_results import Fetched, Outcome
from s3nav.pricing.price_list.file_fetch import Fetcher
from s3nav.pricing.price_list.offer_cache import DamagedCacheError, OfferCache
from s3nav.pricing.price_list.offers import (
    EVERYWHERE,
    Document,
    Offer,
    parse_index,
    parse_regions,
    pick,
)
from s3nav.pricing.price_list.requested_files import (
    Absent,
    OfferFiles,
    PriceRequest,
    documents,
    offer_files,
    refuse_unknown,
)

logger = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 15.0
FALLBACK_REGION = "us-east-1"
T = TypeVar("T")


Published = Callable[[Outcome], Awaitable[None]]


class PricingDownloader:
    """`async with PricingDownloader() as downloader`: the price list of one server."""

    def __init__(self, config: PricingConfig | None = None) -> None:
        self.config = config or load_config()
        self.meter = FetchMeter()
        self._cache = OfferCache(Path(self.config.cache_dir).expanduser())
        self._output = Path(self.config.output_dir).expanduser()
        self._held = ExitStack()
        self._client: httpx.AsyncClient | None = None
        self._fetcher: Fetcher | None = None

    async def __aenter__(self) -> Self:
        self._held.enter_context(self._cache.held())
        timeout = self.config.request_timeout
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(timeout, connect=min(timeout, CONNECT_TIMEOUT_S)),
            limits=httpx.Limits(max_connections=self.config.tcp_connector_limit),
            verify=_trust(self.config),
            headers={"User-Agent": f"s3nav/{__version__}"},
        )
        self._fetcher = Fetcher(self.config, self._client, self._cache, self.meter)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._client is not None:
            await self._client.aclose()
        self._held.close()
        self._client = self._fetcher = None

    async def fetch_all_services(self) -> list[Path]:
        """Fetch every service's offer in the default region; the files, sorted.

        Raises DownloadError when some could not be had; the others are there.
        """
        outcomes = await self.fetch(PriceRequest())
        failed = [outcome for outcome in outcomes if outcome.problem is not None]
        if failed:
            first = failed[0].problem
            raise DownloadError(
                f"{len(failed)} of {len(outcomes)} services failed, first"
                f" `{failed[0].service}`: {first.message if first else ''}",
                remedy="run it again: what is there is not fetched twice",
                context={"fetched into": str(self._output)},
            )
        return sorted(outcome.path for outcome in outcomes if outcome.path is not None)

    async def fetch_service_price(self, service_code: str, *, region: str | None = None) -> Path:
        """Fetch one service's offer; its file.

        Raises NotFoundError with the nearest names, HttpError, DownloadError and CacheError.
        """
        regions = (region,) if region else ()
        (outcome,) = await self.fetch(PriceRequest(services=(service_code,), regions=regions))
        if outcome.problem is not None:
            raise outcome.problem
        if outcome.path is None:
            raise DownloadError(f"`{service_code}` has no prices in that region")
        return outcome.path

    async def offers(self) -> dict[str, Offer]:
        """The index, of now. Raises HttpError, DownloadError and CacheError."""
        base = self.config.base_url.rstrip("/")
        document = Document(service="", region="", url=f"{base}/index.json", name="index")
        content, fetched = await self._content(document)
        offers = parse_index(content, base)
        target = self._output / "index.json"
        self._cache.publish(document, fetched.entry, target, is_fresh=False)
        return offers

    async def fetch(self, wish: PriceRequest, published: Published | None = None) -> list[Outcome]:
        """Fetch what is wished; one outcome a file, `published` called as each is there.

        All names are checked before the first offer is asked for. Raises NotFoundError with the
        nearest names, and what goes wrong with the index; what goes wrong with an offer is in its
        outcome.
        """
        offers = await self.offers()
        chosen = pick(offers, wish.services) if wish.services else list(offers.values())
        wanted = offer_files(chosen, savings_plans=wish.savings_plans)
        regions = wish.regions or (self.config.default_region,)
        found = await self._documents(wanted, wish, regions)
        if not wish.regions and all(isinstance(each, Absent) for each in found):
            # The user's region may be that of another S3, which AWS's list does not know.
            found = await self._documents(wanted, wish, (FALLBACK_REGION,))
        refuse_unknown(
            [each for each in found if not isinstance(each, Outcome)], is_named=bool(wish.services)
        )
        self.meter.documents = sum(isinstance(each, Document) for each in found)

        async def run(each: Document | Absent | Outcome) -> Outcome:
            if isinstance(each, Absent):
                return Outcome(service=each.code, region=each.region, is_absent=True)
            outcome = each if isinstance(each, Outcome) else await self._publish(each)
            if outcome.path is not None and published is not None:
                await published(outcome)
            return outcome

        return await together([run(each) for each in found])

    async def _documents(
        self, chosen: Sequence[OfferFiles], wish: PriceRequest, regions: Sequence[str]
    ) -> list[Document | Absent | Outcome]:
        """The files of every ware and region; an outcome for what could not even be looked up."""

        async def of(ware: OfferFiles) -> Sequence[Document | Absent | Outcome]:
            try:
                known = await self._regions(ware, regions)
            except S3NavError as error:
                return [Outcome(service=ware.code, region=each, problem=error) for each in regions]
            return documents(
                ware,
                known,
                regions,
                default_region=self.config.default_region,
                suffix=".csv" if wish.csv else ".json",
            )

        return [each for some in await together([of(ware) for ware in chosen]) for each in some]

    async def _regions(self, ware: OfferFiles, wanted: Sequence[str]) -> dict[str, str]:
        """The regions of a ware; nothing is asked for the file of all of them."""
        if not ware.regions_url or set(wanted) == {EVERYWHERE}:
            return {}
        name = f"{ware.code}/region_index"
        document = Document(service=ware.code, region="", url=ware.regions_url, name=name)
        return parse_regions((await self._content(document))[0], self.config.base_url)

    async def _publish(self, document: Document) -> Outcome:
        target = self._output / f"{document.name}{document.suffix}"
        service, region = document.service, document.region
        try:
            fetched = await self._bring(document, target)
        except S3NavError as error:
            self.meter.failed += 1
            logger.error(  # noqa: TRY400  # a failed download is no bug: no traceback
                error.message, extra={"service_code": service, "region": region}
            )
            return Outcome(service=service, region=region, problem=error)
        self.meter.done += 1
        self.meter.cache_hits += fetched.cache_hit
        logger.info(
            "Service pricing downloaded",
            extra={
                "service_code": service,
                "region": region,
                "output_path": str(target),
                "size_bytes": fetched.entry.size_bytes,
                "duration_ms": round(fetched.duration_s * 1000),
                "cache_hit": fetched.cache_hit,
            },
        )
        return Outcome(service=service, region=region, path=target, fetched=fetched)

    async def _bring(self, document: Document, target: Path) -> Fetched:
        """Fetch into the cache, and write the output. A damaged cache is fetched once more."""
        try:
            return await self._publish_once(document, target)
        except DamagedCacheError:
            return await self._publish_once(document, target)

    async def _publish_once(self, document: Document, target: Path) -> Fetched:
        fetched = await self._fetch(document)
        is_fresh = not fetched.cache_hit
        await asyncio.to_thread(
            self._cache.publish, document, fetched.entry, target, is_fresh=is_fresh
        )
        return fetched

    async def _content(self, document: Document) -> tuple[bytes, Fetched]:
        """A small document, whole."""
        fetched = await self._fetch(document)
        try:
            content = self._cache.content(document, fetched.entry)
        except DamagedCacheError:
            fetched = await self._fetch(document)
            content = self._cache.content(document, fetched.entry)
        self._cache.discard(document)
        return content, fetched

    async def _fetch(self, document: Document) -> Fetched:
        if self._fetcher is None:
            raise UsageError(
                "the downloader is not open", remedy="`async with PricingDownloader() as …`"
            )
        fetched = await self._fetcher.fetch(document)
        self.meter.at_once = int(self._fetcher.limiter.limit)
        return fetched


async def together(works: Sequence[Coroutine[object, object, T]]) -> list[T]:
    """Run all at once, results in order; one that raises ends the others."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work) for work in works]
    return [await task for task in tasks]


def _trust(config: PricingConfig) -> ssl.SSLContext | bool:
    if not config.verify_ssl or config.ca_bundle is None:
        return config.verify_ssl
    try:
        return ssl.create_default_context(cafile=config.ca_bundle)
    except OSError as error:
        raise UsageError(f"cannot use `{config.ca_bundle}`: {error}", slug="bad-setting") from error
