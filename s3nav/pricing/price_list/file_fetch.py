"""Fetch one price file: conditional, resumed, streamed to disk, retried after a failure."""

import asyncio
import errno
import logging
import random
import shutil
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx

from s3nav.model.errors import DownloadError, HttpError, S3NavError
from s3nav.model.text.plain_messages import one_line
from s3nav.pricing.price_list.fetch_meter import Fetched, FetchMeter
from s3nav.pricing.price_list.fetch_options import PricingConfig
from s3nav.pricing.price_list.offer_cache import CacheEntry, OfferCache, Validators, disk_error
from s3nav.pricing.price_list.offers import Document
from s3nav.retries import AsyncLimiter, Backoff

logger = logging.getLogger(__name__)

REFUSED = frozenset({403, 408, 425, 429, 500, 502, 503, 504})
"""Statuses with which the price list refuses too many requests, 403 among them."""
PROGRESS_BYTES = 1 << 20
"""An attempt that received this much counts as progress: the number of retries is reset."""
SPARE_BYTES = 32 << 20
"""Disk space left free in addition to the file."""


class _Retry(Exception):  # noqa: N818  # a failed request that is worth a retry
    def __init__(self, error: S3NavError, *, after_s: float = 0.0) -> None:
        super().__init__(error.message)
        self.error = error
        self.after_s = after_s


class Fetcher:
    """Fetches documents into the cache with one client, as many at a time as `limiter` allows."""

    def __init__(
        self,
        config: PricingConfig,
        client: httpx.AsyncClient,
        cache: OfferCache,
        meter: FetchMeter,
    ) -> None:
        self._config = config
        self._client = client
        self._cache = cache
        self._meter = meter
        self._draw = random.Random()
        self._backoff = Backoff(
            first_s=config.retry_min_wait or 1,
            longest_s=config.retry_max_wait,
            shortest_s=config.retry_min_wait,
        )
        self.limiter = AsyncLimiter(config.max_concurrent_downloads)

    async def fetch(self, document: Document) -> Fetched:
        """Bring the cache up to date. Raises HttpError, DownloadError, CacheError."""
        begun, wire_bytes, failures = time.monotonic(), 0, 0
        while True:
            transfer = _Transfer(document, self._cache, self._meter)
            try:
                entry, hit = await self._attempt(document, transfer)
            except _Retry as failure:
                wire_bytes += transfer.wire_bytes
                failures = 1 if transfer.wire_bytes >= PROGRESS_BYTES else failures + 1
                if failures > self._config.max_retries:
                    raise failure.error from failure
                await self._wait(document, failure, failures)
            else:
                return Fetched(
                    document=document,
                    entry=entry,
                    cache_hit=hit,
                    wire_bytes=wire_bytes + transfer.wire_bytes,
                    duration_s=time.monotonic() - begun,
                )

    async def _wait(self, document: Document, failure: _Retry, failures: int) -> None:
        """Wait longer after each failure, and at least as long as the server asks."""
        asked_s = min(failure.after_s, self._config.retry_max_wait)
        wait_s = max(self._backoff.delay_s(failures, self._draw), asked_s)
        logger.warning(
            "retrying",
            extra={"url": document.url, "reason": str(failure), "wait_s": round(wait_s, 1)},
        )
        await asyncio.sleep(wait_s)

    async def _attempt(self, document: Document, transfer: "_Transfer") -> tuple[CacheEntry, bool]:
        async with self.limiter.turn() as turn:
            try:
                async with self._client.stream(
                    "GET", document.url, headers=transfer.request_headers()
                ) as response:
                    if response.status_code in REFUSED:
                        self.limiter.refused(turn)
                        raise _Retry(_http_error(response), after_s=_retry_after_s(response))
                    entry = await transfer.receive(response)
            except httpx.TransportError as error:
                raise _Retry(_broken(document, error, transfer.wire_bytes)) from error
            self.limiter.answered()
        if entry is not None:
            return entry, True
        return await transfer.finish(), False


