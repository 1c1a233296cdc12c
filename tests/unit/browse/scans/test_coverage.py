import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3nav.browse.scans.scan_records import (
    LastPage,
    merged,
    missing,
    share_by_density,
    share_by_reference,
)
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


def page(first: str, last: str, objects: int = 1000) -> LastPage:
    return LastPage(first=first, last=last, objects=objects)


@given(spans(), EDGES, EDGES)
def test_an_estimate_is_never_all_while_something_is_missing(
    listed: list[KeySpan], first: str, last: str
) -> None:
    ends = {span.upto: page(first, last) for span in listed}
    share = share_by_density(listed, ends, 1000, "abc")

    assert share is None or 0 <= share <= 1
    assert (share == 1) == (missing(listed) == [])


def test_nobody_can_tell_how_far_it_is_from_the_beginning_alone() -> None:
    assert share_by_density([], {}, 0, "") is None
    ends: dict[str | None, LastPage] = {"m": page("a", "m")}
    assert share_by_density([KeySpan(after="", upto="m")], ends, 1000, "am") is None


def test_half_of_evenly_spread_keys_is_about_a_half() -> None:
    listed = [KeySpan(after="", upto="logs/299"), KeySpan(after="logs/799", upto=None)]
    ends: dict[str | None, LastPage] = {"logs/299": page("logs/200", "logs/299", 100)}

    share = share_by_density(listed, ends, 500, "/0123456789gols")

    assert share == pytest.approx(0.5, abs=0.15)


def test_a_small_gap_between_much_that_is_listed_is_small() -> None:
    listed = [KeySpan(after="", upto="img/4209/b"), KeySpan(after="img/4210/c", upto=None)]
    ends: dict[str | None, LastPage] = {"img/4209/b": page("img/4100/a", "img/4209/b", 1000)}

    share = share_by_density(listed, ends, 100_000, "/0123456789abcgim")

    assert share is not None
    assert share > 0.95


def test_an_earlier_scan_knows_better_where_the_keys_are() -> None:
    ends = [("a/1", 1000), ("a/2", 1000), ("b/1", 1000), ("z", 1000)]

    assert share_by_reference([KeySpan(after="", upto="a/2")], ends) == pytest.approx(0.25)
    assert share_by_reference([KeySpan(after="", upto="b/2")], ends) == pytest.approx(0.75)
    assert share_by_reference([KeySpan()], ends) == 1
    assert share_by_reference([KeySpan()], []) is None
