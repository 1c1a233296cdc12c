"""Which day a key speaks of."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3nav.model.errors import UsageError
from s3nav.transfer.selection.key_dates import KNOWN_PATTERNS, DatePattern, Days, find_pattern

DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31))
PATTERNS = st.sampled_from(KNOWN_PATTERNS)
TEXT = st.text("ab/-_.=019", max_size=12)


@pytest.mark.parametrize("text", ["%q", "%m/%d", "%Y/%d", "", "2026", "%Y%"])
def test_a_pattern_that_says_no_day_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        DatePattern.parse(text)

    assert caught.value.reference == "bad-date-pattern"


@pytest.mark.parametrize(
    ("pattern", "key"),
    [
        ("%Y%m%d", "a/120261120"),
        ("%Y%m%d", "a/202611201"),
        ("%Y-%m-%d", "a/2026-02-30"),
        ("%Y-%m-%d", "a/2026-13-01"),
        ("dt=%Y-%m-%d", "a/2026-11-20"),
        ("%Y%j", "2026366"),
        ("%Y/%m/%d", "2026/1/5"),
        ("%Y/%m/%d", ""),
    ],
)
def test_a_key_without_a_day_of_the_calendar_has_none(pattern: str, key: str) -> None:
    assert DatePattern.parse(pattern).days_of(key) is None


@pytest.mark.parametrize(
    ("pattern", "key", "first", "last"),
    [
        ("%Y%m%d", "fills/hourly/20251107/8.lz4", "2025-11-07", "2025-11-07"),
        ("%Y/%m/%d", "a/2026/11/20/b", "2026-11-20", "2026-11-20"),
        ("%Y/%m/%d/%H", "a/2026/11/20/05/b", "2026-11-20", "2026-11-20"),
        ("dt=%Y-%m-%d", "a/dt=2026-11-20/b", "2026-11-20", "2026-11-20"),
        ("year=%Y/month=%m/day=%d", "year=2026/month=02/day=28/x", "2026-02-28", "2026-02-28"),
        ("%Y-%m", "a/2024-02/b", "2024-02-01", "2024-02-29"),
        ("%Y", "a/2024/b", "2024-01-01", "2024-12-31"),
        ("%Y%j", "a/2024060", "2024-02-29", "2024-02-29"),
        ("%Y-%m-%d", "2026-02-30/2026-03-01", "2026-03-01", "2026-03-01"),
        ("%Y/%Y%m%d", "2025/20260101 2026/20260102", "2026-01-02", "2026-01-02"),
        ("100%%/%Y", "100%/2024", "2024-01-01", "2024-12-31"),
    ],
)
def test_a_key_speaks_of_days(pattern: str, key: str, first: str, last: str) -> None:
    days = Days(first=date.fromisoformat(first), last=date.fromisoformat(last))

    assert DatePattern.parse(pattern).days_of(key) == days


@given(PATTERNS, DAYS)
def test_what_strftime_writes_is_read_back(text: str, day: date) -> None:
    found = DatePattern.parse(text).days_of(f"logs/{day.strftime(text)}/x")

    assert found == Days(first=day, last=day)


@given(PATTERNS, TEXT, DAYS, TEXT, TEXT)
def test_below_a_directory_that_holds_a_date_every_key_has_that_date(
    text: str, before: str, day: date, after: str, below: str
) -> None:
    pattern = DatePattern.parse(text)
    directory = f"{before}{day.strftime(text)}{after}/"
    days = pattern.days_of(directory)

    if days is not None:
        assert pattern.days_of(directory + below) == days


@given(PATTERNS, st.lists(DAYS, min_size=1, max_size=5))
def test_the_pattern_of_dated_keys_finds_their_days(text: str, days: list[date]) -> None:
    keys = [f"logs/{day.strftime(text)}/{number}.gz" for number, day in enumerate(days)]

    pattern = DatePattern.parse(find_pattern(keys))

    assert [pattern.days_of(key) for key in keys] == [Days(first=d, last=d) for d in days]


def test_most_keys_decide() -> None:
    keys = ["2026/11/20/a-20260101", "b-20260102", "c-20260103", "readme"]

    assert find_pattern(keys) == "%Y%m%d"


def test_without_dates_there_is_no_pattern() -> None:
    assert find_pattern(["a", "b/123456789"]) == find_pattern([]) == ""


@pytest.mark.parametrize(
    ("start", "end", "meets"),
    [
        (None, None, True),
        (date(2026, 2, 28), None, True),
        (date(2026, 3, 1), None, False),
        (None, date(2026, 2, 1), True),
        (None, date(2026, 1, 31), False),
    ],
)
def test_a_month_meets_a_range_it_touches(
    start: date | None, end: date | None, meets: bool
) -> None:
    february = Days(first=date(2026, 2, 1), last=date(2026, 2, 28))

    assert february.meet(start, end) is meets
