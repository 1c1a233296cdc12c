"""The order of the queue: move a job up, down, to the top or to the bottom."""

from collections.abc import Callable
from enum import StrEnum

from s3nav.model.errors import NotFoundError, UsageError
from s3nav.model.events import JobState
from s3nav.transfer.journal.journal_rows import JobRow

_ENDED = frozenset({JobState.DONE, JobState.CANCELLED})


class Direction(StrEnum):
    """Where a job is moved."""

    UP = "up"
    DOWN = "down"
    TOP = "top"
    BOTTOM = "bottom"


def mover(job_id: str, direction: Direction) -> Callable[[list[JobRow]], list[JobRow]]:
    """A change of the queue for `Journal.reorder`.

    Jobs that have ended keep their places and are passed over. Raises NotFoundError and UsageError
    when there is no such job, or it has ended.
    """

    def arrange(rows: list[JobRow]) -> list[JobRow]:
        found = next((row for row in rows if row.record.job_id == job_id), None)
        if found is None:
            raise NotFoundError(
                f"no job `{job_id}`", remedy="`s3nav --headless jobs list` lists them"
            )
        if found.record.state in _ENDED:
            raise UsageError(
                f"job `{job_id}` is {found.record.state}: it has no turn to wait for",
                slug="job-ended",
            )
        places = [i for i, row in enumerate(rows) if row.record.state not in _ENDED]
        waiting = [rows[i] for i in places]
        _move(waiting, found, direction)
        arranged = list(rows)
        for place, row in zip(places, waiting, strict=True):
            arranged[place] = row
        return arranged

    return arrange


def place_of(rows: list[JobRow], job_id: str) -> tuple[int, int]:
    """Which place a job has among those that have not ended, from 1, and how many they are."""
    waiting = [row.record.job_id for row in rows if row.record.state not in _ENDED]
    return waiting.index(job_id) + 1, len(waiting)


def _move(waiting: list[JobRow], found: JobRow, direction: Direction) -> None:
    at = waiting.index(found)
    to = {
        Direction.UP: max(0, at - 1),
        Direction.DOWN: at + 1,
        Direction.TOP: 0,
        Direction.BOTTOM: len(waiting),
    }[direction]
    waiting.insert(to, waiting.pop(at))
