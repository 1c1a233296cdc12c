"""Hand what was typed on the command line to the panes that can show it."""

from textual.screen import Screen

from s3nav.present.cockpit_opening import Opening
from s3nav.tui.panes.buckets import BucketsPane
from s3nav.tui.panes.pane import Pane
from s3nav.tui.panes.prices import PricesPane
from s3nav.tui.panes.scrapes import ScrapesPane


def hand_over(base: Screen[object], opening: Opening, first_pane: str) -> None:
    """Tell panes before they ask for anything; searches and counts wait until they know enough."""
    front = opening.overlay if opening.overlay in {"scan", "history"} else first_pane
    base.query_one(f"#{front}", Pane).dropped = opening.dropped
    if opening.pane == "prices" and (opening.search or opening.narrowed):
        prices = base.query_one(PricesPane)
        prices.call_later(prices.open_search, opening.search, opening.narrowed)
    if opening.pane == "scrapes":
        base.query_one(ScrapesPane).wanted_search = opening.search
    if opening.pane == "buckets" and opening.place is None:
        base.query_one(BucketsPane).counts_when_listed = opening.counts


def opening_words(opening: Opening) -> str:
    """What a dialog says of a selection that was typed."""
    return f"with {opening.filters}" if opening.filters else "as typed on the command line"
