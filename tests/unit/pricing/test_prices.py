import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from s3nav.pricing.price_list.fetch_meter import FetchMeter, FetchProgress
from s3nav.pricing.price_list.fetch_options import PricingConfig
from s3nav.pricing.price_list.requested_files import PriceRequest
from s3nav.pricing.prices import Prices, PricesStopped
from tests.support.price_files import small_list, storage_offer
from tests.support.price_list import PriceList

Config = Callable[..., PricingConfig]


@pytest.fixture
def book(config: Config, tmp_path: Path) -> Iterator[Prices]:
    opened = Prices(config(), tmp_path / "prices.sqlite3")
    yield opened
    opened.close()


def test_stopping_reports_that_finished_files_are_kept(book: Prices, price_list: PriceList) -> None:
    price_list.latency_s = 0.3

    with pytest.raises(PricesStopped, match="already fetched and indexed are kept"):
        book.download(PriceRequest(), is_cancelled=lambda: True)

    assert book.is_empty


def test_closing_stops_a_fetch_that_runs_elsewhere(book: Prices, price_list: PriceList) -> None:
    price_list.latency_s = 0.3
    ended: list[BaseException] = []

    def fetch() -> None:
        try:
            book.download(PriceRequest())
        except PricesStopped as error:
            ended.append(error)

    thread = threading.Thread(target=fetch)
    thread.start()
    book.close()
    thread.join(50)

    assert not thread.is_alive()
    assert ended


def test_fetched_files_are_indexed_with_progress(book: Prices) -> None:
    reported: list[FetchProgress] = []

    files = book.download(PriceRequest(), progress=reported.append)

    assert {file.fetch_result.service: file.indexed is not None for file in files} == {
        "AmazonS3": True,
        "AWSLambda": True,
    }
    assert reported[-1].documents in {0, 2}
    assert book.catalogue.search("timedstorage").total == 1


def test_a_second_fetch_checks_and_indexes_nothing(book: Prices) -> None:
    first = book.download(PriceRequest(services=("AmazonS3",)))

    second = book.download(PriceRequest(services=("AmazonS3",)))

    assert [file.indexed.is_new for file in first + second if file.indexed] == [True, False]


def test_a_default_region_unknown_to_the_list_is_replaced(config: Config, tmp_path: Path) -> None:
    book = Prices(config(default_region="garage"), tmp_path / "other.sqlite3")

    (file,) = book.download(PriceRequest(services=("AmazonS3",)))
    book.close()

    assert (file.fetch_result.region, file.problem) == ("us-east-1", None)


def test_a_new_version_is_indexed_beside_the_old(book: Prices, price_list: PriceList) -> None:
    book.download(PriceRequest(services=("AmazonS3",)))
    newer = storage_offer(price="0.0500000000", version="20260301000000")
    price_list.files |= small_list("20260301000000", AmazonS3={"us-east-1": newer})

    book.download(PriceRequest(services=("AmazonS3",)))

    assert len(book.catalogue.versions().all) == 2
    assert [h.price for h in book.catalogue.search("timedstorage").hits] == ["0.0500000000"]


def test_remaining_time_is_estimated_from_the_mean_size() -> None:
    clock = [0.0]
    meter = FetchMeter(lambda: clock[0])
    meter.documents = 3
    meter.expect("a", 1000, 0)
    meter.add("a", 500)
    clock[0] = 1.0

    progress = meter.progress()

    assert (progress.wire_bytes, progress.bytes_per_s, progress.eta_s) == (500, 500.0, 5.0)
