"""What the user can do with a job of the queue; each call runs beside the UI."""

from collections.abc import Callable, Mapping

from s3nav.model.events import JobState
from s3nav.present.formatting import count
from s3nav.transfer import Direction, JobRecord
from s3nav.tui.ask import ask
from s3nav.tui.panes.pane import Pane
from s3nav.tui.ports import CockpitSession

RESUMABLE = frozenset({JobState.PAUSED, JobState.PLANNED})
RETRIABLE = frozenset({JobState.FAILED, JobState.CANCELLED})


def labels_for(state: JobState | None) -> Mapping[str, str]:
    """What keys do with a job of this state, where the footer must differ; None for no job."""
    if state in RESUMABLE:
        return {"transfers.pause": "resume", "transfers.retry": ""}
    if state is JobState.RUNNING:
        return {"transfers.retry": ""}
    idle = {"transfers.pause": "", "transfers.cancel": ""}
    if state in RETRIABLE:
        return idle
    idle |= {"transfers.retry": "", "transfers.move_up": ""}
    return idle if state is JobState.DONE else {**idle, "transfers.files": ""}


class JobCommands:
    """Asks the queue, then calls `done`; says why when a job's state forbids it."""

    def __init__(self, pane: Pane, session: CockpitSession, *, done: Callable[[], None]) -> None:
        self._pane = pane
        self._session = session
        self._done = done

    def pause_or_resume(self, record: JobRecord) -> None:
        """Pause a running job, resume one that has work left."""
        if record.state is JobState.RUNNING:
            self._run(record, lambda: self._session.transfers().pause(record.job_id))
        elif record.state in RESUMABLE:
            self._run(record, lambda: self._session.transfers().resume(record.job_id))
        else:
            self._pane.explain_why_not("the job has ended: r tries again what failed")

    def cancel(self, record: JobRecord) -> None:
        """Stop the job for good."""
        if record.state.is_final:
            self._pane.explain_why_not("the job has ended already")
        else:
            self._run(record, lambda: self._session.transfers().cancel(record.job_id))

    def retry(self, record: JobRecord) -> None:
        """Fetch what failed, or what a cancelled job left."""
        if record.state in RETRIABLE:
            self._run(record, lambda: self._session.transfers().resume(record.job_id))
        else:
            self._pane.explain_why_not("nothing failed in this job")

    def move(self, record: JobRecord, direction: Direction) -> None:
        """Give the job another place in the queue."""
        self._run(record, lambda: self._session.transfers().move(record.job_id, direction))

    def clear_ended(self) -> None:
        """Forget ended jobs; their files stay."""

        def cleared(number: int) -> None:
            self._pane.notify(
                f"{count(number)} ended jobs forgotten; their files stay", markup=False
            )
            self._done()

        ask(self._pane, self._forget_ended, cleared, self._pane.report, group="order")

    def _forget_ended(self) -> int:
        """What cancelled uploads left at S3 is removed first: only the journal knows of it."""
        transfers = self._session.transfers()
        transfers.remove_leftovers()
        return transfers.clear_done()

    def _run(self, record: JobRecord, call: Callable[[], object]) -> None:
        group = f"order-{record.job_id}"
        ask(self._pane, call, lambda _: self._done(), self._pane.report, group=group)
