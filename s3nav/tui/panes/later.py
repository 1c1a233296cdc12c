"""Pane 5: what it will hold, said plainly until it does."""

from textual.app import ComposeResult

from s3nav.tui.actions import Place
from s3nav.tui.panes.pane import Pane
from s3nav.tui.widgets.facts import Facts

SCRAPES = (
    "Scrapes",
    (
        ("runs", "every inventory taken of an account, with what was denied or failed"),
        ("tree", "account, region, service, operation, resource; the JSON at the right"),
        ("compare", "two runs: added, gone, changed, and unknown where a query failed"),
    ),
    "Scraping an account comes after prices. Until then, 2 shows what its buckets hold.",
)


class LaterPane(Pane):
    """A pane that is announced, not empty."""

    def __init__(
        self,
        place: Place,
        words: tuple[str, tuple[tuple[str, str], ...], str],
        *,
        id: str,  # noqa: A002 - Textual's name for it
    ) -> None:
        super().__init__(id=id)
        self._place = place
        self._words = words

    def compose(self) -> ComposeResult:
        """One block of words."""
        yield Facts()

    def on_mount(self) -> None:
        """Say what will be here."""
        title, facts, note = self._words
        self.query_one(Facts).show(
            f"{title}: not here yet. This pane will hold", facts, note=(note, "dim")
        )

    @property
    def place(self) -> Place:
        """See Pane."""
        return self._place
