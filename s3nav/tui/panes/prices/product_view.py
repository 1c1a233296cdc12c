"""Show the product under the cursor: facts, tiers, and what a quantity costs."""

from collections.abc import Callable
from decimal import Decimal

from s3nav.model.errors import S3NavError
from s3nav.present import price_status as price_words
from s3nav.present.formatting import digits
from s3nav.pricing import ProductPage, RegionPrice, cost, parse_quantity, shares
from s3nav.tui.ask import ask
from s3nav.tui.panes.pane import Pane
from s3nav.tui.ports import CockpitSession
from s3nav.tui.widgets.facts import Facts
from s3nav.tui.widgets.tier_table import TierTable

RESTED_AFTER_S = 0.12
"""The cursor must rest this long before a product is read."""


class ProductView:
    """Reads a product in a thread, and shows it in the widgets of the pane."""

    def __init__(
        self, pane: Pane, session: CockpitSession, *, under_cursor: Callable[[], int | None]
    ) -> None:
        self._pane = pane
        self._session = session
        self._under_cursor = under_cursor
        self.page: ProductPage | None = None
        """The product shown last; it stays until another one is read."""
        self.regions: list[RegionPrice] = []
        """The same product in every region."""
        self.quantity = ""
        """The quantity that the user typed."""

    def cursor_moved(self) -> None:
        """Read the product under the cursor when the cursor rests on it."""
        product_id = self._under_cursor()
        if product_id is None:
            return

        def read() -> None:
            if self._under_cursor() == product_id:
                ask(
                    self._pane,
                    lambda: self._read(product_id),
                    self._show,
                    self._pane.report,
                    group="prices-page",
                )

        self._pane.set_timer(RESTED_AFTER_S, read)

    def price(self, quantity: str) -> None:
        """Show what a quantity costs."""
        self.quantity = quantity.strip()
        self._show_tiers()

    def _read(self, product_id: int) -> tuple[ProductPage, list[RegionPrice]]:
        catalogue = self._session.prices().catalogue
        page = catalogue.product(product_id)
        return page, catalogue.regions(page)

    def _show(self, read: tuple[ProductPage, list[RegionPrice]]) -> None:
        self.page, self.regions = read
        title, facts = price_words.product_facts(*read)
        self._pane.query_one("#product", Facts).show(title, facts)
        self._show_tiers()

    def _show_tiers(self) -> None:
        page = self.page
        term = next((each for each in page.price_tiers if each.tiers), None) if page else None
        widget = self._pane.query_one(TierTable)
        if page is None or term is None:
            widget.show("no price" if page else "", ())
            return
        title = price_words.tiers_title(page, term)
        if not self.quantity:
            widget.show(title, term.tiers, answer=("n: what does N cost?", ""))
            return
        question = f"n: what does {self.quantity} cost?"
        try:
            amount: Decimal = parse_quantity(self.quantity, term.unit)
        except S3NavError as error:
            widget.show(title, term.tiers, answer=(question, f"{error.message}, {error.remedy}"))
            return
        total = f"{digits(cost(term.tiers, amount))} {term.currency}"
        shared = shares(term.tiers, amount)
        widget.show(title, term.tiers, shares=shared, answer=(question, total))
