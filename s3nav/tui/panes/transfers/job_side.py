"""The side of the queue: what the job under the cursor costs and does."""

from textual.app import ComposeResult
from textual.containers import Vertical

from s3nav.present.formatting import Icons
from s3nav.present.transfers import job_facts
from s3nav.tui.bridge import JobView
from s3nav.tui.panes.transfers.estimate_panel import EstimatePanel
from s3nav.tui.panes.transfers.planned_downloads import PlannedDownload
from s3nav.tui.ports import CockpitSession
from s3nav.tui.widgets.facts import Facts


class JobSide(Vertical):
    """The estimate above, the facts of the job below."""

    def __init__(self, session: CockpitSession, icons: Icons, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._session = session
        self._icons = icons

    def compose(self) -> ComposeResult:
        """Estimate, then job."""
        yield EstimatePanel(self._session, id="estimate")
        yield Facts(id="job")

    def show_job(self, view: JobView | None) -> None:
        """The facts of a job; None when none is under the cursor."""
        panel = self.query_one("#job", Facts)
        if view is None:
            panel.show("Job", note=("what the job under the cursor does", "dim"))
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
        """The cost of what is being listed, else of the job."""
        panel = self.query_one(EstimatePanel)
        if planned is not None:
            panel.look_at_plan(planned.title, planned.preview)
        elif view is not None:
            panel.look_at_job(view.record.job_id, view.record.title)
        else:
            panel.look_at_nothing()
