"""Prices, price lists and tiers in the words that every front end shows."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from s3nav.model.errors import NotFoundError
from s3nav.present import price_words
from s3nav.pricing import (
    FetchProgress,
    FetchResult,
    Hit,
    IndexedVersion,
    PriceFile,
    ProductPage,
    RateChange,
    RegionPrice,
    SearchResult,
    Share,
    Tier,
)

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "shown"), [("0.0230000000", "0.023"), ("0", "0"), ("", "–"), ("see AWS", "see AWS")]
)
def test_a_price_has_no_trailing_zeros(written: str, shown: str) -> None:
    assert price_words.price(written) == shown


@pytest.mark.parametrize(
    ("part", "shown"), [("0.087", "+8.7 %"), ("-0.12", "−12 %"), ("0", "0 %"), ("1", "+100 %")]
)
def test_a_relative_change_has_its_sign(part: str, shown: str) -> None:
    assert price_words.signed_percent(Decimal(part)) == shown


def test_a_cut_search_reports_a_lower_bound_and_its_corrections() -> None:
    found = SearchResult(hits=(), total=1_000, is_cut=True, corrected={"retreival": "retrieval"})

    assert price_words.found_line(found, shown=50) == (
        "50 of 1,000+ products · `retreival` not found: searched for `retrieval`"
    )


def version(checked_at: str) -> IndexedVersion:
    return IndexedVersion(
        version_id=1,
        offer="AmazonS3",
        region="us-east-1",
        version="20260116160258",
        published_at="2026-11-17T00:00:00Z",
        indexed_at=checked_at,
        checked_at=checked_at,
        is_savings_plan=False,
        products=2,
        rates=3,
        first_product=1,
        last_product=2,
    )


def test_prices_are_stale_a_week_after_the_last_check() -> None:
    fresh, stale = version("2026-11-13T08:00:01Z"), version("2026-11-13T08:00:00Z")

    assert (price_words.is_stale(fresh, NOW), price_words.is_stale(stale, NOW)) == (False, True)
    assert price_words.is_stale(version("never"), NOW)
    row = price_words.status_row(stale, NOW)
    assert row.cells[3:5] == ("2026-11-17 (3 d old)", "7 d old")
    assert row.cells[7] == "stale"


def test_the_share_of_each_tier_is_a_row_with_open_end() -> None:
    tier = Tier(begin=Decimal(51200), end=None, price=Decimal("0.022"))
    share = Share(tier=tier, quantity=Decimal(10), cost=Decimal("0.22"))

    (row,) = price_words.cost_rows([share], "GB")

    assert row.values == ("51200", None, "10", "GB", "0.022", "0.22")
    assert row.cells == ("51,200", "∞", "10", "GB", "0.022", "0.22")


def file(**facts: object) -> PriceFile:
    """A requested price file, fetched by default."""
    fetched = FetchResult(service="AmazonS3", region="us-east-1", path=Path("s3.json"))
    found = {name: facts.pop(name) for name in ("path", "is_absent") if name in facts}
    return PriceFile(fetch_result=replace(fetched, **found), **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({"is_absent": True, "path": None}, "not sold here"),
        ({"path": None}, "failed"),
        ({"problem": NotFoundError("damaged")}, "not indexed"),
        ({}, "fetched"),
    ],
)
def test_the_state_of_a_price_file_says_why_there_are_no_prices(
    facts: dict[str, object], state: str
) -> None:
    assert price_words.file_state(file(**facts)) == state


def test_a_file_that_failed_has_its_problem_and_no_numbers() -> None:
    row = price_words.file_row(file(path=None, problem=NotFoundError("no such service")))

    assert row.values[2:] == ("failed", None, None, None, None, None, None, "no such service")
    assert list(row.cells[3:]) == [*["–"] * 6, "no such service"]


def test_an_indexed_file_has_its_numbers() -> None:
    row = price_words.file_row(file(indexed=version("2026-11-20T08:00:00Z")))

    assert row.values[3:8] == ("20260116160258", None, None, 2, 3)
    assert row.cells[8] == "s3.json"


PROGRESS = FetchProgress(
    documents=0,
    done=0,
    failed=0,
    cache_hits=0,
    wire_bytes=0,
    expected_bytes=0,
    bytes_per_s=0.0,
    eta_s=None,
    at_once=50,
)


def test_a_fetch_says_what_failed_and_how_long_the_rest_takes() -> None:
    running = replace(
        PROGRESS,
        documents=40,
        done=10,
        failed=2,
        cache_hits=3,
        wire_bytes=2_000_000,
        bytes_per_s=1e6,
        eta_s=90.0,
    )

    assert price_words.fetch_line(running) == (
        "12 of 40 files · 2.0 MB at 1.0 MB/s · 3 not modified · 2 failed · about 1:30 left"
    )
    assert price_words.fetch_line(replace(running, indexing="AmazonS3")).endswith(
        " · 2 failed · indexing AmazonS3"
    )


def test_a_fetch_that_knows_no_files_yet_says_so() -> None:
    assert price_words.fetch_line(PROGRESS) == "requesting the list of files"


HIT = Hit(
    product_id=1,
    sku="SKU1",
    service="AmazonS3",
    region="us-east-1",
    usage_type="TimedStorage-ByteHrs",
    operation="",
    family="Storage",
    kind="storage",
    unit="GB-Mo",
    currency="USD",
    price="0.0230000000",
    tiers=3,
    term_type="OnDemand",
    description="$0.023 per GB",
    words="storing in Standard, for a month",
)


def test_a_found_product_shows_that_it_has_more_tiers() -> None:
    row = price_words.hit_row(HIT)

    assert (row.values[4], row.cells[4]) == ("0.023", "0.023 …")
    assert row.values[6] == "storing in Standard, for a month"


def test_a_found_product_without_a_price_or_words_says_what_aws_says() -> None:
    row = price_words.hit_row(replace(HIT, price="", tiers=1, words="", currency="CNY"))

    assert (row.values[4], row.cells[4]) == (None, "– CNY")
    assert row.values[6] == "$0.023 per GB"


def region(**facts: object) -> RegionPrice:
    line = RegionPrice(
        region="eu-west-1",
        sku="SKU2",
        usage_type="EU-TimedStorage-ByteHrs",
        unit="GB-Mo",
        currency="USD",
        tiers=(Tier(begin=Decimal(0), end=None, price=Decimal("0.024")),),
        difference=Decimal("0.0435"),
    )
    return replace(line, **facts)


def test_a_region_whose_price_cannot_be_compared_has_a_dash() -> None:
    row = price_words.region_row(region(tiers=(), difference=None))

    assert (row.values[1], row.values[4], row.values[5]) == (None, None, 0)
    assert (row.cells[1], row.cells[4]) == ("–", "–")


def test_a_region_is_compared_with_the_reference() -> None:
    assert price_words.region_row(region()).cells[4] in {"+4.3 %", "+4.4 %"}
    assert price_words.region_row(region(is_reference=True)).cells[4] == "reference"


def changed(old: str, new: str) -> RateChange:
    return RateChange(
        change="changed",
        sku="SKU1",
        usage_type="TimedStorage-ByteHrs",
        operation="",
        term_type="OnDemand",
        unit="GB-Mo",
        currency="USD",
        begin="0",
        old_price=old,
        new_price=new,
        description="",
    )


@pytest.mark.parametrize(
    ("old", "new", "values", "cell"),
    [
        ("", "0.025", (None, "0.025", None), ""),
        ("0", "0.025", ("0", "0.025", None), ""),
        ("0.0200", "0.025", ("0.02", "0.025", "0.25"), "+25 %"),
    ],
)
def test_a_change_from_nothing_has_no_percentage(
    old: str, new: str, values: tuple[str | None, ...], cell: str
) -> None:
    row = price_words.change_row(changed(old, new))

    assert tuple(row.values[6:9]) == values
    assert row.cells[8] == cell


def test_a_product_page_leaves_out_what_is_empty_or_shown_already() -> None:
    page = ProductPage(
        hit=replace(HIT, family="", operation=""),
        attributes={"usagetype": "again", "storageClass": "General Purpose", "volumeType": ""},
        price_tiers=(),
        version=version("2026-11-20T08:00:00Z"),
    )

    lines = dict(price_words.page_lines(page))

    assert lines["operation"] == lines["family"] == "none named"
    assert lines["storageClass"] == "General Purpose"
    assert lines["version"] == "20260116160258, published 2026-11-17"
    assert {"usagetype", "volumeType"} & lines.keys() == set()


def test_price_lists_are_counted_with_their_rates() -> None:
    assert price_words.versions_line([version("x"), version("x")]) == "2 price lists, 6 rates"
