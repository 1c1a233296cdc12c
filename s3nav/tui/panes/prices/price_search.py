"""Search the prices while the user types."""

from collections.abc import Callable, Mapping

from s3nav.pricing import SearchResult, Versions
from s3nav.tui.ask import ask
from s3nav.tui.panes.pane import Pane
from s3nav.tui.ports import CockpitSession

HITS_SHOWN = 300
TYPED_AFTER_S = 0.06
"""Search after a pause this long between keys."""


class PriceSearch:
    """One search at a time; a later one replaces it. All calls come from the UI thread.

    `changed` is called when the query or its facets change, `found` with the result.
    """

    def __init__(
        self,
        pane: Pane,
        session: CockpitSession,
        *,
        changed: Callable[[], None],
        found: Callable[[SearchResult], None],
    ) -> None:
        self._pane = pane
        self._session = session
        self._call_changed, self._call_found = changed, found
        self._searches = 0
        """How many searches there were; one that waits is dropped when another follows."""
        self.query = ""
        self.narrowed: dict[str, str] = {}
        """The chosen value of each facet."""
        self.versions: Versions | None = None
        """The fetched price lists; None until they are read."""
        self.found: SearchResult | None = None

    def typed(self, query: str) -> None:
        """Search when the user pauses."""
        self._searches += 1
        number = self._searches

        def search_now() -> None:
            if number == self._searches:
                self.search(query)

        self._pane.set_timer(TYPED_AFTER_S, search_now)

    def search(self, query: str) -> None:
        """Search now, or later if there are no price lists yet."""
        self._searches += 1
        self.query = query
        self._call_changed()
        if self.versions is None or not self.versions.all:
            return
        narrowed = dict(self.narrowed)
        ask(
            self._pane,
            lambda: self._session.prices().catalogue.search(
                query, narrowed=narrowed, limit=HITS_SHOWN
            ),
            self._found,
            self._pane.show_problem,
            group="prices-search",
        )

    def open(self, query: str, narrowed: Mapping[str, str]) -> None:
        """Search for what was typed on the command line."""
        self.narrowed = dict(narrowed)
        self.search(query)

    def again(self) -> None:
        """Repeat the search with other facets or other price lists."""
        self.search(self.query)

    def toggle(self, facet: str, value: str) -> None:
        """Narrow a facet to a value, or widen it if it is narrowed to that value."""
        if self.narrowed.get(facet) == value:
            del self.narrowed[facet]
        else:
            self.narrowed[facet] = value
        self.again()

    def widen(self) -> bool:
        """Drop the query, else the facet chosen last; False if there is neither."""
        if self.query:
            self.search("")
        elif self.narrowed:
            self.narrowed.popitem()
            self.again()
        else:
            return False
        return True

    def _found(self, found: SearchResult) -> None:
        self.found = found
        self._call_found(found)
