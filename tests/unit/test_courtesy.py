import threading
import time

from s3nav.model.courtesy import LONGEST_S, Courtesy


def test_a_hurry_that_nobody_ends_holds_work_up_only_once_and_not_for_long() -> None:
    courtesy = Courtesy()
    courtesy.ask()

    begun = time.monotonic()
    courtesy.give_way()
    waited_s = time.monotonic() - begun
    courtesy.give_way()

    assert LONGEST_S / 2 < waited_s < LONGEST_S + 5
    assert time.monotonic() - begun - waited_s < LONGEST_S / 2 + 5


def test_nobody_waits_while_nobody_is_in_a_hurry() -> None:
    courtesy = Courtesy()
    courtesy.ask()
    courtesy.thank()

    begun = time.thread_time()
    for _ in range(1000):
        courtesy.give_way()

    assert time.thread_time() - begun < 1


def test_all_who_wait_go_on_when_they_are_thanked() -> None:
    courtesy = Courtesy()
    gone = threading.Semaphore(0)

    def work() -> None:
        courtesy.give_way()
        gone.release()

    courtesy.ask()
    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    courtesy.thank()

    assert all(gone.acquire(timeout=10) for _ in workers)
    for worker in workers:
        worker.join()
