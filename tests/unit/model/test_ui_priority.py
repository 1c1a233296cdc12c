import threading
from collections.abc import Callable

from s3nav.model.waits import UiPriority
from tests.support.waiting import DEADLINE_S, eventually

FOR_EVER_S = 3000.0


class Looks:
    """A clock that stands still, and counts who looks at it."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> float:
        self.count += 1
        return 0.0


def started(work: Callable[[], None], number: int) -> list[threading.Thread]:
    threads = [threading.Thread(target=work, daemon=True) for _ in range(number)]
    for thread in threads:
        thread.start()
    return threads


def test_a_hurry_that_nobody_ends_holds_work_up_only_once_and_not_for_ever() -> None:
    clock = Looks()
    priority = UiPriority(max_wait_s=0.01, clock=clock)
    priority.request()
    asked = clock.count

    priority.yield_to_ui()
    held_up = clock.count
    priority.yield_to_ui()

    assert held_up > asked, "it waited for what is left of the moment"
    assert clock.count == held_up, "it did not wait again"


def test_nobody_waits_while_nobody_is_in_a_hurry() -> None:
    clock = Looks()
    priority = UiPriority(max_wait_s=FOR_EVER_S, clock=clock)
    priority.request()
    priority.release()
    asked = clock.count

    priority.yield_to_ui()

    assert clock.count == asked


def test_a_hurry_that_is_over_holds_nobody_up() -> None:
    moments = iter([0.0, FOR_EVER_S + 1])
    priority = UiPriority(max_wait_s=FOR_EVER_S, clock=lambda: next(moments))
    priority.request()

    priority.yield_to_ui()


def test_all_who_wait_go_on_when_they_are_thanked() -> None:
    clock = Looks()
    priority = UiPriority(max_wait_s=FOR_EVER_S, clock=clock)
    happened: list[str] = []

    def work() -> None:
        priority.yield_to_ui()
        happened.append("went on")

    priority.request()
    asked = clock.count
    workers = started(work, 4)
    eventually(lambda: clock.count == asked + 4)
    happened.append("thanked")
    priority.release()
    for worker in workers:
        worker.join(DEADLINE_S)

    assert happened == ["thanked", *["went on"] * 4]
