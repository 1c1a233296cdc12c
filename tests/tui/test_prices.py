from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from s3nav.persistence import Database
from s3nav.pricing import Prices, load_config
from s3nav.pricing.index.offer_index import OfferIndex
from s3nav.pricing.index.price_schema import MIGRATIONS
from s3nav.tui.app import Cockpit
from s3nav.tui.modals.problem import ProblemModal
from s3nav.tui.panes.prices import price_search
from s3nav.tui.panes.prices.price_fetch import parse_price_request
from s3nav.tui.widgets.facts import Facts
from s3nav.tui.widgets.line import Line
from s3nav.tui.widgets.tier_table import TierTable
from tests.support.fake_session import FakeSession
from tests.support.price_files import small_list, storage_offer
from tests.support.price_list import PriceList
from tests.tui.conftest import NOON
from tests.tui.steps import app_of, settle, status, table_lines, table_text, until, until_shown

Open = Callable[[], Cockpit]


@pytest.fixture
def served() -> Iterator[PriceList]:
    with PriceList(small_list()) as prices:
        yield prices


@pytest.fixture
def empty(session: FakeSession, served: PriceList, tmp_path: Path) -> Iterator[Prices]:
    """No prices yet, and a list to fetch them from."""
    config = load_config(
        base_url=served.base_url,
        cache_dir=tmp_path / "cache",
        output_dir=tmp_path / "out",
        max_retries=0,
        default_region="eu-west-1",
    )
    book = session.price_book = Prices(config, tmp_path / "prices.sqlite3", now=lambda: NOON)
    yield book
    book.close()


@pytest.fixture
def filled(empty: Prices, tmp_path: Path) -> Prices:
    """Two regions, and two versions of one of them."""
    database = Database(tmp_path / "prices.sqlite3", MIGRATIONS)
    for region, content in (
        ("us-east-1", storage_offer(price="0.0210000000", version="20260101000000")),
        ("us-east-1", storage_offer()),
        ("eu-west-1", storage_offer("EU-", "eu-west-1", price="0.0240000000")),
    ):
        path = tmp_path / "offer.json"
        path.write_bytes(content)
        OfferIndex(database, now=lambda: NOON).add(path, offer="AmazonS3", region=region)
    database.close()
    return empty


def shown_tiers(pilot: Pilot[int]) -> str:
    widget = app_of(pilot).pane.query_one(TierTable)
    return "\n".join(widget.render_line(y).text.rstrip() for y in range(widget.size.height))


def side(pilot: Pilot[int]) -> dict[str, str]:
    return dict(app_of(pilot).pane.query_one("#product", Facts).facts)


async def go(pilot: Pilot[int], shown: str = "EU-Retrieval-SIA") -> None:
    await pilot.press("4")
    await until_shown(pilot, shown)


@pytest.mark.usefixtures("empty")
async def test_without_prices_the_pane_says_how_to_get_some(cockpit: Open) -> None:
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await go(pilot, "no prices yet")

        assert "d fetches S3's price lists" in table_text(pilot)


@pytest.mark.usefixtures("empty")
async def test_a_misspelt_service_is_a_problem_with_the_nearest(cockpit: Open) -> None:
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await go(pilot, "no prices yet")
        await pilot.press("d", "end", *" AmazonS4", "enter")

        await until(pilot, lambda: isinstance(pilot.app.screen, ProblemModal))


@pytest.mark.usefixtures("empty")
async def test_d_fetches_and_the_rows_appear(cockpit: Open) -> None:
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await go(pilot, "no prices yet")
        await pilot.press("d", "ctrl+u", *"AmazonS3", "enter")

        await until_shown(pilot, "EU-TimedStorage-ByteHrs")
        await until(pilot, lambda: "3 products" in status(pilot))


