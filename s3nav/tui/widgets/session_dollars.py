"""The dollars of the session: priced beside the UI, once a second, when something was asked."""

from textual.widget import Widget

from s3nav.model.errors import S3NavError
from s3nav.model.request_counts import UsageBook
from s3nav.present.formatting import Span, total
from s3nav.pricing import Bill
from s3nav.tui.ask import ask
from s3nav.tui.ports import CockpitSession

PRICED_EVERY_S = 1.0


class SessionDollars(Widget):
    """Not seen itself; the header says its words."""

    DEFAULT_CSS = "SessionDollars { display: none; }"

    def __init__(self, session: CockpitSession) -> None:
        super().__init__()
        self._session = session
        self._priced: UsageBook = {}
        self.spans: list[Span] = []
        """``session $0.0031``; empty while nothing was asked."""

    def on_mount(self) -> None:
        """Look from now on."""
        self.set_interval(PRICED_EVERY_S, self.price)

    def price(self) -> None:
        """Price what was asked since, if anything."""
        book = self._session.meter.all()
        if book == self._priced:
            return

        def priced(bill: Bill) -> None:
            self._priced = book
            self.spans = [("session ", "dim"), (f"{total(bill)}  ", "")]

        ask(self, lambda: self._session.estimator().download(book), priced, _later, group="price")


def _later(_error: S3NavError) -> None:
    """The next look tries again."""
