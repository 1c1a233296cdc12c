"""Waiting for other threads: to their end or their result, never for one that is gone."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Queue

import pytest

from s3nav.model import waits as waiting
from s3nav.model.errors import S3NavError


@pytest.fixture(autouse=True)
def _short_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "SLICE_S", 0.01)
    monkeypatch.setattr(waiting, "IDLE_S", 0.01)


@pytest.fixture
def dead() -> threading.Thread:
    thread = threading.Thread(target=lambda: None, name="s3nav-gone")
    thread.start()
    thread.join(50)
    return thread


def test_the_result_of_a_thread_that_has_ended_without_one_is_an_error(
    dead: threading.Thread,
) -> None:
    with pytest.raises(S3NavError, match="`s3nav-gone` has ended"):
        waiting.result_from(dead, Future())


def test_the_last_result_of_a_thread_that_has_ended_counts(dead: threading.Thread) -> None:
    done: Future[int] = Future()
    done.set_result(7)

    assert waiting.result_from(dead, done) == 7


def test_a_result_is_waited_for_as_long_as_its_thread_lives() -> None:
    done: Future[int] = Future()
    looked = threading.Event()

    class Slow(threading.Thread):
        def is_alive(self) -> bool:
            looked.set()
            return super().is_alive()

    def work() -> None:
        assert looked.wait(50), "the thread is not checked after a slice"
        done.set_result(7)

    thread = Slow(target=work)
    thread.start()

    assert waiting.result_from(thread, done) == 7
    waiting.join(thread)


def test_a_timeout_of_the_work_itself_is_passed_on(dead: threading.Thread) -> None:
    done: Future[int] = Future()
    done.set_exception(TimeoutError("of the work"))

    with pytest.raises(TimeoutError, match="of the work"):
        waiting.result_from(dead, done)


def test_a_full_queue_of_a_thread_that_has_ended_is_an_error(dead: threading.Thread) -> None:
    queue: Queue[int] = Queue(1)
    waiting.put(queue, 1, dead)

    with pytest.raises(S3NavError, match="has ended"):
        waiting.put(queue, 2, dead)


def test_a_thread_that_does_not_end_is_an_error_and_names_it() -> None:
    may_end = threading.Event()
    thread = threading.Thread(target=may_end.wait, args=(50,), name="s3nav-stuck")
    thread.start()

    with pytest.raises(S3NavError, match="`s3nav-stuck` does not end"):
        waiting.join(thread, 0.01)
    may_end.set()
    waiting.join(thread)


def test_work_that_does_not_end_when_asked_is_an_error() -> None:
    with pytest.raises(S3NavError, match="the count does not end"):
        waiting.ended(Future(), 0.01, "the count")


def test_work_of_a_pool_is_yielded_as_it_ends() -> None:
    first_came = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        late = pool.submit(first_came.wait, 50)
        early = pool.submit(lambda: True)
        came = []
        for done in waiting.as_they_end([late, early]):
            came.append(done)
            first_came.set()

    assert came == [early, late]
    assert waiting.result_of(late) is True


def test_an_idle_thread_takes_later_items() -> None:
    queue: Queue[int] = Queue()
    taken: list[int] = []
    thread = threading.Thread(target=lambda: taken.append(waiting.take(queue)))
    thread.start()

    waiting.put(queue, 7, thread)
    waiting.join(thread)

    assert taken == [7]


def test_a_wait_ends_when_its_time_is_up() -> None:
    assert not waiting.wait_while(threading.Condition(), lambda: True, 0.0)


def test_a_wait_without_a_limit_ends_when_nothing_runs() -> None:
    settled, running = threading.Condition(), ["job"]

    def end() -> None:
        with settled:
            running.clear()
            settled.notify_all()

    ending = threading.Thread(target=end)
    ending.start()

    assert waiting.wait_while(settled, lambda: bool(running), None)
    ending.join(50)
    assert waiting.wait_while(settled, lambda: bool(running), 0.0)
