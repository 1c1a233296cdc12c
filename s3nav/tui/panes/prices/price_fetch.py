"""Fetch prices in the background."""

import threading
from collections.abc import Callable, Sequence

from s3nav.model.errors import S3NavError
from s3nav.present.price_words import fetch_line, file_state
from s3nav.pricing import ESTIMATED, FetchProgress, PriceFile, PriceRequest
from s3nav.tui.ask import ask
from s3nav.tui.panes.pane import Pane
from s3nav.tui.ports import CockpitSession

REGION_SIGN = "@"
SUGGESTED = " ".join(ESTIMATED)


class PriceFetch:
    """One fetch at a time, with its progress."""

    def __init__(self, pane: Pane, session: CockpitSession) -> None:
        self._pane = pane
        self._session = session
        self._newest: FetchProgress | None = None
        self._stop = threading.Event()
        self.is_running = False

    @property
    def line(self) -> str:
        """The progress, for the status line."""
        return fetch_line(self._newest) if self._newest else "requesting the list of files"

    def start(self, request: PriceRequest, done: Callable[[], None]) -> None:
        """Start a fetch; `done` is called on the UI thread when it ends or fails."""
        self._newest, self.is_running = None, True
        self._stop.clear()
        prices = self._session.prices()

        def fetch() -> list[PriceFile]:
            return prices.download(request, progress=self._note, is_cancelled=self._stop.is_set)

        def fetched(files: list[PriceFile]) -> None:
            self.is_running = False
            self._report(files)
            done()

        def failed(error: S3NavError) -> None:
            self.is_running = False
            self._pane.report(error)
            done()

        ask(self._pane, fetch, fetched, failed, group="prices-fetch")

    def stop(self) -> None:
        """Stop at the next safe point."""
        self._stop.set()

    def _note(self, progress: FetchProgress) -> None:
        self._newest = progress

    def _report(self, files: Sequence[PriceFile]) -> None:
        problems = [file.problem for file in files if file.problem is not None]
        if problems:
            self._pane.report(problems[0])
            return
        states = [file_state(file) for file in files]
        text = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
        self._pane.notify(text, title="prices", markup=False, timeout=5)


def parse_price_request(text: str) -> PriceRequest:
    """Parse ``AmazonS3 AmazonEC2 @eu-west-1``: services, and regions after an ``@``."""
    words = text.replace(",", " ").split()
    return PriceRequest(
        services=tuple(word for word in words if not word.startswith(REGION_SIGN)),
        regions=tuple(word[1:] for word in words if word.startswith(REGION_SIGN) and word[1:]),
    )
