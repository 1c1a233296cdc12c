"""Divide a plan file among machines: each object goes to one, balanced by bytes."""

import heapq
import re
from collections.abc import Mapping
from typing import Self

import msgspec

from s3nav.model.errors import UsageError
from s3nav.model.text.quantities import KIB

OBJECT_BYTES = 64 * KIB
"""Added to the size of each object, so that small objects are balanced by their number."""
AUTO = "auto"
_SHARD = re.compile(r"(\d+|auto)(?:/(\d+))?")
_REMEDY = "write --shard 3/8, or `auto` under Kubernetes, AWS Batch or Slurm"


class Shard(msgspec.Struct, frozen=True, kw_only=True):
    """One share of several."""

    index: int
    """From 0."""
    count: int

    def __str__(self) -> str:
        return f"{self.index + 1}/{self.count}"

    @classmethod
    def parse(cls, text: str, environment: Mapping[str, str]) -> Self:
        """Read ``3/8``, ``auto`` or ``auto/8``. Raises UsageError."""
        match = _SHARD.fullmatch(text.strip())
        if match is None:
            raise _bad_shard(f"`{text}` is not a shard")
        count = int(match[2]) if match[2] else None
        if match[1] == AUTO:
            index, known = _place_of(environment)
            count = count or known
        else:
            index = int(match[1]) - 1
        if count is None:
            raise _bad_shard(f"`{text}` lacks the number of shards")
        if not 0 <= index < count:
            raise _bad_shard(f"there is no shard {index + 1} of {count}")
        return cls(index=index, count=count)


class Sharing:
    """Assigns the objects of a plan, in its order, to shards.

    Each object goes to the shard with the least bytes so far, so that shards differ by less than
    the largest object. Every machine computes the same assignment.
    """

    def __init__(self, shard: Shard) -> None:
        self._index = shard.index
        self._loads = [(0, index) for index in range(shard.count)]

    def takes(self, size_bytes: int) -> bool:
        """Whether the next object is in the shard; call it once for each object."""
        load, index = self._loads[0]
        heapq.heapreplace(self._loads, (load + size_bytes + OBJECT_BYTES, index))
        return index == self._index


def _place_of(environment: Mapping[str, str]) -> tuple[int, int | None]:
    """The index of this shard, from 0, and the number of shards if the environment has it."""
    if (text := environment.get("AWS_BATCH_JOB_ARRAY_INDEX")) is not None:
        return _number(text), _count(environment.get("AWS_BATCH_JOB_ARRAY_SIZE"))
    if (text := environment.get("SLURM_ARRAY_TASK_ID")) is not None:
        first = _number(environment.get("SLURM_ARRAY_TASK_MIN", "0"))
        step = _number(environment.get("SLURM_ARRAY_TASK_STEP", "1")) or 1
        return (_number(text) - first) // step, _count(environment.get("SLURM_ARRAY_TASK_COUNT"))
    if (text := environment.get("JOB_COMPLETION_INDEX")) is not None:
        return _number(text), None  # Kubernetes sets no number of completions
    raise _bad_shard("the environment has no shard index")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise _bad_shard(f"`{text}` in the environment is not a number")
    return int(text)


def _count(text: str | None) -> int | None:
    return None if text is None else _number(text)


def _bad_shard(message: str) -> UsageError:
    return UsageError(message, remedy=_REMEDY, slug="bad-shard")
