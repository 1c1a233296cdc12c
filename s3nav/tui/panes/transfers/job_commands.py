"""What the user can do with a job of the queue, and which keys a state allows."""

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
    """Passes commands to the queue of a job in a thread, then calls `done`.

    If the state of the job forbids a command, it shows why.
    """

    def __init__(self, pane: Pane, session: CockpitSession, *, done: Callable[[], None]) -> None:
        self._pane = pane
        self._session = session
        self._done = done

    def pause_or_resume(self, record: JobRecord) -> None:
        """Pause a running job, or resume one with work left."""
        if record.state is JobState.RUNNING:
            self._run(record, lambda: self._session.transfers().pause(record.job_id))
        elif record.state in RESUMABLE:
            self._run(record, lambda: self._session.transfers().resume(record.job_id))
        else:
            self._pane.explain_why_not("the job has ended; r retries what failed")

    def cancel(self, record: JobRecord) -> None:
        """Cancel the job."""
        if record.state.is_final:
            self._pane.explain_why_not("the job has ended")
        else:
            self._run(record, lambda: self._session.transfers().cancel(record.job_id))

    def retry(self, record: JobRecord) -> None:
        """Retry failed files, or those that a cancelled job has left."""
        if record.state in RETRIABLE:
            self._run(record, lambda: self._session.transfers().resume(record.job_id))
        else:
            self._pane.explain_why_not("no file of this job has failed")

    def move(self, record: JobRecord, direction: Direction) -> None:
        """Move the job in the queue."""
        self._run(record, lambda: self._session.transfers().move(record.job_id, direction))

    def clear_ended(self) -> None:
        """Forget ended jobs; files on disk stay."""

        def cleared(number: int) -> None:
            self._pane.notify(
                f"{count(number)} ended jobs forgotten; their files stay", markup=False
            )
            self._done()

        ask(self._pane, self._forget_ended, cleared, self._pane.report, group="command")

    def _forget_ended(self) -> int:
        """Remove what cancelled uploads left at S3 first: only the journal knows of it."""
        transfers = self._session.transfers()
        transfers.remove_leftovers()
        return transfers.clear_done()

    def _run(self, record: JobRecord, call: Callable[[], object]) -> None:
        group = f"command-{record.job_id}"
        ask(self._pane, call, lambda _: self._done(), self._pane.report, group=group)
