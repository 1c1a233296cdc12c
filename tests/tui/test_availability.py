"""The calendar of the path sets, in the cockpit."""

import threading
from datetime import date, timedelta

import msgspec
import pytest
from textual.pilot import Pilot

from s3nav.browse import count_buckets
from s3nav.model.errors import AccessDeniedError
from s3nav.model.objects import KeyPage, ListRequest
from s3nav.settings import Dataset
from s3nav.tui.actions import Place
from s3nav.tui.app import Cockpit
from s3nav.tui.widgets.heat_map import ASCII_SHADES, SHADES, Calendar, HeatMap
from tests.support.dated_session import dated_session
from tests.support.fake_session import FakeSession
from tests.support.memory_store import failing, silence_after_first_page
from tests.tui.steps import app_of, status, table_text, until, until_shown


def cockpit(session: FakeSession) -> Cockpit:
    return Cockpit(session, count_buckets)


def drawn(pilot: Pilot[int]) -> str:
    return "\n".join(app_of(pilot).pane.query_one(HeatMap).lines)


async def open_it(pilot: Pilot[int]) -> None:
    await until_shown(pilot, "node-data")
    await pilot.press("a")
    await until(pilot, lambda: app_of(pilot).pane.place is Place.AVAILABILITY)


async def test_without_a_dataset_the_pane_says_how_to_define_one(session: FakeSession) -> None:
    async with cockpit(session).run_test(size=(80, 24)) as pilot:
        await open_it(pilot)

        await until_shown(pilot, "no dataset is defined")
        assert "[datasets.fills]" in table_text(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: app_of(pilot).pane.place is Place.BUCKETS)


async def test_a_dataset_without_paths_is_named_and_hides_no_other() -> None:
    session = dated_session()
    empty = Dataset(bucket="node-data", paths={})
    session.settings = msgspec.structs.replace(
        session.settings, datasets={**session.settings.datasets, "empty": empty}
    )
    async with cockpit(session).run_test(size=(120, 30)) as pilot:
        await open_it(pilot)

        assert "empty: the dataset of bucket `node-data` has no paths" in status(pilot)
        assert "current" in table_text(pilot)


async def test_a_place_that_may_not_be_listed_says_so_and_draws_no_calendar() -> None:
    session = dated_session()
    async with cockpit(session).run_test(size=(120, 30)) as pilot:
        await open_it(pilot)
        session.memory.before = failing(AccessDeniedError("not for you"), "list")
        await pilot.press("z")

        await until_shown(pilot, "✘ access-denied")
        assert "access-denied: not for you" in drawn(pilot)
        assert SHADES[-1] not in drawn(pilot)


async def test_a_listing_that_breaks_off_draws_no_day_as_missing() -> None:
    session = dated_session()
    for number in range(1500):
        session.memory.put("node-data", f"by_block/20261121/{number}", b"1")
    honest = session.memory.list_keys
    pages = iter(range(100))

    def list_keys(request: ListRequest) -> KeyPage:
        if next(pages):
            raise AccessDeniedError("the rest is not for you")
        return honest(request)

    session.memory.list_keys = list_keys  # type: ignore[method-assign]
    async with cockpit(session).run_test(size=(120, 30)) as pilot:
        await open_it(pilot)
        await pilot.press("z")

        await until_shown(pilot, "unknown")
        assert "≥ 1,000" in table_text(pilot)
        assert "? unknown" in drawn(pilot)
        assert "×" not in drawn(pilot)
        assert "only part of it is listed: the rest is not for you" in drawn(pilot)


async def test_nothing_is_asked_of_s3_before_a_key_is_pressed() -> None:
    session = dated_session()
    async with cockpit(session).run_test(size=(120, 30)) as pilot:
        await open_it(pilot)
        await until_shown(pilot, "not counted")

        assert ("list", "by_block/") not in session.memory.requests
        assert "z counts it by day" in drawn(pilot)


