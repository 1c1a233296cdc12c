from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from s3nav.persistence import Database
from s3nav.pricing.index.price_schema import MIGRATIONS
from s3nav.pricing.price_list.fetch_options import PricingConfig, load_config
from tests.support.price_files import small_list
from tests.support.price_list import PriceList


@pytest.fixture
def price_list() -> Iterator[PriceList]:
    with PriceList(small_list()) as served:
        yield served


@pytest.fixture
def config(price_list: PriceList, tmp_path: Path) -> Callable[..., PricingConfig]:
    """Options that point to the price list and hardly wait between retries."""

    def make(**options: object) -> PricingConfig:
        return load_config(
            **{
                "base_url": price_list.base_url,
                "cache_dir": tmp_path / "cache",
                "output_dir": tmp_path / "out",
                "retry_min_wait": 0.0,
                "retry_max_wait": 0.01,
                "request_timeout": 5,
                **options,
            }
        )

    return make


@pytest.fixture
def prices(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "prices.sqlite3", MIGRATIONS)
    yield opened
    opened.close()
