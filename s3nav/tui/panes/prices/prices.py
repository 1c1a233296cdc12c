"""Pane 4: search and fetch prices, and compare regions and versions of a product."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Literal

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from s3nav.model.events import Event
from s3nav.present import price_status as price_words
from s3nav.present.formatting import Icons
from s3nav.pricing import PriceRequest, RateChange, SearchResult, Versions
from s3nav.tui.actions import Group, Place, bindings
from s3nav.tui.ask import ask
from s3nav.tui.panes.pane import FILTER_SIGN, Pane
from s3nav.tui.panes.prices.price_fetch import SUGGESTED, PriceFetch, parse_price_request
from s3nav.tui.panes.prices.price_rows import change_rows, facet_rows, hit_rows, region_rows
from s3nav.tui.panes.prices.price_search import PriceSearch
from s3nav.tui.panes.prices.product_view import ProductView
from s3nav.tui.ports import CockpitSession
from s3nav.tui.widgets.facts import Facts
from s3nav.tui.widgets.line import Line
from s3nav.tui.widgets.prompt import Prompt
from s3nav.tui.widgets.row_table import RowTable
from s3nav.tui.widgets.tier_table import TierTable

QUANTITY_SIGN, FETCH_SIGN = "how many", "fetch"
CHANGES_SHOWN = 5_000
Overlay = Literal["products", "facets", "regions", "changes"]


class PricesPane(Pane):
    """Products, and over them their facets, regions, or the changes of a version."""

    BINDINGS = bindings(Group.PRICES)

    def __init__(self, session: CockpitSession, icons: Icons, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._session = session
        self._icons = icons
        self._fetch = PriceFetch(self, session)
        self._search = PriceSearch(self, session, changed=self._show_search, found=self._show_found)
        self._product = ProductView(self, session, under_cursor=self._product_id)
        self._overlay: Overlay = "products"

    def compose(self) -> ComposeResult:
        """Search, rows with the side panel, tiers, status, prompt."""
        yield Line(id="search")
        with Horizontal():
            yield RowTable(
                hit_rows(SearchResult(hits=(), total=0, is_cut=False)), icons=self._icons
            )
            with Vertical(id="price-side"):
                yield Facts(id="product")
                yield Facts(id="facets")
        yield TierTable(ascii_only=self._icons.is_ascii)
        yield from self.foot()

    def on_mount(self) -> None:
        """Show that prices are being read."""
        self.table.say(price_words.LOADING)
        self._show_search()

    def on_unmount(self) -> None:
        """Stop a fetch: it must not keep the program alive."""
        self._fetch.stop()

    @property
    def place(self) -> Place:
        """See Pane."""
        return Place.PRICES

    def unfinished(self) -> Sequence[str]:
        """See Pane."""
        line = "Prices are being fetched: complete files are kept, the others are dropped."
        return (line,) if self._fetch.is_running else ()

    def enter(self) -> None:
        """See Pane; read the catalogue when the pane is first shown, as other panes need none."""
        super().enter()
        if self._search.versions is None:
            self.refresh_place()

    def refresh_place(self) -> None:
        """See Pane."""
        ask(self, self._read, self._show_versions, self.show_problem, group="prices-versions")

    def _read(self) -> Versions:
        """Called in a thread, because the first call opens the price index."""
        return self._session.prices().catalogue.versions()

    def handle_events(self, events: Sequence[Event]) -> None:
        """Show the progress of a fetch."""
        if self._fetch.is_running:
            self.show_status()

    def close_overlay(self) -> bool:
        """See Pane; close the overlay of the products first, then the search, then facets."""
        if self.prompt.is_open and self.prompt.sign != FILTER_SIGN:
            self.prompt.close()
        elif not self.prompt.is_open and self._overlay != "products":
            self._show_products()
        elif self.prompt.is_open:
            self.prompt.close()
            self._search.search("")
        else:
            return self._search.widen() or super().close_overlay()
        return True

    def show_status(self) -> None:
        """Show the progress of a fetch, else how many products are shown."""
        if self._fetch.is_running:
            self.set_status([(f"{self._fetch.line}  ", "accent"), ("x stops", "dim")])
            return
        words, page = price_words.status_line(self._search.found), self._product.page
        if self._overlay != "products" and page is not None:
            words = f"{self._overlay} of {page.hit.usage_type or page.hit.sku} · esc back"
        self.set_status([(words, "dim")])

    def _show_versions(self, versions: Versions) -> None:
        self._search.versions = versions
        self.set_class(not versions.all, "-empty")
        self._show_search()
        if versions.all:
            self._search.again()
        else:
            self.table.say(price_words.EMPTY)
            self.show_status()

    # Search

    def open_search(self, query: str, narrowed: Mapping[str, str]) -> None:
        """Search for what was typed on the command line, as soon as prices are read."""
        self._search.open(query, narrowed)

    def on_row_table_filter_asked(self) -> None:
        """Search all prices: here ``/`` does not filter only the rows shown."""
        self.action_search()

    def action_search(self) -> None:
        """Ask what to search for."""
        self._show_products()
        hint = "glacier retrieval ireland, m5.large windows, a SKU…"
        self.prompt.open(FILTER_SIGN, text=self._search.query, hint=hint)

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        """Search while the user types."""
        event.stop()
        if event.sign == FILTER_SIGN:
            self._search.typed(event.text)

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        """Search, price a quantity, or fetch."""
        if event.sign == FILTER_SIGN:
            event.stop()
            self._search.search(event.text)
        elif event.sign == QUANTITY_SIGN:
            event.stop()
            self._product.price(event.text)
        elif event.sign == FETCH_SIGN:
            event.stop()
            self._start(parse_price_request(event.text))

    def _show_found(self, found: SearchResult) -> None:
        note: tuple[str, Literal["dim"]] = ("f narrows", "dim")
        facts = price_words.facet_facts(found)
        self.query_one("#facets", Facts).show("Facets", facts, note=note)
        self._show_products()

    def _show_products(self) -> None:
        self._overlay = "products"
        if self._search.found is not None:
            self.table.show(hit_rows(self._search.found))
            self.table.say(price_words.NOTHING)
        self.show_status()

    def _show_search(self) -> None:
        versions = self._search.versions.current() if self._search.versions else []
        self.query_one("#search", Line).show(
            price_words.search_line(self._search.query, self._search.narrowed),
            price_words.freshness(versions, self.now()),
        )

    def on_row_table_moved(self) -> None:
        """Read the product when the cursor rests."""
        self._product.cursor_moved()

    def _product_id(self) -> int | None:
        row = self.table.cursor_row
        is_product = row is not None and self._overlay == "products"
        return int(self.table.view.source.key(row or 0)) if is_product else None

    # Keys

    def action_open(self) -> None:
        """Narrow by the facet under the cursor; among products, show or hide the side panel."""
        row = self.table.cursor_row
        if self._overlay != "facets" or row is None:
            self.toggle_class("-details")
            return
        facet, _, value = self.table.view.source.key(row).partition("\0")
        self._search.toggle(facet, value)

    def on_row_table_opened(self) -> None:
        """Handle a double click like enter."""
        self.action_open()

    def action_narrow(self) -> None:
        """Show the facets of the products."""
        if self._search.found is not None:
            self._overlay = "facets"
            self.table.show(facet_rows(self._search.found, self._search.narrowed, self._icons))
            self.set_status([("enter narrows or widens · esc back", "dim")])

    def action_regions(self) -> None:
        """Show the product in every region."""
        if self._product.page is not None and self._product.regions:
            self._overlay = "regions"
            self.table.show(region_rows(self._product.regions, self._icons))
            self.show_status()

    def action_changes(self) -> None:
        """Show what the newest version of the product's price list changed."""
        if self._product.page is None:
            return
        version = self._product.page.version

        def read() -> list[RateChange]:
            found = self._session.prices().catalogue.diff(version.offer, version.region)
            return list(islice(found[2], CHANGES_SHOWN))

        ask(self, read, self._show_changes, self.report, group="prices-diff")

    def _show_changes(self, changes: list[RateChange]) -> None:
        self._overlay = "changes"
        self.table.show(change_rows(changes))
        self.table.say(price_words.NO_CHANGES)
        self.show_status()

    def action_quantity(self) -> None:
        """Ask for a quantity, and show what it costs."""
        self.prompt.open(QUANTITY_SIGN, text=self._product.quantity, hint="5TiB, 1.5M, 720…")

    def action_yank(self) -> None:
        """Copy the SKU."""
        if self._product.page is not None:
            self.copy(self._product.page.hit.sku)

    def action_fetch(self) -> None:
        """Ask which services to fetch."""
        if self._fetch.is_running:
            self.notify("a fetch is running; x stops it", severity="warning", markup=False)
            return
        hint = "services, and regions as @eu-west-1; empty for every service"
        self.prompt.open(FETCH_SIGN, text=SUGGESTED, hint=hint)

    def action_stop(self) -> None:
        """Stop fetching."""
        self._fetch.stop()

    def _start(self, request: PriceRequest) -> None:
        self._fetch.start(request, self.refresh_place)
        self.show_status()
