"""What a command without --headless shows in the cockpit, and what hints say there."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Static

from s3nav.browse import count_buckets
from s3nav.model.errors import NotFoundError, UsageError
from s3nav.model.places import S3Uri
from s3nav.present.cockpit_hints import in_cockpit
from s3nav.present.cockpit_opening import Opening
from s3nav.settings import GIVEN_KEYS, Settings
from s3nav.transfer import Filters, Selection, Source
from s3nav.tui.actions import Place, actions_at
from s3nav.tui.app import Cockpit
from s3nav.tui.modals.cost import CostModal
from s3nav.tui.modals.download import DownloadModal
from s3nav.tui.modals.problem import ProblemModal
from s3nav.tui.widgets.line import Line
from tests.support.fake_session import ANALYTICS, FakeCounting, FakeSession
from tests.support.scrape_entries import two_days
from tests.tui.steps import app_of, status, until, until_shown

ROADS = S3Uri("road-imagery-prod")
CSV_OF_ROADS = Selection(
    sources=(Source(place=ROADS),),
    target=Path("elsewhere"),
    filters=Filters(include=("*.csv",), storage_classes=("STANDARD",)),
)
DROPPED = ("--min-size 1MB", "--limit 3")


def cockpit(session: FakeSession, opening: Opening) -> Cockpit:
    return Cockpit(session, FakeCounting(), opening)


def shown(pilot: Pilot[int]) -> str:
    """What the lines and the dialog on screen say."""
    lines = [line.text for line in pilot.app.screen.query(Line)]
    return "\n".join(lines + [str(each.content) for each in pilot.app.screen.query(Static)])


async def test_what_is_not_applied_is_in_the_status_line_until_esc(
    session: FakeSession,
) -> None:
    opening = Opening(place=ROADS, pane="buckets", dropped=DROPPED)
    async with cockpit(session, opening).run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "coryell/")
        await until(pilot, lambda: "not applied here" in status(pilot))
        assert "not applied here: --min-size 1MB, --limit 3; run with --headless" in status(pilot)

        await pilot.press("escape")

        await until(pilot, lambda: "not applied" not in status(pilot))


async def test_a_download_opens_its_dialog_and_is_queued_with_its_filters(
    session: FakeSession,
) -> None:
    opening = Opening(
        pane="transfers",
        overlay="download",
        selection=CSV_OF_ROADS,
        filters="--include '*.csv', --storage-class STANDARD",
    )
    async with cockpit(session, opening).run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, DownloadModal))
        await until(pilot, lambda: "with --include '*.csv', --storage-class" in shown(pilot))
        await pilot.press("enter")

        await until(pilot, lambda: bool(session.queue.selections))

    (queued,) = session.queue.selections
    assert queued.filters == CSV_OF_ROADS.filters
    assert queued.target == Path("elsewhere")


async def test_an_estimate_opens_what_the_selection_costs(session: FakeSession) -> None:
    opening = Opening(pane="transfers", overlay="cost", selection=CSV_OF_ROADS)
    async with cockpit(session, opening).run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, CostModal))
        await until(pilot, lambda: bool(session.queue.selections))

    assert session.queue.selections == [CSV_OF_ROADS]


async def test_fresh_counts_every_bucket_as_soon_as_they_are_listed(session: FakeSession) -> None:
    app = Cockpit(session, count_buckets, Opening(pane="buckets", counts=True))
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "4 buckets · 4 counted" in status(pilot))


@pytest.mark.parametrize("counts", [False, True])
async def test_a_scan_opens_the_totals_of_its_place(session: FakeSession, counts: bool) -> None:
    opening = Opening(place=ROADS, pane="buckets", overlay="scan", counts=counts, dropped=DROPPED)
    async with Cockpit(session, count_buckets, opening).run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "48 objects" in status(pilot))
        assert app_of(pilot).pane.place is Place.SCAN
        assert "not applied here: --min-size 1MB" in status(pilot)


async def test_a_history_opens_the_scans_of_its_place(session: FakeSession) -> None:
    session.counts.count(ROADS, fresh=True)
    opening = Opening(place=ROADS, pane="buckets", overlay="history")
    async with cockpit(session, opening).run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "1 scan" in status(pilot))
        assert app_of(pilot).pane.place is Place.HISTORY


async def test_a_search_of_scrapes_opens_the_newest_one_searched(session: FakeSession) -> None:
    two_days(session.scrapes().store)
    opening = Opening(pane="scrapes", search="logs", dropped=DROPPED)
    async with cockpit(session, opening).run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app_of(pilot).pane.place is Place.EXPLORER)
        await until(pilot, lambda: "with `logs`" in status(pilot))
        assert "not applied here" in status(pilot)


async def test_a_hint_in_the_cockpit_names_its_keys(session: FakeSession) -> None:
    error = NotFoundError("no bucket", remedy="`s3nav --headless buckets` lists those you may see")
    async with cockpit(session, Opening()).run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "road-imagery-prod")
        app_of(pilot).pane.report(error)

        await until(pilot, lambda: isinstance(pilot.app.screen, ProblemModal))
        await until(pilot, lambda: "hint: `2` lists those you may see" in shown(pilot))


async def test_a_command_without_a_key_has_the_connection(session: FakeSession) -> None:
    error = UsageError("no", remedy="`s3nav --headless config show` lists them")
    opening = Opening(connection={"data_dir": ["--data-dir", "x"]})
    async with cockpit(session, opening).run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "road-imagery-prod")
        app_of(pilot).pane.report(error)

        await until(pilot, lambda: isinstance(pilot.app.screen, ProblemModal))
        await until(pilot, lambda: "`s3nav --headless --data-dir x" in shown(pilot))


@pytest.mark.parametrize(
    ("connection", "name"), [({"demo": ["--demo"]}, "● demo"), ({}, "● key AKIAEXAMPLE")]
)
async def test_keys_of_no_profile_are_named_in_the_header_and_among_the_profiles(
    connection: dict[str, list[str]], name: str
) -> None:
    session = FakeSession(settings=Settings(access_key="AKIAEXAMPLE", secret_key="x"))
    session.profile_rows = (replace(ANALYTICS, name=GIVEN_KEYS), ANALYTICS)
    async with cockpit(session, Opening(connection=connection)).run_test(size=(120, 36)) as pilot:
        head = pilot.app.query_one("#head", Line)
        await until(pilot, lambda: name in head.text)
        await pilot.press("1")

        await until_shown(pilot, name)


@pytest.mark.parametrize(
    ("command", "keys"),
    [
        ("ls s3://b", "`:s3://b` shows"),
        ("scan s3://b --fresh", "`t` on the bucket (`z` on a prefix) shows"),
        ("jobs show 1ab0", "`3`, then `enter` on the job, shows"),
        ("pricing download --service AmazonS3", "`4`, then `d`, shows"),
        ("config show", "`s3nav --headless config show` shows"),
    ],
)
def test_commands_become_keys(command: str, keys: str) -> None:
    assert in_cockpit(f"`s3nav --headless {command}` shows") == keys


@pytest.mark.parametrize(
    ("place", "key", "id_"),
    [
        (Place.BUCKETS, "t", "buckets.totals"),
        (Place.BUCKETS, "H", "buckets.history"),
        (Place.TRANSFERS, "space", "transfers.pause"),
        (Place.TRANSFERS, "C", "transfers.clear"),
        (Place.PRICES, "d", "prices.fetch"),
        (Place.SCRAPES, "n", "scrapes.new"),
    ],
)
def test_keys_that_hints_name_are_those_of_their_pane(place: Place, key: str, id_: str) -> None:
    found = [action.id for action in actions_at(place) if key in action.keys.split(",")]

    assert id_ in found
