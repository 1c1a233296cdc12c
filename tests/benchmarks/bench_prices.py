"""Index a regional offer as large as EC2's, and search a million rates.

usage: python -m tests.benchmarks.bench_prices [--megabytes 450]
Prints speed, memory, and the median and worst of each search. Everything is made in a temporary
directory.
"""

import argparse
import resource
import statistics
import tempfile
import time
from pathlib import Path

from s3nav.persistence import Database
from s3nav.pricing.catalogue.catalogue import Catalogue
from s3nav.pricing.index.offer_index import OfferIndex
from s3nav.pricing.index.price_schema import MIGRATIONS
from tests.benchmarks.big_offer import write_offer

PRODUCTS_A_MEGABYTE = 128.3
ROUNDS = 15
SEARCHES: tuple[tuple[str, dict[str, str]], ...] = (
    ("", {}),
    ("r", {}),
    ("li", {}),
    ("m5", {}),
    ("linux", {}),
    ("m5.large windows", {}),
    ("linux dedicated c6a metal", {}),
    ("intel xeon 8375c avx512", {}),
    ("windwos", {}),
    ("boxusage", {"kind": "compute"}),
    ("2xlarge sql", {"region": "us-east-1"}),
)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=int, default=450)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="s3nav-bench-prices-") as directory:
        offer = Path(directory) / "AmazonEC2.json"
        write_offer(offer, products=int(options.megabytes * PRODUCTS_A_MEGABYTE))
        database = Database(Path(directory) / "prices.sqlite3", MIGRATIONS)
        for region in ("us-east-1", "us-west-2"):
            _index(database, offer, region)
        _search(Catalogue(database))
        database.close()


def _index(database: Database, offer: Path, region: str) -> None:
    begun, cpu = time.perf_counter(), time.process_time()
    version = OfferIndex(database).add(offer, offer="AmazonEC2", region=region)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    megabytes = offer.stat().st_size / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"index {megabytes:.0f} MB, {version.products:,} products, {version.rates:,} rates:"
        f" {seconds:.1f} s, {megabytes / seconds:.1f} MB/s ({cpu:.1f} s CPU), peak {peak:.0f} MiB"
    )


def _search(catalogue: Catalogue) -> None:
    rates = sum(version.rates for version in catalogue.versions().current())
    print(f"search {rates:,} rates, {ROUNDS} rounds")
    for query, narrowed in SEARCHES:
        took: list[float] = []
        found = catalogue.search(query, narrowed=narrowed, limit=50)
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            found = catalogue.search(query, narrowed=narrowed, limit=50)
            took.append((time.perf_counter() - begun) * 1000)
        print(
            f"  {query!r:30} median {statistics.median(took):5.1f} ms, worst {max(took):5.1f} ms,"
            f" {found.total}{'+' if found.is_cut else ''} products"
        )


if __name__ == "__main__":
    main()
