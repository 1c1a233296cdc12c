"""The top job gets two thirds of the turns, and no job starves."""

from collections import Counter
from dataclasses import dataclass

from s3nav.transfer.download.scheduler import FairQueue


@dataclass(frozen=True)
class Job:
    job_number: int
    has_work: bool = True


def turns_of(*jobs: Job) -> FairQueue[Job]:
    turns = FairQueue[Job]()
    for job in jobs:
        turns.append(job)
    return turns


def served(turns: FairQueue[Job], times: int) -> Counter[int]:
    """Who gets the turns when those with work take what they are asked for."""
    return Counter(
        next(job.job_number for job in turns.next() if job.has_work) for _ in range(times)
    )


def test_a_job_alone_gets_every_turn() -> None:
    assert served(turns_of(Job(1)), 30) == {1: 30}


def test_the_highest_gets_two_turns_of_three_and_the_others_share_the_third() -> None:
    assert served(turns_of(Job(1), Job(2), Job(3)), 60) == {1: 40, 2: 10, 3: 10}


def test_what_the_highest_cannot_use_goes_to_the_others() -> None:
    turns = turns_of(Job(1, has_work=False), Job(2), Job(3))

    shares = served(turns, 60)

    assert set(shares) == {2, 3}
    assert min(shares.values()) >= 10


def test_the_order_of_the_queue_says_who_is_highest_and_strangers_come_last() -> None:
    turns = turns_of(Job(1), Job(2), Job(3))

    turns.order([3, 1])

    assert [job.job_number for job in turns] == [3, 1, 2]
    assert served(turns, 60)[3] == 40


def test_the_others_all_get_their_turn_after_one_has_left() -> None:
    first, second, third, fourth = jobs = [Job(number) for number in range(1, 5)]
    turns = turns_of(*jobs)
    served(turns, 7)
    turns.remove(third)

    shares = served(turns, 60)

    assert len(turns) == 3
    assert shares == {first.job_number: 40, second.job_number: 10, fourth.job_number: 10}
