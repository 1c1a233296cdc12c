"""Give a plan up in the middle: nothing of it is kept."""

from collections.abc import Callable

from s3nav.model.errors import EXIT_INTERRUPTED, S3NavError


class PlanStoppedError(S3NavError):
    """Planning was cancelled; nothing was saved."""

    slug = "plan-stopped"
    exit_code = EXIT_INTERRUPTED

    def __init__(self, message: str = "the plan was stopped; nothing of it is kept") -> None:
        super().__init__(message)


def never() -> bool:
    """Never stopped."""
    return False


def stop_check(is_stopped: Callable[[], bool]) -> Callable[[], None]:
    """A check that raises PlanStoppedError once `is_stopped` says so."""

    def check() -> None:
        if is_stopped():
            raise PlanStoppedError

    return check
