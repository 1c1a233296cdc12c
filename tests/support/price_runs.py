"""``pricing`` as a process on a list of one small and one large offer, and what it left behind."""

import sqlite3
from pathlib import Path

from tests.benchmarks.big_offer import write_offer
from tests.support.headless import finish, start
from tests.support.price_files import small_list, storage_offer
from tests.support.price_list import PriceList

LARGE, SMALL = "AmazonEC2", "AmazonS3"


def large_offer(place: Path, products: int) -> bytes:
    """About eight thousand bytes a product."""
    made = place / "large.json"
    write_offer(made, products=products)
    return made.read_bytes()


def list_with(large: bytes) -> PriceList:
    """A price list that has it, and three products of storage."""
    regions = {"us-east-1": storage_offer()}
    return PriceList(small_list(AmazonS3=regions, AmazonEC2={"us-east-1": large}))


def run(served: PriceList, home: Path, *words: str, on: Path | None = None) -> tuple[int, str, str]:
    """A command of ``pricing``; cache and output lie in the home, or `on` a disk."""
    place = on or home
    extra = {
        "S3NAV_PRICING_BASE_URL": served.base_url,
        "S3NAV_PRICING_CACHE_DIR": str(place / "cache"),
        "S3NAV_PRICING_OUTPUT_DIR": str(place / "out"),
        "S3NAV_PRICING_RETRY_MAX_WAIT": "0",
    }
    return finish(start(None, home, "pricing", *words, extra=extra))


def fetch(
    served: PriceList, home: Path, *services: str, on: Path | None = None
) -> tuple[int, str, str]:
    named = [word for service in services for word in ("--service", service)]
    return run(served, home, "download", *named, on=on)


def indexed(home: Path) -> dict[str, int]:
    """Offer to products, of the versions that are there; the file must be sound."""
    with sqlite3.connect(home / "data" / "prices.sqlite3") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = dict(database.execute("SELECT offer, products FROM versions"))
        (products,) = database.execute("SELECT count(*) FROM products").fetchone()
    assert products == sum(found.values())
    return found
