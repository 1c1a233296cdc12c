"""Show the progress of a running job, and decide its exit code when it ends."""

from typing import TYPE_CHECKING

from s3nav.cli.program import CommandLine
from s3nav.model.errors import PartialFailureError, S3NavError, UnavailableError
from s3nav.model.events import Event, ItemFailed, JobProgress, JobState
from s3nav.present.transfers import lost_line, progress_line
from s3nav.transfer import JobReport

if TYPE_CHECKING:  # a dry run loads no engine
    from s3nav.transfer import Transfers

TICK_S = 0.1
FAILURES_SHOWN = 20


class JobWatcher:
    """Reports one job's events as they arrive."""

    def __init__(self, line: CommandLine, transfers: "Transfers", job_id: str) -> None:
        self._line = line
        self._transfers = transfers
        self._job_id = job_id
        self._kind = transfers.job(job_id).kind
        self._failures = 0
        self._said_lost = False
        self._exit_codes: set[int] = set()
        self._subscription = line.session.stream.subscribe()
        self._ascii_only = line.narration.is_ascii or line.session.settings.ascii_icons

    def follow(self) -> None:
        """Report events until the job ends or pauses."""
        ended = False
        while not ended:
            ended = self._transfers.wait(self._job_id, TICK_S)
            for event in self._subscription.drain().events:
                self._report(event)
        self._line.narration.end_progress()

    def close(self) -> None:
        """Unsubscribe from events."""
        self._line.session.stream.unsubscribe(self._subscription)

    def problem(self, report: JobReport) -> S3NavError | None:
        """Return the error that decides the exit code; None if no file failed."""
        job = self._transfers.job(self._job_id)
        resume_hint = f"`{self._line.as_headless()}` resumes it"
        stopped_by = self._transfers.problem(self._job_id)
        if stopped_by is not None:
            return stopped_by
        if job.state in {JobState.PAUSED, JobState.CANCELLED}:
            return PartialFailureError(
                f"stopped: {job.reason or job.state.value}", remedy=resume_hint
            )
        if report.failed == 0:
            return None
        failed = f"{report.failed} of {report.total_files} files failed"
        if report.failed == report.total_files and len(self._exit_codes) == 1:
            return _of_kind(
                self._exit_codes.pop(), f"all {report.failed} files failed", resume_hint
            )
        return PartialFailureError(
            failed, remedy=f"{resume_hint}; `s3nav --headless jobs show {self._job_id}` lists them"
        )

    @property
    def may_succeed_later(self) -> bool:
        """True if every failure of this run was an unavailable S3, so a later run may succeed."""
        return self._exit_codes == {UnavailableError.exit_code}

    def _report(self, event: Event) -> None:
        match event:
            case JobProgress(job_id=self._job_id):
                if event.lost_files and not self._said_lost:
                    self._said_lost = True
                    self._line.narration.say(lost_line(event.lost_files))
                self._line.narration.progress(
                    progress_line(event, ascii_only=self._ascii_only, kind=self._kind)
                )
            case ItemFailed(job_id=self._job_id):
                self._failures += 1
                self._exit_codes.add(event.exit_code)
                if self._failures <= FAILURES_SHOWN:
                    self._line.narration.say(_failure(event))
                elif self._failures == FAILURES_SHOWN + 1:
                    self._line.narration.say("… and more")
            case _:  # `problem` reports the end of the job
                pass


def _failure(event: ItemFailed) -> str:
    """The line for a failed item; a message that does not name the object gets its name."""
    named = event.source in event.message
    message = event.message if named else f"{event.source}: {event.message}"
    return f"failed[{event.slug}]: {message}"


def _of_kind(exit_code: int, message: str, remedy: str) -> S3NavError:
    """The error with that exit code, for items that all failed with it."""
    kinds = {kind.exit_code: kind for kind in S3NavError.__subclasses__()}
    return kinds.get(exit_code, PartialFailureError)(message, remedy=remedy)
