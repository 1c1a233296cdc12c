"""Share work slots among jobs: the top job gets more, and every job gets some."""

from collections.abc import Iterator, Sequence
from typing import Generic, Protocol, TypeVar

TOP_OF = 3
"""The top job is asked first in all turns but one of this many."""


class Ranked(Protocol):
    """What has a place in the queue."""

    @property
    def job_number(self) -> int:
        """The job's number in the journal."""
        ...


T = TypeVar("T", bound=Ranked)


class FairQueue(Generic[T]):
    """Running jobs in the order of the queue. The owner's lock guards it.

    A turn is what one free worker takes: a part of a large object, or some small objects. The
    highest job is asked first in two turns of three, the others in the third, one after the other;
    what a job cannot use goes to the next.
    """

    def __init__(self) -> None:
        self._ranked: list[T] = []
        self._turn = 0
        self._other = 0

    def __len__(self) -> int:
        return len(self._ranked)

    def __iter__(self) -> Iterator[T]:
        return iter(self._ranked)

    def append(self, one: T) -> None:
        """Add one at the end."""
        self._ranked.append(one)

    def remove(self, one: T) -> None:
        """Raises ValueError when it is not there."""
        self._ranked.remove(one)

    def order(self, numbers: Sequence[int]) -> None:
        """Follow the queue: job numbers, highest first; those it does not name come last."""
        places = {number: place for place, number in enumerate(numbers)}
        self._ranked.sort(key=lambda one: places.get(one.job_number, len(places)))

    def next(self) -> Sequence[T]:
        """Whom to ask for work now, in this order."""
        if len(self._ranked) < 2:
            return self._ranked
        self._turn = (self._turn + 1) % TOP_OF
        top, others = self._ranked[0], self._ranked[1:]
        if self._turn:
            return [top, *others[self._other % len(others) :], *others[: self._other % len(others)]]
        start = self._other % len(others)
        self._other = start + 1
        return [*others[start:], *others[:start], top]