@pytest.mark.usefixtures("filled")
async def test_typing_searches_every_price(cockpit: Open) -> None:
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await go(pilot)
        await pilot.press("slash", *"retreival us-east")

        await until(pilot, lambda: "EU-Retrieval" not in table_text(pilot))
        await until_shown(pilot, "Retrieval-SIA")
        assert "`retreival` not found: searched for `retrieval`" in status(pilot)


@pytest.mark.usefixtures("filled")
async def test_nothing_found_says_so_and_escape_brings_all_back(cockpit: Open) -> None:
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await go(pilot)
        await pilot.press("s", *"qqqq", "enter")
        await until_shown(pilot, "no product has all these words")

        await pilot.press("escape")

        await until_shown(pilot, "EU-Retrieval-SIA")


@pytest.mark.usefixtures("filled")
async def test_escape_wins_over_a_search_that_still_waits_for_the_typist(
    cockpit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await go(pilot)
        await pilot.press("s", "q")
        await until_shown(pilot, "no product has all these words")
        monkeypatch.setattr(price_search, "TYPED_AFTER_S", 0.5)

        await pilot.press("q", "escape")
        await settle(pilot)

        assert "EU-Retrieval-SIA" in table_text(pilot)


@pytest.mark.usefixtures("filled")
async def test_the_side_says_in_plain_words_what_the_product_is(cockpit: Open) -> None:
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await go(pilot)
        await pilot.press("s", *"storeeu", "enter")
        await until(pilot, lambda: side(pilot).get("SKU") == "STOREeu-west-1")

        assert side(pilot)["what it is"] == "storing in Standard, for a month"
        assert side(pilot)["elsewhere"] == "us-east-1 0.023 (−4.2 %)"


@pytest.mark.usefixtures("filled")
async def test_n_says_what_a_quantity_costs_in_the_tiers(cockpit: Open) -> None:
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await go(pilot)
        await pilot.press("s", *"storeus", "enter")
        await until(pilot, lambda: "51,200 – 512,000" in shown_tiers(pilot))

        await pilot.press("n", *"600TiB", "enter")

        await until(pilot, lambda: "13465.6 USD" in shown_tiers(pilot))
        assert "102400 here: 2150.4" in shown_tiers(pilot)


@pytest.mark.usefixtures("filled")
async def test_an_invalid_quantity_shows_an_example(cockpit: Open) -> None:
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await go(pilot)
        await pilot.press("n", *"lots", "enter")

        await until(pilot, lambda: "`lots` is not a quantity" in shown_tiers(pilot))


@pytest.mark.usefixtures("filled")
async def test_facets_narrow_and_escape_widens(cockpit: Open) -> None:
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await go(pilot)
        await pilot.press("f")
        await until_shown(pilot, "PRODUCTS")
        rows = table_lines(pilot)
        at = next(n for n, line in enumerate(rows) if "us-east-1" in line)
        await pilot.press(*["j"] * (at - 1), "enter")

        await until(pilot, lambda: "3 products" in status(pilot))
        assert "us-east-1" in app_of(pilot).pane.query_one("#search", Line).text
        await pilot.press("escape")
        await until(pilot, lambda: "6 products" in status(pilot))


@pytest.mark.usefixtures("filled")
async def test_c_compares_regions_and_shift_d_versions(cockpit: Open) -> None:
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await go(pilot)
        await pilot.press("s", *"storeus", "enter")
        await until(pilot, lambda: side(pilot).get("SKU") == "STOREus-east-1")
        await pilot.press("c")
        await until_shown(pilot, "+4.3 %")

        await pilot.press("D")

        await until_shown(pilot, "~ changed")
        assert "+9.5 %" in table_text(pilot)
        await pilot.press("escape")
        await until_shown(pilot, "WHAT IT IS")


def test_a_price_request_is_services_and_regions() -> None:
    request = parse_price_request("AmazonS3, AmazonEC2 @eu-west-1 @global")

    assert (request.services, request.regions) == (
        ("AmazonS3", "AmazonEC2"),
        ("eu-west-1", "global"),
    )
