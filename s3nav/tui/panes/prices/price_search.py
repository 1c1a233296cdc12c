"""Pane 4, first half: search, the product under the cursor, and what N of it cost."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from s3nav.model.errors import S3NavError
from s3nav.model.events import Event
from s3nav.present.formatting import digits
from s3nav.pricing import (
    ProductPage,
    RegionPrice,
    SearchResult,
    Versions,
    cost,
    parse_quantity,
    shares,
)
from s3nav.tui.actions import Place
from s3nav.tui.ask import ask
from s3nav.tui.panes.pane import FILTER_SIGN, Pane
from s3nav.tui.panes.prices import price_status as price_words
from s3nav.tui.panes.prices.price_fetch import PriceFetch
from s3nav.tui.panes.prices.price_rows import hit_rows
from s3nav.tui.ports import CockpitSession
from s3nav.tui.widgets.facts import Facts
from s3nav.tui.widgets.icons import Icons
from s3nav.tui.widgets.line import Line
from s3nav.tui.widgets.prompt import Prompt
from s3nav.tui.widgets.row_table import RowTable
from s3nav.tui.widgets.tier_ladder import TierLadder

HITS_SHOWN = 300
TYPED_AFTER_S = 0.06
"""A pause this long between keys is worth a search."""
RESTED_AFTER_S = 0.12
"""The cursor rests this long before a product is read."""
Layer = Literal["products", "facets", "regions", "changes"]


class PriceSearchPane(Pane):
    """Products, and over them what they divide into, their regions, or a version's changes."""

    def __init__(self, session: CockpitSession, icons: Icons, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._session = session
        self._icons = icons
        self._fetch = PriceFetch(self, session)
        self._versions: Versions | None = None
        self._query = ""
        self._narrowed: dict[str, str] = {}
        self._found: SearchResult | None = None
        self._layer: Layer = "products"
        self._page: ProductPage | None = None
        self._regions: list[RegionPrice] = []
        self._quantity = ""
        self._wanted = 0

    def compose(self) -> ComposeResult:
        """Search, rows with the side panel, ladder, status, prompt."""
        yield Line(id="search")
        with Horizontal():
            yield RowTable(
                hit_rows(SearchResult(hits=(), total=0, is_cut=False)), icons=self._icons
            )
            with Vertical(id="price-side"):
                yield Facts(id="product")
                yield Facts(id="facets")
        yield TierLadder(ascii_only=self._icons.is_ascii)
        yield from self.foot()

    def on_mount(self) -> None:
        """Say what is going on before anything is known."""
        self.table.say(price_words.LOADING)
        self._show_search()

    def on_unmount(self) -> None:
        """A fetch must not keep the program alive."""
        self._fetch.stop()

    @property
    def place(self) -> Place:
        """See Pane."""
        return Place.PRICES

    def enter(self) -> None:
        """Read the catalogue when the pane is first seen: other panes need none."""
        super().enter()
        if self._versions is None:
            self.refresh_place()

    def refresh_place(self) -> None:
        """See Pane."""
        ask(self, self._read, self._know, self._cannot, group="prices-versions")

    def take(self, events: Sequence[Event]) -> None:
        """A running fetch says how far it is."""
        if self._fetch.is_running:
            self.show_status()

    def close_overlay(self) -> bool:
        """Rows over the products first, then the search, then what was narrowed."""
        if self.prompt.is_open and self.prompt.sign != FILTER_SIGN:
            self.prompt.close()
        elif not self.prompt.is_open and self._layer != "products":
            self._show_products()
        elif self._query or self.prompt.is_open:
            self.prompt.close()
            self._look_for("")
        elif self._narrowed:
            self._narrowed.popitem()
            self._look_for(self._query)
        else:
            return super().close_overlay()
        return True

    def show_status(self) -> None:
        """How many products; a running fetch before all."""
        if self._fetch.is_running:
            self.set_status([(f"{self._fetch.line}  ", "accent"), ("x stops", "dim")])
            return
        said = price_words.status_line(self._found)
        if self._layer != "products" and self._page is not None:
            said = f"{self._layer} of {self._page.hit.usage_type or self._page.hit.sku} · esc back"
        self.set_status([(said, "dim")])

    # Search

    def on_row_table_filter_asked(self) -> None:
        """``/`` searches here: all prices, not only the rows shown."""
        self.action_search()

    def action_search(self) -> None:
        """Type what to look for."""
        self._show_products()
        hint = "glacier retrieval ireland, m5.large windows, a SKU…"
        self.prompt.open(FILTER_SIGN, text=self._query, hint=hint)

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        """Search while typing."""
        event.stop()
        if event.sign != FILTER_SIGN:
            return
        self._wanted += 1
        wanted, text = self._wanted, event.text

        def search() -> None:
            if wanted == self._wanted:
                self._look_for(text)

        self.set_timer(TYPED_AFTER_S, search)

    def open_search(self, query: str, narrowed: Mapping[str, str]) -> None:
        """Look for what was typed on the command line, as soon as prices are read."""
        self._query, self._narrowed = query, dict(narrowed)
        self._look_for(query)

    def _look_for(self, query: str) -> None:
        self._wanted += 1  # what was typed before and waits for its turn is out of date
        self._query = query
        self._show_search()
        if self._versions is None or not self._versions.all:
            return
        narrowed = dict(self._narrowed)
        ask(
            self,
            lambda: self._session.prices().catalogue.search(
                query, narrowed=narrowed, limit=HITS_SHOWN
            ),
            self._take_found,
            self._cannot,
            group="prices-search",
        )

    def _take_found(self, found: SearchResult) -> None:
        self._found = found
        self.query_one("#facets", Facts).show("Facets", price_words.facet_facts(found),
                                              note=("f narrows", "dim"))  # fmt: skip
        self._show_products()

    def _show_products(self) -> None:
        self._layer = "products"
        if self._found is not None:
            self.table.show(hit_rows(self._found))
            self.table.say(price_words.NOTHING)
        self.show_status()

    def _show_search(self) -> None:
        versions = self._versions.current() if self._versions else []
        self.query_one("#search", Line).show(
            price_words.search_line(self._query, self._narrowed),
            price_words.freshness(versions, self.now()),
        )

    # The product under the cursor

    def on_row_grid_moved(self) -> None:
        """Read the product once the cursor rests."""
        self._wanted_page(self._current_id())

    def _current_id(self) -> int | None:
        row = self.table.cursor_row
        return None if row is None or self._layer != "products" else int(self.table.source.key(row))

    def _wanted_page(self, product_id: int | None) -> None:
        if product_id is None:
            return

        def read() -> None:
            if self._current_id() == product_id:
                ask(self, lambda: self._read_page(product_id), self._take_page, self.tell,
                    group="prices-page")  # fmt: skip

        self.set_timer(RESTED_AFTER_S, read)

    def _read_page(self, product_id: int) -> tuple[ProductPage, list[RegionPrice]]:
        catalogue = self._session.prices().catalogue
        page = catalogue.product(product_id)
        return page, catalogue.regions(page)

    def _take_page(self, read: tuple[ProductPage, list[RegionPrice]]) -> None:
        self._page, self._regions = read
        title, facts = price_words.product_facts(*read)
        self.query_one("#product", Facts).show(title, facts)
        self._show_ladder()

    def _show_ladder(self) -> None:
        page = self._page
        ladder = next((each for each in page.price_tiers if each.tiers), None) if page else None
        widget = self.query_one(TierLadder)
        if page is None or ladder is None:
            widget.show("no price that can be read" if page else "", ())
            return
        title = price_words.ladder_title(page, ladder)
        if not self._quantity:
            widget.show(title, ladder.tiers, answer=("n: what does N cost?", ""))
            return
        question = f"n: what does {self._quantity} cost?"
        try:
            amount: Decimal = parse_quantity(self._quantity, ladder.unit)
        except S3NavError as error:
            widget.show(title, ladder.tiers, answer=(question, f"{error.message}, {error.remedy}"))
            return
        total = f"{digits(cost(ladder.tiers, amount))} {ladder.currency}"
        shared = shares(ladder.tiers, amount)
        widget.show(title, ladder.tiers, shares=shared, answer=(question, total))

    # The catalogue

    def _read(self) -> Versions:
        return self._session.prices().catalogue.versions()

    def _know(self, versions: Versions) -> None:
        self._versions = versions
        self.set_class(not versions.all, "-empty")
        self._show_search()
        if versions.all:
            self._look_for(self._query)
        else:
            self.table.say(price_words.EMPTY)
            self.show_status()

    def _cannot(self, error: S3NavError) -> None:
        self.table.say(self.problem_notice(error))
