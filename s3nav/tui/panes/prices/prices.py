"""Pane 4, second half: what the keys do with prices."""

from collections.abc import Sequence
from itertools import islice

from s3nav.present import price_status as price_words
from s3nav.pricing import PriceRequest, RateChange
from s3nav.tui.actions import Group, bindings
from s3nav.tui.ask import ask
from s3nav.tui.panes.pane import FILTER_SIGN
from s3nav.tui.panes.prices.price_fetch import SUGGESTED, parse_price_request
from s3nav.tui.panes.prices.price_rows import change_rows, facet_rows, region_rows
from s3nav.tui.panes.prices.price_search import PriceSearchPane
from s3nav.tui.widgets.prompt import Prompt

QUANTITY_SIGN, FETCH_SIGN = "how many", "fetch"
CHANGES_SHOWN = 5_000


class PricesPane(PriceSearchPane):
    """Narrow, compare, price a quantity, fetch."""

    BINDINGS = bindings(Group.PRICES)

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        """A search is made already; a quantity is priced, a fetch begun."""
        if event.sign == FILTER_SIGN:
            event.stop()
            self._look_for(event.text)
        elif event.sign == QUANTITY_SIGN:
            event.stop()
            self._quantity = event.text.strip()
            self._show_ladder()
        elif event.sign == FETCH_SIGN:
            event.stop()
            self._start(parse_price_request(event.text))

    # What keys do

    def action_open(self) -> None:
        """Take the facet under the cursor, else fold the side panel in or out."""
        row = self.table.cursor_row
        if self._layer != "facets" or row is None:
            self.toggle_class("-details")
            return
        facet, _, value = self.table.source.key(row).partition("\0")
        if self._narrowed.get(facet) == value:
            del self._narrowed[facet]
        else:
            self._narrowed[facet] = value
        self._look_for(self._query)

    def on_row_table_opened(self) -> None:
        """A double click is enter."""
        self.action_open()

    def action_narrow(self) -> None:
        """Show what the products divide into."""
        if self._found is not None:
            self._layer = "facets"
            self.table.show(facet_rows(self._found, self._narrowed, self._icons))
            self.set_status([("enter narrows, and again widens · esc back", "dim")])

    def action_regions(self) -> None:
        """Show the same product in every region."""
        if self._page is not None and self._regions:
            self._layer = "regions"
            self.table.show(region_rows(self._regions, self._icons))
            self.show_status()

    def action_changes(self) -> None:
        """Show what the newest version of this product's list changed."""
        if self._page is None:
            return
        version = self._page.version

        def read() -> list[RateChange]:
            found = self._session.prices().catalogue.diff(version.offer, version.region)
            return list(islice(found[2], CHANGES_SHOWN))

        ask(self, read, self._show_changes, self.tell, group="prices-diff")

    def _show_changes(self, changes: list[RateChange]) -> None:
        self._layer = "changes"
        self.table.show(change_rows(changes))
        self.table.say(price_words.NO_CHANGES)
        self.show_status()

    def action_quantity(self) -> None:
        """Ask how many, and say what they cost."""
        hint = "5TiB, 1.5M, 720…"
        self.prompt.open(QUANTITY_SIGN, text=self._quantity, hint=hint)

    def action_yank(self) -> None:
        """Copy the SKU."""
        if self._page is not None:
            self.copy(self._page.hit.sku)

    def action_fetch(self) -> None:
        """Ask which services to fetch."""
        if self._fetch.is_running:
            self.notify("a fetch is running: x stops it", severity="warning", markup=False)
            return
        hint = "services, and regions as @eu-west-1; empty: every service"
        self.prompt.open(FETCH_SIGN, text=SUGGESTED, hint=hint)

    def unfinished(self) -> Sequence[str]:
        """See Pane."""
        said = "Prices are being fetched: files that are complete stay, the others are dropped."
        return (said,) if self._fetch.is_running else ()

    def action_stop(self) -> None:
        """Stop fetching."""
        self._fetch.stop()

    def _start(self, wish: PriceRequest) -> None:
        self._fetch.start(wish, self.refresh_place)
        self.show_status()