class _Transfer:
    """One attempt at one document."""

    def __init__(self, document: Document, cache: OfferCache, meter: FetchMeter) -> None:
        self._document = document
        self._cache = cache
        self._meter = meter
        self._file, self._validators, self._have = cache.partial(document)
        self._known = cache.entry(document)
        self._is_first = True
        self.wire_bytes = 0

    def request_headers(self) -> dict[str, str]:
        """Headers that ask for the rest of a download, or for a newer version."""
        headers = {"Accept-Encoding": "identity"}
        if self._have and self._validators:
            headers["Range"] = f"bytes={self._have}-"
            headers["If-Range"] = self._validators.for_range
        elif self._known:
            known = self._known.validators
            if known.etag:
                headers["If-None-Match"] = known.etag
            if known.last_modified:
                headers["If-Modified-Since"] = known.last_modified
        return headers

    async def receive(self, response: httpx.Response) -> CacheEntry | None:
        """Receive a response into the part file; return the cached entry if it is still current."""
        match response.status_code:
            case 304 if self._known:
                return self._known
            case 200:
                self._begin(response)
            case 206 if self._continues(response):
                pass
            case 206 | 416:
                self._cache.discard(self._document)
                raise _Retry(DownloadError(f"`{self._document.url}` resumed at the wrong position"))
            case _:
                raise _http_error(response)
        _refuse_html(response.headers.get("content-type", ""), b"", self._document)
        await self._stream(response)
        return None

    async def finish(self) -> CacheEntry:
        """Check that the body is complete, and store it in the cache."""
        assert self._validators is not None
        total = self._validators.total_bytes
        if total >= 0 and self._have < total:
            raise _Retry(
                DownloadError(
                    f"`{self._document.url}` was cut off at {self._have} of {total} bytes",
                    remedy="run it again to continue from there",
                )
            )
        if total >= 0 and self._have > total:
            self._cache.discard(self._document)
            raise _Retry(DownloadError(f"`{self._document.url}` is longer than its Content-Length"))
        if total < 0 and self._document.suffix == ".json" and not _ends_complete(self._file):
            self._cache.discard(self._document)
            raise _Retry(
                DownloadError(f"`{self._document.url}` was cut off; its full size is unknown")
            )
        return await asyncio.to_thread(self._cache.keep, self._document, self._validators)

    def _begin(self, response: httpx.Response) -> None:
        length = response.headers.get("content-length", "")
        is_encoded = response.headers.get("content-encoding", "identity") != "identity"
        self._validators = Validators(
            url=self._document.url,
            # A body with a content encoding has no known size and cannot be resumed.
            etag="" if is_encoded else response.headers.get("etag", ""),
            last_modified=response.headers.get("last-modified", ""),
            total_bytes=int(length) if length.isdigit() and not is_encoded else -1,
        )
        self._check_room(self._validators.total_bytes)
        self._file = self._cache.begin(self._document, self._validators)
        self._have = 0
        self._meter.expect(self._document.url, self._validators.total_bytes, 0)

    def _continues(self, response: httpx.Response) -> bool:
        span = response.headers.get("content-range", "")
        self._is_first = False
        if self._validators is None:
            return False
        self._meter.expect(self._document.url, self._validators.total_bytes, self._have)
        total = self._validators.total_bytes
        return bool(span == f"bytes {self._have}-{total - 1}/{total}")

    def _check_room(self, total_bytes: int) -> None:
        place = self._cache.directory
        while not place.exists() and place != place.parent:
            place = place.parent
        free = shutil.disk_usage(place).free
        if total_bytes > 0 and total_bytes + SPARE_BYTES > free:
            room = f"{free:,} bytes are free; the file needs {total_bytes:,}"
            room += f", and {SPARE_BYTES:,} must stay free"
            raise disk_error(OSError(errno.ENOSPC, room), self._cache.directory)

    async def _stream(self, response: httpx.Response) -> None:
        is_encoded = response.headers.get("content-encoding", "identity") != "identity"
        chunks = response.aiter_bytes() if is_encoded else response.aiter_raw()
        try:
            with self._file.open("ab") as file:
                async for chunk in chunks:
                    if self._is_first:
                        _refuse_html("", chunk, self._document)
                        self._is_first = False
                    file.write(chunk)
                    self._have += len(chunk)
                    self.wire_bytes += len(chunk)
                    self._meter.add(self._document.url, len(chunk))
        except OSError as error:
            raise disk_error(error, self._cache.directory) from error


def _ends_complete(file: Path) -> bool:
    with file.open("rb") as content:
        content.seek(max(0, file.stat().st_size - 64))
        return content.read().rstrip().endswith(b"}")


def _refuse_html(content_type: str, first: bytes, document: Document) -> None:
    """Raise HttpError for a web page: proxies and login pages answer with status 200."""
    if "text/html" in content_type or first.lstrip()[:1] == b"<":
        raise HttpError(
            f"`{document.url}` returned a web page instead of prices",
            remedy="a proxy or a login page is in the way; check `pricing_base_url`",
        )


def _http_error(response: httpx.Response) -> HttpError:
    remedy = {
        403: "the price list refuses too many requests: lower --max-concurrent and wait a little",
        404: "the price list has no such file; the index may have changed",
    }.get(response.status_code, "try again later")
    return HttpError(
        f"the price list answered {response.status_code} {response.reason_phrase}".rstrip(),
        remedy=remedy,
        context={"url": str(response.url), "status": str(response.status_code)},
    )


def _broken(document: Document, error: httpx.TransportError, wire_bytes: int) -> DownloadError:
    why = one_line(str(error)) or type(error).__name__
    if wire_bytes:
        return DownloadError(
            f"`{document.url}` was cut off: {why}", remedy="run it again to continue from there"
        )
    return DownloadError(
        f"no response from the price list: {why}",
        remedy="check the network and `pricing_base_url`; prices fetched earlier still work",
        context={"url": document.url},
    )


def _retry_after_s(response: httpx.Response) -> float:
    asked = response.headers.get("retry-after", "")
    if asked.isdigit():
        return float(asked)
    try:
        return max(0.0, (parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0
