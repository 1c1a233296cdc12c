"""What takes up the space, the scans of a place, and what changed, in the cockpit."""

import threading

from textual.widgets import Static

from s3nav.browse import count_buckets
from s3nav.model.errors import AccessDeniedError
from s3nav.model.objects import BucketFact
from s3nav.model.places import S3Uri
from s3nav.tui.actions import Place
from s3nav.tui.app import Cockpit
from s3nav.tui.modals.confirm import ConfirmModal
from s3nav.tui.modals.download import DownloadModal
from s3nav.tui.panes.scans.scan_view import ScanPane
from s3nav.tui.widgets.facts import Facts
from tests.support.fake_session import FakeSession
from tests.support.memory_store import failing, silence_after_first_page
from tests.tui.steps import app_of, enter_roads, status, table_text, until, until_shown

ROADS = "road-imagery-prod"


def cockpit(session: FakeSession) -> Cockpit:
    return Cockpit(session, count_buckets)


def scanned(session: FakeSession) -> str:
    return session.counts.count(S3Uri(ROADS), fresh=True).record.scan_id


async def test_a_bucket_that_may_not_be_listed_says_so_in_place_of_totals(
    session: FakeSession,
) -> None:
    session.memory.before = failing(AccessDeniedError("you may not list it"), "list")
    async with cockpit(session).run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, ROADS)
        await pilot.press("G", "t")

        await until_shown(pilot, "error[access-denied]: you may not list it")


async def test_a_bucket_never_counted_is_counted_and_its_prefixes_are_entered(
    session: FakeSession,
) -> None:
    async with cockpit(session).run_test(size=(120, 30)) as pilot:
        await until_shown(pilot, ROADS)
        await pilot.press("G", "t")
        await until_shown(pilot, "coryell/")
        assert app_of(pilot).pane.place is Place.SCAN
        await until(pilot, lambda: "covers all · now" in status(pilot))
        assert "48 objects" in status(pilot)
        lines = table_text(pilot).splitlines()
        assert "▸  coryell/" in lines[2]
        assert "objects in this directory" in table_text(pilot)

        await pilot.press("enter")
        await until_shown(pilot, "img/")
        await pilot.press("h")
        await until_shown(pilot, "logs/")
        assert "▸  coryell/" in table_text(pilot)

        await pilot.press("h")
        await until(pilot, lambda: app_of(pilot).pane.place is Place.BUCKETS)


async def test_a_count_that_runs_is_shown_as_it_grows_and_can_be_stopped(
    session: FakeSession,
) -> None:
    for number in range(2500):
        session.memory.put(ROADS, f"many/{number:05}", b"123")
    go_on = threading.Event()
    silence_after_first_page(session.memory, go_on)
    async with cockpit(session).run_test(size=(120, 30)) as pilot:
        await until_shown(pilot, ROADS)
        await pilot.press("G", "t")
        await until_shown(pilot, "many/")
        assert "counting…" in status(pilot)
        assert "≥ " in status(pilot)

        await pilot.press("x")
        await until(pilot, lambda: "stopped before its end" in status(pilot))
        assert "covers all" not in status(pilot)

        go_on.set()
        await pilot.press("z")
        await until(pilot, lambda: "covers all · now" in status(pilot))
        assert "2,548 objects" in status(pilot)


async def test_marked_prefixes_are_downloaded_with_what_the_scan_knows_of_them(
    session: FakeSession,
) -> None:
    scanned(session)
    async with cockpit(session).run_test(size=(120, 30)) as pilot:
        await until_shown(pilot, ROADS)
        await pilot.press("G", "t")
        await until_shown(pilot, "logs/")
        await pilot.press("space", "space")
        await until(pilot, lambda: "marked" in status(pilot))
        await pilot.press("s")
        await until(pilot, lambda: isinstance(pilot.app.screen, DownloadModal))

        modal = pilot.app.screen
        said, source, *_ = [str(each.content) for each in modal.query(Static)]
        assert said.startswith("1 prefix · 42 objects · ")
        assert source == f"  s3://{ROADS}/coryell/"


async def test_sorting_by_objects_keeps_the_cursor_on_its_row(session: FakeSession) -> None:
    scanned(session)
    async with cockpit(session).run_test(size=(120, 30)) as pilot:
        await until_shown(pilot, ROADS)
        await pilot.press("G", "t")
        await until_shown(pilot, "logs/")
        await pilot.press("o")

        pane = pilot.app.query_one(ScanPane)
        assert pane.table.view.sort_column == "objects"
        assert "▸  coryell/" in table_text(pilot)


async def test_a_prefix_is_counted_from_the_browser(session: FakeSession) -> None:
    async with cockpit(session).run_test(size=(120, 30)) as pilot:
        await enter_roads(pilot)
        await pilot.press("j", "j", "j", "z")
        await until_shown(pilot, "img/")
        assert session.counts.history()[0].place == S3Uri(ROADS, "coryell/")

        await pilot.press("escape")
        await until(pilot, lambda: app_of(pilot).pane.place is Place.BROWSER)


async def test_scans_are_listed_compared_and_forgotten(session: FakeSession) -> None:
    scanned(session)
    session.memory.put(ROADS, "new/a.bin", b"x" * 5000)
    scanned(session)
    async with cockpit(session).run_test(size=(160, 40)) as pilot:
        await until_shown(pilot, ROADS)
        await pilot.press("G", "H")
        await until_shown(pilot, "+5.0 KB")
        assert status(pilot).strip().startswith("2 scans")

        await pilot.press("c")
        await until_shown(pilot, "new/")
        assert app_of(pilot).pane.place is Place.COMPARE
        assert "grew by +5.0 KB · +1 objects" in status(pilot)
        side = dict(app_of(pilot).pane.query_one(Facts).facts)
        assert side["costs"] == "<$0.0001 more a month"
        assert "no price" not in side
        await pilot.press("enter")
        await until_shown(pilot, "objects in this directory")

        await pilot.press("escape")
        await until(pilot, lambda: app_of(pilot).pane.place is Place.HISTORY)
        await pilot.press("D")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmModal))
        await pilot.press("y")
        await until(pilot, lambda: status(pilot).strip().startswith("1 scan"))
        assert len(session.counts.history()) == 1

        await pilot.press("enter")
        await until(pilot, lambda: app_of(pilot).pane.place is Place.SCAN)
        await pilot.press("escape", "escape")
        await until(pilot, lambda: app_of(pilot).pane.place is Place.BUCKETS)


async def test_what_earlier_scans_say_stands_in_the_bucket_table(session: FakeSession) -> None:
    scanned(session)
    async with cockpit(session).run_test(size=(160, 30)) as pilot:
        await until_shown(pilot, "✔ all · now")
        line = next(line for line in table_text(pilot).splitlines() if ROADS in line)

        assert " 48 " in line


def test_the_cockpit_counts_with_the_scans_of_its_session(session: FakeSession) -> None:
    found = list(count_buckets(session.counts, [BucketFact(name=ROADS)], at_once=1))

    assert [stats.scan_id for stats in found] == [session.counts.history()[0].scan_id]
