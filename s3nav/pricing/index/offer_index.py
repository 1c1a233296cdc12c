"""Index offer files of any format into the price database: a whole file or nothing, once."""

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec.structs import replace

from s3nav.model.errors import LocalDiskError, PartialFailureError
from s3nav.persistence import Database, Reader, Row, Writer
from s3nav.pricing.index.offer_blocks import BOM, read_blocks
from s3nav.pricing.index.offer_csv import read_csv
from s3nav.pricing.index.offer_events import read_events
from s3nav.pricing.index.offer_load import OfferLoad
from s3nav.pricing.index.offer_records import (
    Batch,
    OfferDamagedError,
    OfferHead,
    Products,
    Rates,
    ShapeDiffersError,
)

logger = logging.getLogger(__name__)

_PROBE_BYTES = 4096
CACHE_KIB = 24 * 1024
"""SQLite's page cache during a load; other pages are written to disk and read back."""

VERSION_OF = "SELECT * FROM versions WHERE offer = ? AND region = ? AND version = ?"
ADD_VERSION = """
INSERT INTO versions (offer, region, version, published_at, indexed_at, checked_at,
                      is_savings_plan, products, rates, first_product, last_product)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


NOTE_CHECK = "UPDATE versions SET checked_at = ? WHERE id = ?"


class IndexingStopped(PartialFailureError):  # noqa: N818  # the user stopped it: not an error
    """The user stopped the indexing; the catalogue contains nothing of the file."""

    slug = "indexing-stopped"


class IndexedVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One version of one offer in one region, as recorded in the catalogue."""

    version_id: int
    offer: str
    region: str
    """``global`` for the file with all regions."""
    version: str
    published_at: str
    indexed_at: str
    checked_at: str
    """When the server last confirmed that this version is current."""
    is_savings_plan: bool
    products: int
    rates: int
    first_product: int
    last_product: int
    is_new: bool = False
    """False when it was already in the catalogue."""


def indexed_version(row: Row, *, is_new: bool = False) -> IndexedVersion:
    """Build a version from a row of `versions`."""
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
    """Writes offer files into the catalogue, one at a time; its calls block."""

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
        """Index a file unless its version is already indexed; older versions are kept.

        `offer` is the code in the index; `region` is empty or ``global`` for a file of all regions.
        Raises OfferDamagedError, LocalDiskError and IndexingStopped, with the catalogue unchanged.
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
                # Savings plans and re-indented files: correct but several times slower.
                logger.info("reading slowly", extra={"file": str(path), "reason": str(reason)})
                return self._load(path, offer, region, is_cancelled, quick=False)
        except OSError as error:
            raise LocalDiskError(f"cannot read `{path}`: {error.strerror}") from error

    def _check(self, known: Row) -> IndexedVersion:
        """Record that a version is still current."""
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
            # One savepoint of the writer's transaction: readers see the whole file or nothing.
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
        raise LocalDiskError("the price database lost the version that was just written")
    return indexed_version(row, is_new=True)


def as_written(moment: datetime) -> str:
    """Format a time as AWS and the database do: ``2026-01-16T16:02:58Z``."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def all_versions(reader: Reader) -> list[IndexedVersion]:
    """Return every version, by offer and region, newest first."""
    rows = reader.rows("SELECT * FROM versions ORDER BY offer, region, version DESC, id DESC")
    return [indexed_version(row) for row in rows]


def read_offer(path: Path, *, quick: bool = True) -> Iterator[Batch]:
    """Yield the head, then products and rates of a file.

    `quick` reads JSON in AWS's own layout and raises ShapeDiffersError for any other, possibly
    after some batches; the caller then starts over without it. Raises OfferDamagedError, OSError.
    """
    if is_csv(path):
        yield from read_csv(path)
    elif quick:
        with path.open("rb") as file:
            yield from read_blocks(file)
    else:
        yield from read_events(path)


def is_csv(path: Path) -> bool:
    """True for CSV, False for JSON. Raises OfferDamagedError when the file is neither."""
    with path.open("rb") as file:
        first = file.read(_PROBE_BYTES).removeprefix(BOM).lstrip()
    if first.startswith((b"FormatVersion", b'"FormatVersion"')):
        return True
    if first.startswith(b"{"):
        return False
    what = "a web page" if first.startswith(b"<") else "neither JSON nor CSV of the price list"
    if not first:
        what = "empty"
    raise OfferDamagedError(
        f"`{path}` is {what}", remedy="`s3nav --headless pricing download` fetches it again"
    )


def head_of(path: Path) -> OfferHead:
    """Read only the head, which is fast for AWS's own files. Raises as `read_offer` does."""
    from_start = read_offer(path)
    try:
        first = next(from_start)
    except ShapeDiffersError:
        first = next(read_offer(path, quick=False))
    assert isinstance(first, OfferHead)
    return first
