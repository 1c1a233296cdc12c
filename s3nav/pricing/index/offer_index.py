"""Take offer files into the price database: all of a file or nothing, each version once."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec.structs import replace

from s3nav.model.errors import LocalDiskError, PartialFailureError
from s3nav.persistence import Database, Reader, Row, Writer
from s3nav.pricing.index.offer_formats import head_of, read_offer
from s3nav.pricing.index.offer_load import OfferLoad
from s3nav.pricing.index.offer_records import (
    OfferDamagedError,
    OfferHead,
    Products,
    Rates,
    ShapeDiffersError,
)

logger = logging.getLogger(__name__)

CACHE_KIB = 24 * 1024
"""Pages SQLite may keep while it loads; the rest goes to disk and comes back from there."""

VERSION_OF = "SELECT * FROM versions WHERE offer = ? AND region = ? AND version = ?"
ADD_VERSION = """
INSERT INTO versions (offer, region, version, published_at, indexed_at, checked_at,
                      is_savings_plan, products, rates, first_product, last_product)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


NOTE_CHECK = "UPDATE versions SET checked_at = ? WHERE id = ?"


class IndexingStopped(PartialFailureError):  # noqa: N818  # the user's wish, not an error
    """The user stopped the indexing; nothing of the file is in the catalogue."""

    slug = "indexing-stopped"


class IndexedVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One version of one offer in one region, as it stands in the catalogue."""

    version_id: int
    offer: str
    region: str
    """``global`` for the file of all regions."""
    version: str
    published_at: str
    indexed_at: str
    checked_at: str
    """When the server last said that this is its newest."""
    is_savings_plan: bool
    products: int
    rates: int
    first_product: int
    last_product: int
    is_new: bool = False
    """False when the catalogue had it already."""


def indexed_version(row: Row, *, is_new: bool = False) -> IndexedVersion:
    """A row of `versions`."""
    return IndexedVersion(
        version_id=row["id"],
        offer=row["offer"],
        region=row["region"],
        version=row["version"],
        published_at=row["published_at"],
        indexed_at=row["indexed_at"],
        checked_at=row["checked_at"],
        is_savings_plan=bool(row["is_savings_plan"]),
        products=row["products"],
        rates=row["rates"],
        first_product=row["first_product"],
        last_product=row["last_product"],
        is_new=is_new,
    )


class OfferIndex:
    """The way into the catalogue. Blocks; one file at a time."""

    def __init__(
        self, database: Database, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._now = now

    def add(
        self,
        path: Path,
        *,
        offer: str,
        region: str,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> IndexedVersion:
        """Index a file unless its version is there; what was there before stays either way.

        `offer` is the code of the index, `region` empty or ``global`` for a file of all regions.
        Raises OfferDamagedError, LocalDiskError and IndexingStopped; the catalogue is as before.
        """
        region = region or "global"
        try:
            head = head_of(path)
            known = self._database.reader().one(VERSION_OF, (offer, region, head.version))
            if known is not None:
                return self._check(known)
            try:
                return self._load(path, offer, region, is_cancelled, quick=True)
            except ShapeDiffersError as reason:
                logger.info("reading slowly", extra={"file": str(path), "reason": str(reason)})
                return self._load(path, offer, region, is_cancelled, quick=False)
        except OSError as error:
            raise LocalDiskError(f"cannot read `{path}`: {error.strerror}") from error

    def _check(self, known: Row) -> IndexedVersion:
        """Note that a version is still the newest."""
        moment = as_written(self._now())
        self._database.write(lambda writer: writer.execute(NOTE_CHECK, (moment, known["id"])))
        return replace(indexed_version(known), checked_at=moment)

    def _load(
        self,
        path: Path,
        offer: str,
        region: str,
        is_cancelled: Callable[[], bool],
        *,
        quick: bool,
    ) -> IndexedVersion:
        def load(writer: Writer) -> IndexedVersion:
            # A savepoint of the writer's transaction: readers see all of it, or nothing.
            writer.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
            loading = OfferLoad(writer, offer=offer, region="" if region == "global" else region)
            head: OfferHead | None = None
            for batch in read_offer(path, quick=quick):
                if is_cancelled():
                    raise IndexingStopped(f"`{path}` is not indexed: stopped")
                match batch:
                    case OfferHead():
                        head = batch
                    case Products():
                        loading.products(batch)
                    case Rates():
                        loading.rates(batch)
            if head is None:
                raise OfferDamagedError(f"`{path}` has no head")
            loading.finish()
            return _publish(writer, head, loading, offer, region, self._now())

        return self._database.write(load)


def _publish(
    writer: Writer, head: OfferHead, loading: OfferLoad, offer: str, region: str, now: datetime
) -> IndexedVersion:
    writer.execute(
        ADD_VERSION,
        (
            offer,
            region,
            head.version,
            head.published_at,
            as_written(now),
            as_written(now),
            int(head.is_savings_plan),
            loading.product_count,
            loading.rate_count,
            loading.first_product,
            loading.last_product,
        ),
    )
    row = writer.one(VERSION_OF, (offer, region, head.version))
    if row is None:
        raise LocalDiskError("the price database does not keep what is written")
    return indexed_version(row, is_new=True)


def as_written(moment: datetime) -> str:
    """A moment as the database and AWS write it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def all_versions(reader: Reader) -> list[IndexedVersion]:
    """Every version, the newest of each offer and region first."""
    rows = reader.rows("SELECT * FROM versions ORDER BY offer, region, version DESC, id DESC")
    return [indexed_version(row) for row in rows]
