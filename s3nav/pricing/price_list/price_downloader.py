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
from s3nav.pricing.price_list.fetch_meter import Fetched, FetchMeter, FetchResult
from s3nav.pricing.price_list.fetch_options import PricingConfig, load_config
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


Published = Callable[[FetchResult], Awaitable[None]]


class PricingDownloader:
    """Download price files from one server. Use it as `async with PricingDownloader() as …`."""

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
        """Fetch every service's offer in the default region; return the files, sorted.

        Raises DownloadError when some could not be fetched; the others are written.
        """
        fetch_results = await self.fetch(PriceRequest())
        failed = [
            fetch_result for fetch_result in fetch_results if fetch_result.problem is not None
        ]
        if failed:
            first = failed[0].problem
            raise DownloadError(
                f"{len(failed)} of {len(fetch_results)} services failed, first"
                f" `{failed[0].service}`: {first.message if first else ''}",
                remedy="run it again: finished files are not fetched twice",
                context={"fetched into": str(self._output)},
            )
        return sorted(
            fetch_result.path for fetch_result in fetch_results if fetch_result.path is not None
        )

    async def fetch_service_price(self, service_code: str, *, region: str | None = None) -> Path:
        """Fetch one service's offer and return its file.

        Raises NotFoundError with the nearest names, HttpError, DownloadError and CacheError.
        """
        regions = (region,) if region else ()
        (fetch_result,) = await self.fetch(PriceRequest(services=(service_code,), regions=regions))
        if fetch_result.problem is not None:
            raise fetch_result.problem
        if fetch_result.path is None:
            raise DownloadError(f"`{service_code}` has no prices in that region")
        return fetch_result.path

    async def offers(self) -> dict[str, Offer]:
        """Fetch the current index of offers. Raises HttpError, DownloadError and CacheError."""
        base = self.config.base_url.rstrip("/")
        document = Document(service="", region="", url=f"{base}/index.json", name="index")
        content, fetched = await self._content(document)
        offers = parse_index(content, base)
        target = self._output / "index.json"
        self._cache.publish(document, fetched.entry, target, is_fresh=False)
        return offers

    async def fetch(
        self, request: PriceRequest, published: Published | None = None
    ) -> list[FetchResult]:
        """Fetch the requested files; one result for each, `published` called as each is written.

        All names are checked before the first offer is fetched. Raises NotFoundError with the
        nearest names, and HttpError, DownloadError or CacheError for the index; the error of an
        offer is in its result.
        """
        offers = await self.offers()
        chosen = pick(offers, request.services) if request.services else list(offers.values())
        wanted = offer_files(chosen, savings_plans=request.savings_plans)
        regions = request.regions or (self.config.default_region,)
        found = await self._documents(wanted, request, regions)
        if not request.regions and all(isinstance(each, Absent) for each in found):
            # The default region may belong to an S3-compatible server, unknown to AWS's price list.
            found = await self._documents(wanted, request, (FALLBACK_REGION,))
        refuse_unknown(
            [each for each in found if not isinstance(each, FetchResult)],
            is_named=bool(request.services),
        )
        self.meter.documents = sum(isinstance(each, Document) for each in found)

        async def run(each: Document | Absent | FetchResult) -> FetchResult:
            if isinstance(each, Absent):
                return FetchResult(service=each.code, region=each.region, is_absent=True)
            fetch_result = each if isinstance(each, FetchResult) else await self._publish(each)
            if fetch_result.path is not None and published is not None:
                await published(fetch_result)
            return fetch_result

        return await together([run(each) for each in found])

    async def _documents(
        self, chosen: Sequence[OfferFiles], request: PriceRequest, regions: Sequence[str]
    ) -> list[Document | Absent | FetchResult]:
        """Return the files of every offer and region; a failed result where the lookup failed."""

        async def of(offer: OfferFiles) -> Sequence[Document | Absent | FetchResult]:
            try:
                known = await self._regions(offer, regions)
            except S3NavError as error:
                return [
                    FetchResult(service=offer.code, region=each, problem=error) for each in regions
                ]
            return documents(
                offer,
                known,
                regions,
                default_region=self.config.default_region,
                suffix=".csv" if request.csv else ".json",
            )

        return [each for some in await together([of(offer) for offer in chosen]) for each in some]

    async def _regions(self, offer: OfferFiles, wanted: Sequence[str]) -> dict[str, str]:
        """Return the URL of each region; no request when only the all-regions file is wanted."""
        if not offer.regions_url or set(wanted) == {EVERYWHERE}:
            return {}
        name = f"{offer.code}/region_index"
        document = Document(service=offer.code, region="", url=offer.regions_url, name=name)
        return parse_regions((await self._content(document))[0], self.config.base_url)

    async def _publish(self, document: Document) -> FetchResult:
        target = self._output / f"{document.name}{document.suffix}"
        service, region = document.service, document.region
        try:
            fetched = await self._bring(document, target)
        except S3NavError as error:
            self.meter.failed += 1
            logger.error(  # noqa: TRY400  # a failed download is not a bug: no traceback
                error.message, extra={"service_code": service, "region": region}
            )
            return FetchResult(service=service, region=region, problem=error)
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
        return FetchResult(service=service, region=region, path=target, fetched=fetched)

    async def _bring(self, document: Document, target: Path) -> Fetched:
        """Fetch into the cache and write the output; fetch once more if the cache is damaged."""
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
        """Fetch a small document and return its content."""
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
    """Run coroutines concurrently, results in order; an exception cancels the others."""
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
