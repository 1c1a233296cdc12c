import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3nav.browse.scans.scan_records import merged, missing, share_by_reference
from s3nav.model.objects import KeySpan

EDGES = st.text(alphabet="abc", max_size=3)


@st.composite
def spans(draw: st.DrawFn) -> list[KeySpan]:
    found = []
    for _ in range(draw(st.integers(0, 6))):
        after = draw(EDGES)
        upto = draw(st.one_of(st.none(), EDGES))
        found.append(KeySpan(after=after, upto=upto))
    return found


def holds(all_spans: list[KeySpan], key: str) -> bool:
    return any(s.after < key and (s.upto is None or key <= s.upto) for s in all_spans)


@given(spans(), st.text(alphabet="abc", min_size=1, max_size=4))
def test_each_key_is_either_listed_or_missing(listed: list[KeySpan], key: str) -> None:
    assert holds(merged(listed), key) == holds(listed, key)
    assert holds(missing(listed), key) != holds(listed, key)


@given(spans())
def test_merged_spans_are_in_order_and_do_not_touch(listed: list[KeySpan]) -> None:
    found = merged(listed)

    for one, other in itertools.pairwise(found):
        assert one.upto is not None
        assert one.upto < other.after


def test_an_earlier_scan_knows_better_where_the_keys_are() -> None:
    ends = [("a/1", 1000), ("a/2", 1000), ("b/1", 1000), ("z", 1000)]

    assert share_by_reference([KeySpan(after="", upto="a/2")], ends) == pytest.approx(0.25)
    assert share_by_reference([KeySpan(after="", upto="b/2")], ends) == pytest.approx(0.75)
    assert share_by_reference([KeySpan()], ends) == 1
    assert share_by_reference([KeySpan()], []) is None
