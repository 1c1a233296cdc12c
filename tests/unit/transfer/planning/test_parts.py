"""Parts cover an object once, and parts already stored are not fetched again."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3nav.model.text.quantities import MIB
from s3nav.transfer.journal import PlannedItem
from s3nav.transfer.planning.plan_preview import Preview, cut, missing, part_count
from tests.support.memory_limit import memory_limit


@given(st.integers(0, 10**6), st.integers(1, 10**5))
def test_parts_cover_an_object_without_gap_or_overlap(size_bytes: int, part_bytes: int) -> None:
    size_bytes = min(size_bytes, part_bytes * 200)
    spans = cut(size_bytes, part_bytes)

    assert sum(span.length_bytes for span in spans) == size_bytes
    assert all(a.stop == b.start for a, b in itertools.pairwise(spans))
    assert all(0 < span.length_bytes <= part_bytes for span in spans)


@given(st.integers(1, 5000), st.sets(st.integers(0, 50)))
def test_missing_parts_are_those_not_recorded(size_bytes: int, known: set[int]) -> None:
    spans = cut(size_bytes, 100)
    recorded = [(s.start, s.stop) for i, s in enumerate(spans) if i in known]

    left = missing(size_bytes, 100, recorded)

    assert left == [s for i, s in enumerate(spans) if i not in known]


@given(st.integers(0, 10**6), st.integers(1, 10**5))
def test_parts_are_counted_without_cutting(size_bytes: int, part_bytes: int) -> None:
    size_bytes = min(size_bytes, part_bytes * 200)

    assert part_count(size_bytes, part_bytes) == len(cut(size_bytes, part_bytes))


@pytest.mark.parametrize(("objects", "size_bytes"), [(1, 10**15), (1_000, 5 * 10**13)])
def test_an_absurd_size_is_counted_in_little_memory(objects: int, size_bytes: int) -> None:
    item = PlannedItem("bkt", "key", "", size_bytes, "e", 0, "STANDARD", "")
    preview = Preview()

    with memory_limit(64):
        preview.count([item] * objects, 8 * MIB)

    assert preview.get_requests == objects * -(-size_bytes // (8 * MIB))
