"""Subscribers get every fact, the newest progress, and the number of what was dropped."""

import threading

from s3nav.model.events import (
    ItemFailed,
    JobProgress,
    JobState,
    JobStateChanged,
    QueueReordered,
    ScanProgress,
)
from s3nav.model.stream import EventStream, Subscription


def progress(done: int, job: str = "j") -> JobProgress:
    return JobProgress(job_id=job, state=JobState.RUNNING, done_files=done)


def test_a_subscription_keeps_every_fact_and_the_newest_progress() -> None:
    subscription = Subscription()
    started = JobStateChanged(job_id="j", state=JobState.RUNNING)
    for event in (progress(1), started, progress(2), progress(9, "k"), QueueReordered()):
        subscription.offer(event)

    drained = subscription.drain()

    assert drained.events == (started, QueueReordered(), progress(2), progress(9, "k"))
    assert (drained.dropped, subscription.drain().events) == (0, ())


def test_scans_of_two_prefixes_are_two_subjects() -> None:
    subscription = Subscription()
    scans = [
        ScanProgress(
            bucket="b", prefix=p, objects=1, size_bytes=1, requests=1, complete=False, elapsed_s=1.0
        )
        for p in ("x/", "y/")
    ]
    for scan in scans:
        subscription.offer(scan)

    assert subscription.drain().events == tuple(scans)


def test_a_slow_reader_gets_the_number_of_dropped_facts() -> None:
    subscription = Subscription(facts_kept=2)
    failures = [
        ItemFailed(job_id="j", source=f"s3://b/{n}", slug="x", message="") for n in range(5)
    ]
    for failure in failures:
        subscription.offer(failure)

    drained = subscription.drain()

    assert (drained.events, drained.dropped) == (tuple(failures[3:]), 3)


def test_a_waiting_reader_is_woken_and_a_drained_one_waits() -> None:
    stream = EventStream()
    subscription = stream.subscribe()
    assert not subscription.wait(0)
    publisher = threading.Thread(target=stream.publish, args=(progress(1),))
    publisher.start()

    assert subscription.wait(50)
    publisher.join(50)
    subscription.drain()
    assert not subscription.wait(0)


def test_a_closed_subscription_gets_nothing_more() -> None:
    stream = EventStream()
    kept, closed = stream.subscribe(), stream.subscribe()
    stream.unsubscribe(closed)
    stream.unsubscribe(closed)

    stream.publish(progress(1))

    assert (len(kept.drain().events), len(closed.drain().events)) == (1, 0)
