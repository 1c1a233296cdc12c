"""Tasks run in order, with a limit per group, and the last task ends every thread."""

import threading

from s3nav.scrape.engines.native_engine import QueryScheduler

A, B = ("sqs", "eu-west-1"), ("sqs", "us-east-1")


def test_tasks_without_a_group_run_last() -> None:
    schedule: QueryScheduler[str] = QueryScheduler(per_group=2)
    schedule.add_last("look up")
    schedule.add(A, "query")

    assert [schedule.take(), schedule.take()] == [(A, "query"), (None, "look up")]


def test_a_full_group_waits_and_other_groups_go_on() -> None:
    schedule: QueryScheduler[str] = QueryScheduler(per_group=1)
    for group, task in ((A, "first"), (A, "second"), (B, "other")):
        schedule.add(group, task)
    schedule.add_last("look up")

    taken = [schedule.take() for _ in range(3)]

    assert taken == [(A, "first"), (B, "other"), (None, "look up")]
    schedule.finish(A)
    assert schedule.take() == (A, "second")


def test_groups_take_turns() -> None:
    schedule: QueryScheduler[int] = QueryScheduler(per_group=2)
    for number in (1, 2):
        schedule.add(A, number)
    schedule.add(B, 3)

    assert [schedule.take() for _ in range(3)] == [(A, 1), (B, 3), (A, 2)]


def test_a_paused_group_is_skipped_and_comes_back() -> None:
    schedule: QueryScheduler[str] = QueryScheduler(per_group=1)
    schedule.pause(A, 0.05)
    schedule.add(A, "paused")
    schedule.add(B, "other")

    assert [schedule.take(), schedule.take()] == [(B, "other"), (A, "paused")]


def test_it_ends_when_the_last_task_is_finished_without_another() -> None:
    schedule: QueryScheduler[str] = QueryScheduler(per_group=1)
    schedule.add(A, "only")
    assert schedule.take() is not None
    ended: list[object] = []
    waiting = threading.Thread(target=lambda: ended.append(schedule.take()))
    waiting.start()

    schedule.finish(A)

    waiting.join(50)
    assert ended == [None]


def test_a_task_added_before_finish_is_handed_out() -> None:
    schedule: QueryScheduler[str] = QueryScheduler(per_group=1)
    schedule.add(A, "parent")
    schedule.take()
    schedule.add(A, "child")
    schedule.finish(A)

    assert schedule.take() == (A, "child")


def test_a_stopped_schedule_hands_out_nothing() -> None:
    schedule: QueryScheduler[str] = QueryScheduler(per_group=1)
    schedule.add(A, "task")
    schedule.stop()

    assert schedule.take() is None
