"""The order of the queue: kept in the journal, respected by the engine, changed while it runs."""

import pytest

from s3nav.model.errors import NotFoundError, UsageError
from s3nav.model.events import QueueReordered
from s3nav.transfer import Direction, Transfers
from tests.support.waiting import eventually
from tests.unit.transfer.conftest import Bench
from tests.unit.transfer.hooks import Gate

FILES = 60


def queue_of(bench: Bench, transfers: Transfers, *buckets: str) -> list[str]:
    for bucket in buckets:
        bench.store.put(bucket, "k", b"x")
    return [transfers.plan(bench.selection(bucket)).job_id for bucket in buckets]


def order(transfers: Transfers) -> list[str]:
    return [job.job_id for job in transfers.jobs()]


@pytest.mark.parametrize(
    ("moved", "direction", "expected"),
    [
        (2, Direction.UP, "acbd"),
        (2, Direction.TOP, "cabd"),
        (1, Direction.DOWN, "acbd"),
        (1, Direction.BOTTOM, "acdb"),
        (0, Direction.UP, "abcd"),
        (3, Direction.DOWN, "abcd"),
        (0, Direction.TOP, "abcd"),
        (3, Direction.BOTTOM, "abcd"),
    ],
)
def test_a_job_moves_where_it_is_told_and_the_journal_remembers(
    bench: Bench, moved: int, direction: Direction, expected: str
) -> None:
    transfers = bench.transfers()
    jobs = queue_of(bench, transfers, "a-a", "b-b", "c-c", "d-d")

    place, number = transfers.move(jobs[moved], direction)

    letters = dict(zip(jobs, "abcd", strict=True))
    assert "".join(letters[job_id] for job_id in order(transfers)) == expected
    assert (place, number) == (expected.index("abcd"[moved]) + 1, 4)
    assert order(bench.transfers()) == order(transfers)
    assert QueueReordered() in bench.events


def test_jobs_that_have_ended_keep_their_places_and_are_passed_over(bench: Bench) -> None:
    transfers = bench.transfers()
    first, ended, third = queue_of(bench, transfers, "a-a", "b-b", "c-c")
    transfers.start(ended)
    assert transfers.wait(ended, 50)

    transfers.move(third, Direction.UP)

    assert order(transfers) == [third, ended, first]
    with pytest.raises(UsageError, match="is done"):
        transfers.move(ended, Direction.TOP)
    with pytest.raises(NotFoundError):
        transfers.move("nobody", Direction.TOP)


def test_a_new_job_comes_last_after_others_were_moved(bench: Bench) -> None:
    transfers = bench.transfers()
    first, second = queue_of(bench, transfers, "a-a", "b-b")
    transfers.move(second, Direction.TOP)

    (third,) = queue_of(bench, transfers, "c-c")

    assert order(transfers) == [second, first, third]


def test_of_jobs_side_by_side_the_highest_gets_two_turns_of_three_and_a_move_changes_it(
    bench: Bench,
) -> None:
    """One worker, so that GETs come in the order in which turns were given."""
    names = ("one", "two", "three")
    for number in range(FILES):
        for name in names:
            bench.store.put(name, f"{name}/{number:03}", b"x")
    gate = bench.store.before = Gate()
    transfers = bench.transfers(parallel=1)
    jobs = {name: transfers.plan(bench.selection(name)).job_id for name in names}
    for job_id in jobs.values():
        transfers.start(job_id)
    assert gate.reached.wait(50)

    transfers.move(jobs["three"], Direction.TOP)
    eventually(lambda: transfers.running_order()[0] == jobs["three"])
    gate.opened.set()
    for job_id in jobs.values():
        assert transfers.wait(job_id, 50)

    gets = [name.partition("/")[0] for verb, name in bench.store.requests if verb == "get"]
    until_top_ended = gets[: len(gets) - gets[::-1].index("three")]
    assert len(gets) == 3 * FILES, "nobody starved"
    # Half as many of the others as of the highest; the first GET was given out before the move.
    assert len(until_top_ended) - FILES == pytest.approx(FILES / 2, abs=3)
    assert until_top_ended.count("one") == pytest.approx(until_top_ended.count("two"), abs=2)
