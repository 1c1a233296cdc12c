"""The side panel of the queue: what the job under the cursor costs and does."""

from collections.abc import Callable
from typing import TypeVar

from textual.app import ComposeResult
from textual.containers import Vertical

from s3nav.model.errors import S3NavError
from s3nav.present.formatting import Icons, number_of, safe_text
from s3nav.present.transfers import job_cost_facts, job_facts, plan_cost_facts
from s3nav.pricing import Bill
from s3nav.transfer import JobUsage, Preview
from s3nav.tui.ask import ask
from s3nav.tui.bridge import JobView
from s3nav.tui.panes.transfers.planned_downloads import PlannedDownload
from s3nav.tui.ports import CockpitSession
from s3nav.tui.widgets.facts import Facts

T = TypeVar("T")
PRICED_EVERY_S = 1.0
NOTHING = "the cost of the job under the cursor, or of a download that is being listed"


class EstimatePanel(Facts):
    """What a job costs. Prices it in a thread: at once for another job, then once a second."""

    def __init__(self, session: CockpitSession, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._session = session
        self._price: Callable[[], None] | None = None
        self._shown: object = None

    def on_mount(self) -> None:
        """Price again once a second."""
        self.show("Estimate", note=(NOTHING, "dim"))
        self.set_interval(PRICED_EVERY_S, self._renew)

    def look_at_nothing(self) -> None:
        """Show that no job is under the cursor."""
        if self._shown is not None:
            self._shown = self._price = None
            self.show("Estimate", note=(NOTHING, "dim"))

    def look_at_plan(self, title: str, preview: Preview) -> None:
        """Show the cost of a download whose objects are being listed."""

        def price() -> None:
            book = preview.asked
            text = f"{safe_text(title)}, {number_of(preview.total_files, 'object')} so far"
            self._ask(
                lambda: self._session.estimator().download(book),
                lambda b: plan_cost_facts(b, book, self._style),
                text,
            )

        self._look(preview, price)

    def look_at_job(self, job_id: str, title: str) -> None:
        """Show the cost of a job."""

        def price() -> None:
            self._ask(
                lambda: self._bills(job_id),
                lambda bills: job_cost_facts(*bills, self._style),
                safe_text(title),
            )

        self._look(job_id, price)

    def _look(self, what: object, price: Callable[[], None]) -> None:
        if self._shown != what:
            self._shown, self._price = what, price
            price()

    def _renew(self) -> None:
        if self._price is not None and self.display:
            self._price()

    @property
    def _style(self) -> str:
        return self._session.settings.size_format

    def _bills(self, job_id: str) -> tuple[JobUsage, Bill, Bill]:
        usage, estimator = self._session.transfers().usage(job_id), self._session.estimator()
        pays = usage.requester_pays
        return (
            usage,
            estimator.download(usage.planned, requester_pays=pays),
            estimator.download(usage.made, requester_pays=pays),
        )

    def _ask(
        self, call: Callable[[], T], facts: Callable[[T], list[tuple[str, str]]], title: str
    ) -> None:
        shown = self._shown

        def priced(found: T) -> None:
            if self._shown == shown:
                self.show(f"Estimate: {title}", facts(found))

        def failed(error: S3NavError) -> None:
            if self._shown == shown:
                self.show(f"Estimate: {title}", note=(safe_text(error.message), "bad"))

        ask(self, call, priced, failed, group="estimate")


class JobSide(Vertical):
    """The estimate above, facts of the job below."""

    def __init__(self, session: CockpitSession, icons: Icons, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._session = session
        self._icons = icons

    def compose(self) -> ComposeResult:
        """The estimate, then the job."""
        yield EstimatePanel(self._session, id="estimate")
        yield Facts(id="job")

    def show_job(self, view: JobView | None) -> None:
        """Show the facts of a job; None if none is under the cursor."""
        panel = self.query_one("#job", Facts)
        if view is None:
            panel.show("Job", note=("the state of the job under the cursor", "dim"))
            return
        title, facts = job_facts(
            view.record,
            view.progress,
            samples=view.samples,
            last_failure=view.last_failure,
            icons=self._icons,
            size_style=self._session.settings.size_format,
        )
        panel.show(title, facts)

    def show_estimate(self, planned: PlannedDownload | None, view: JobView | None) -> None:
        """Show the cost of a download that is being listed, else of the job."""
        panel = self.query_one(EstimatePanel)
        if planned is not None:
            panel.look_at_plan(planned.title, planned.preview)
        elif view is not None:
            panel.look_at_job(view.record.job_id, view.record.title)
        else:
            panel.look_at_nothing()
