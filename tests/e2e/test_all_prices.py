"""The whole price list fetched twice by the program itself: the second time nothing travels."""

from pathlib import Path

import pytest

from s3nav.persistence import Database
from s3nav.pricing.index.offer_index import all_versions
from s3nav.pricing.index.price_schema import MIGRATIONS
from tests.benchmarks.bench_price_fetch import fetch_all
from tests.benchmarks.whole_price_list import codes, whole_list
from tests.support.price_list import PriceList

REGIONS = ("us-east-1",)
SERVICES = 265
LIST_BYTES = 16_000_000

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_a_second_fetch_of_everything_is_answered_by_304_with_a_hundredth_of_the_bytes(
    tmp_path: Path,
) -> None:
    with PriceList(whole_list(LIST_BYTES, REGIONS)) as served:
        first = fetch_all(served, tmp_path, REGIONS)
        second = fetch_all(served, tmp_path, REGIONS)

        assert first.statuses == {200: first.requests}
        assert first.requests == 1 + 2 * SERVICES
        assert first.body_bytes == sum(map(len, served.files.values()))
        assert second.statuses == {304: first.requests}
        assert second.body_bytes == 0
        assert second.sent_bytes < first.sent_bytes / 100
    assert {path.stem for path in (tmp_path / "out").iterdir()} == {"index", *codes()}
    catalogue = Database(tmp_path / "data" / "prices.sqlite3", MIGRATIONS)
    assert len(all_versions(catalogue.reader())) == SERVICES
    catalogue.close()


def test_one_service_that_changed_is_all_that_is_fetched_again(tmp_path: Path) -> None:
    files = whole_list(1_000_000, REGIONS)
    changed = next(path for path in files if "/AmazonS3/" in path and "region_index" not in path)
    with PriceList(files) as served:
        fetch_all(served, tmp_path, REGIONS)
        newer = files[changed].replace(b"20260427071325", b"20260504071325")
        served.files[changed] = newer

        again = fetch_all(served, tmp_path, REGIONS)

    assert again.statuses == {304: 2 * SERVICES, 200: 1}
    assert again.body_bytes == len(newer)
    assert (tmp_path / "out" / "AmazonS3.json").read_bytes() == newer
