"""Parts cover an object once, and parts already stored are not fetched again."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from s3nav.transfer.planning.plan_preview import cut, missing


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
