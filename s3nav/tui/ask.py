"""Run a short blocking call in a thread, and deliver its result on the UI thread."""

from collections.abc import Callable
from typing import TypeVar

from textual.message import Message
from textual.widget import Widget
from textual.worker import get_current_worker

from s3nav.model.errors import S3NavError
from s3nav.retries import RequestCancelled

Answer = TypeVar("Answer")


class Answered(Message):
    """A call has returned; the app runs `deliver` on the UI thread."""

    def __init__(self, deliver: Callable[[], None]) -> None:
        super().__init__()
        self.deliver = deliver


def ask(
    widget: Widget,
    call: Callable[[], Answer],
    then: Callable[[Answer], None],
    failed: Callable[[S3NavError], None],
    *,
    group: str,
) -> None:
    """Run `call` in a thread, then `then` or `failed` on the UI thread.

    A later call of the same group cancels this one: its result is dropped.
    """

    def run() -> None:
        worker = get_current_worker()
        try:
            answer = call()
        except RequestCancelled:
            return
        except S3NavError as error:
            problem = error
            if not worker.is_cancelled:
                widget.post_message(Answered(lambda: failed(problem)))
            return
        if not worker.is_cancelled:
            widget.post_message(Answered(lambda: then(answer)))

    widget.run_worker(run, thread=True, exclusive=True, group=group)


def is_unwanted() -> bool:
    """Within a call: True if its result will be dropped, so that it may stop."""
    return get_current_worker().is_cancelled


def stop_if_unwanted() -> None:
    """Within a call: raise RequestCancelled if its result will be dropped."""
    if is_unwanted():
        raise RequestCancelled