async def test_the_days_of_the_row_under_the_cursor_are_drawn() -> None:
    async with cockpit(dated_session()).run_test(size=(120, 36)) as pilot:
        await open_it(pilot)
        await pilot.press("Z")

        await until(pilot, lambda: "3 counted" in status(pilot))
        line = next(line for line in table_text(pilot).splitlines() if "current" in line)
        assert ("2025-10-17" in line, "2026-11-20" in line, " 23" in line) == (True, True, True)
        assert "missing: 2025-11-05, 2025-12-05, 2026-01-05, 2026-02-05 and 10 more" in drawn(pilot)
        assert "2025 " in drawn(pilot)
        assert "Dec     2026    Feb     Mar" in drawn(pilot)
        assert all(shade in drawn(pilot) for shade in SHADES)

        await pilot.press("j")
        await until(pilot, lambda: "1 without a date" in drawn(pilot))
        assert "no key has a date of this pattern" in drawn(pilot)
        await pilot.press("j")
        await until(pilot, lambda: "dates of the last change" in drawn(pilot))


async def test_weeks_that_do_not_fit_are_turned_to() -> None:
    async with cockpit(dated_session()).run_test(size=(60, 24)) as pilot:
        await open_it(pilot)
        await pilot.press("z")
        await until(pilot, lambda: "Nov" in drawn(pilot))
        newest = drawn(pilot)

        await pilot.press("left_square_bracket")
        await until(pilot, lambda: drawn(pilot) != newest)
        assert "2025" in drawn(pilot)
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: drawn(pilot) == newest)


async def test_counting_can_be_stopped_and_shows_a_part() -> None:
    session = dated_session()
    for number in range(2500):
        session.memory.put("node-data", f"by_block/20261121/{number}", b"1")

    async with cockpit(session).run_test(size=(120, 30)) as pilot:
        await open_it(pilot)
        silence_after_first_page(session.memory, threading.Event())
        await pilot.press("Z")
        await until_shown(pilot, "▶ 1,000")
        assert "· waiting" in table_text(pilot)

        await pilot.press("x")
        await until(pilot, lambda: "waiting" not in table_text(pilot))
        await until_shown(pilot, "≥ 1,000")
        assert "only part of it is listed: stopped" in drawn(pilot)


async def test_the_calendar_does_without_unicode() -> None:
    session = dated_session()
    session.settings = msgspec.structs.replace(session.settings, ascii_icons=True)
    async with cockpit(session).run_test(size=(80, 24)) as pilot:
        await open_it(pilot)
        await pilot.press("z")
        await until(pilot, lambda: "x no objects" in drawn(pilot))

        assert drawn(pilot).isascii()
        assert all(shade in drawn(pilot) for shade in ASCII_SHADES)


@pytest.mark.parametrize(("size_bytes", "shade"), [(0, 1), (19, 1), (20, 2), (99, 5), (100, 5)])
def test_a_day_is_shaded_by_fifths_of_the_largest(size_bytes: int, shade: int) -> None:
    day = date(2026, 11, 20)
    calendar = Calendar(
        size_bytes={day: size_bytes, day + timedelta(days=1): 100},
        first=day,
        last=day + timedelta(days=2),
    )

    assert calendar.shade(day) == shade
    assert calendar.shade(day + timedelta(days=2)) == 0


def test_days_that_are_all_empty_objects_are_not_missing() -> None:
    day = date(2026, 11, 20)

    assert Calendar(size_bytes={day: 0}, first=day, last=day).shade(day) == 5


def test_the_weeks_of_a_calendar_are_mondays_and_end_with_its_last_day() -> None:
    calendar = Calendar(first=date(2026, 1, 1), last=date(2026, 11, 20))

    weeks = calendar.weeks(10, 0)
    assert (len(weeks), weeks[-1]) == (10, date(2026, 11, 16))
    assert all(week.weekday() == 0 for week in weeks)
    assert calendar.weeks(100, 0)[0] == date(2025, 12, 29)
    assert len(calendar.weeks(100, 0)) == calendar.week_count
