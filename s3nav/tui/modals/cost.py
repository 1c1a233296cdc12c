"""The dialog that lists a selection as its download would, and shows what it costs."""

from threading import Event as Flag

import msgspec
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from s3nav.model.errors import S3NavError
from s3nav.present.cockpit_hints import explained
from s3nav.present.formatting import bill_facts, dollars, number_of, prices_line, size, total
from s3nav.pricing import Bill, ClassTotals
from s3nav.transfer import PlanStoppedError, Preview, Selection
from s3nav.tui.ask import ask
from s3nav.tui.modals.modal import Modal
from s3nav.tui.ports import CockpitSession

LOOK_EVERY_S = 0.2
NAME_CELLS = 14


class _Costs(msgspec.Struct, frozen=True, kw_only=True):
    """The bills for the download, and for a month of storage."""

    fetch: Bill
    keep: Bill


class CostModal(Modal[None]):
    """Writes nothing and fetches no object. Closing it stops the listing."""

    def __init__(self, session: CockpitSession, selection: Selection, words: str) -> None:
        super().__init__()
        self._session = session
        self._selection = selection
        self._words = words
        self._preview = Preview()
        self._stopped = Flag()
        self._is_over = False

    def compose(self) -> ComposeResult:
        """What is selected, and what it costs."""
        with VerticalScroll(classes="box") as box:
            box.border_title = "cost"
            box.border_subtitle = "esc close"
            yield Static(self._words, markup=False)
            yield Static("")
            yield Static("listing…", id="costs", markup=False)

    def on_mount(self) -> None:
        """List and price in a thread; show the progress."""
        self.set_interval(LOOK_EVERY_S, self._look)
        ask(self.query_one("#costs", Static), self._price, self._show, self._fail, group="cost")

    def on_unmount(self) -> None:
        """Stop listing: its result can no longer be shown."""
        self._stopped.set()

    def _price(self) -> _Costs:
        totals_by_class: dict[tuple[str, str], ClassTotals] = {}
        pages = self._session.plan_reader().read(
            self._selection, self._preview, is_stopped=self._stopped.is_set
        )
        for items in pages:
            for item in items:
                totals_by_class.setdefault((item.bucket, item.storage_class), ClassTotals()).put(
                    item.size_bytes
                )
            if self._stopped.is_set():
                raise PlanStoppedError("the dialog was closed")
        estimator = self._session.estimator()
        pays = self._selection.requester_pays
        return _Costs(
            fetch=estimator.download(self._preview.asked, requester_pays=pays),
            keep=estimator.storage(totals_by_class),
        )

    def _in_units(self, size_bytes: int) -> str:
        return size(size_bytes, self._session.settings.size_format)

    def _look(self) -> None:
        if not self._is_over:
            preview = self._preview
            found = number_of(preview.total_files, "object")
            much = self._in_units(preview.total_bytes)
            self.query_one("#costs", Static).update(f"listing… {found}, {much} so far")

    def _show(self, costs: _Costs) -> None:
        self._is_over = True
        preview, bill = self._preview, costs.fetch
        fetched = self._in_units(preview.fetch_bytes)
        lines = [
            ("to fetch", f"{number_of(preview.fetch_files, 'object')}, {fetched}"),
            *([("skipped", number_of(preview.skip_files, "object"))] * bool(preview.skip_files)),
            *bill_facts(bill),
        ]
        content = Content("\n").join(
            [
                *(Content(f"{name:<{NAME_CELLS}} {value}") for name, value in lines),
                Content(""),
                Content.styled(f"{'download':<{NAME_CELLS}} {total(bill)}", "bold"),
                Content(f"{'storage':<{NAME_CELLS}} {dollars(costs.keep.total_usd)} a month"),
                Content(""),
                Content.styled(prices_line(bill), "$text-muted"),
            ]
        )
        self.query_one("#costs", Static).update(content)

    def _fail(self, error: S3NavError) -> None:
        self._is_over = True
        if not isinstance(error, PlanStoppedError):
            self.query_one("#costs", Static).update("\n".join(explained(error)))
