"""Sums by storage class are those of counting one by one."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from s3nav.browse.pages.class_totals import class_sums
from s3nav.browse.pages.page_codec import StoredPage

ROWS = st.lists(
    st.tuples(st.integers(0, 300), st.sampled_from(["STANDARD", "STANDARD_IA", "GLACIER"])),
    max_size=30,
)


def test_nothing_has_no_sums() -> None:
    assert class_sums([], 100) == {}


@given(pages=st.lists(ROWS, max_size=4), smaller_than=st.integers(1, 300))
def test_sums_are_those_of_counting_one_by_one(
    pages: list[list[tuple[int, str]]], smaller_than: int
) -> None:
    stored = [
        StoredPage(
            keys=[str(number) for number in range(len(rows))],
            sizes=[size for size, _ in rows],
            modified_s=[0] * len(rows),
            classes=[name for _, name in rows],
        )
        for rows in pages
    ]

    found = class_sums(stored, smaller_than)

    rows = [row for page in pages for row in page]
    assert {name: sums.objects for name, sums in found.items()} == Counter(n for _, n in rows)
    for name, sums in found.items():
        sizes = [size for size, of in rows if of == name]
        small = [size for size in sizes if size < smaller_than]
        assert sums.size_bytes == sum(sizes)
        assert (sums.small_objects, sums.small_bytes) == (len(small), sum(small))
