"""Search the prices while the user types: the query, its facets and what was found."""

from collections.abc import Callable, Mapping

from s3nav.pricing import SearchResult, Versions
from s3nav.tui.ask import ask
from s3nav.tui.panes.pane import Pane
from s3nav.tui.ports import CockpitSession

HITS_SHOWN = 300
TYPED_AFTER_S = 0.06
"""A pause this long between keys is worth a search."""


class PriceSearch:
    """One search at a time; a later one replaces it. All calls come from the UI thread.

    `asked` is called when the query or its facets change, `found` with what was found.
    """

    def __init__(
        self,
        pane: Pane,
        session: CockpitSession,
        *,
        asked: Callable[[], None],
        found: Callable[[SearchResult], None],
    ) -> None:
        self._pane = pane
        self._session = session
        self._call_asked, self._call_found = asked, found
        self._asked = 0
        """Searches so far: what was typed earlier and still waits is out of date."""
        self.query = ""
        self.narrowed: dict[str, str] = {}
        """Facet to value."""
        self.versions: Versions | None = None
        """The price lists that are here; None until they were read."""
        self.found: SearchResult | None = None

    def typed(self, query: str) -> None:
        """Search once the user pauses."""
        self._asked += 1
        asked = self._asked

        def search() -> None:
            if asked == self._asked:
                self.look_for(query)

        self._pane.set_timer(TYPED_AFTER_S, search)

    def look_for(self, query: str) -> None:
        """Search now, or as soon as there are price lists."""
        self._asked += 1
        self.query = query
        self._call_asked()
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
        self.look_for(query)

    def again(self) -> None:
        """Repeat the search with other facets or other price lists."""
        self.look_for(self.query)

    def toggle(self, facet: str, value: str) -> None:
        """Narrow by a value, or by none when it is narrowed by that one already."""
        if self.narrowed.get(facet) == value:
            del self.narrowed[facet]
        else:
            self.narrowed[facet] = value
        self.again()

    def widen(self) -> bool:
        """Drop the query, else the facet chosen last; False when there is neither."""
        if self.query:
            self.look_for("")
        elif self.narrowed:
            self.narrowed.popitem()
            self.again()
        else:
            return False
        return True

    def _found(self, found: SearchResult) -> None:
        self.found = found
        self._call_found(found)
