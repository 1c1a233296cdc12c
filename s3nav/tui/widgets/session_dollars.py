"""The cost of the session: priced once a second in a thread, if requests were made."""

from textual.widget import Widget

from s3nav.model.errors import S3NavError
from s3nav.model.request_counts import UsageBook
from s3nav.present.formatting import Span, total
from s3nav.pricing import Bill
from s3nav.tui.ask import ask
from s3nav.tui.ports import CockpitSession

PRICED_EVERY_S = 1.0


class SessionDollars(Widget):
    """An invisible widget; the header shows its spans."""

    DEFAULT_CSS = "SessionDollars { display: none; }"

    def __init__(self, session: CockpitSession) -> None:
        super().__init__()
        self._session = session
        self._priced: UsageBook = {}
        self.spans: list[Span] = []
        """``session $0.0031``; empty until a request was made."""

    def on_mount(self) -> None:
        """Start to price once a second."""
        self.set_interval(PRICED_EVERY_S, self.price)

    def price(self) -> None:
        """Price the requests, if there are new ones."""
        book = self._session.meter.all()
        if book == self._priced:
            return

        def priced(bill: Bill) -> None:
            self._priced = book
            self.spans = [("session ", "dim"), (f"{total(bill)}  ", "")]

        ask(
            self,
            lambda: self._session.estimator().download(book),
            priced,
            _retry,
            group="price",
        )


def _retry(_error: S3NavError) -> None:
    """Do nothing: the price is computed again in a second."""
