import threading
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.command import Command, CommandList
from textual.pilot import Pilot
from textual.widgets import Input
from textual.widgets.option_list import Option

from s3nav.model.errors import AccessDeniedError, CredentialsError, UnavailableError
from s3nav.model.events import ItemFailed, JobProgress, JobState, ScanProgress
from s3nav.model.places import S3Uri
from s3nav.present.formatting import UNICODE
from s3nav.present.transfers import job_facts
from s3nav.settings import Settings
from s3nav.transfer import ItemRecord, ItemState
from s3nav.tui.actions import Place
from s3nav.tui.app import Cockpit
from s3nav.tui.ask import Answered
from s3nav.tui.modals.confirm import ConfirmModal
from s3nav.tui.modals.download import DownloadModal
from s3nav.tui.modals.help import HelpModal
from s3nav.tui.modals.problem import ProblemModal
from s3nav.tui.panes.buckets.browser import BrowserPane
from s3nav.tui.widgets.facts import Facts
from s3nav.tui.widgets.line import Line
from tests.support.fake_session import FakeCounting, FakeSession, stats_of
from tests.support.memory_store import failing
from tests.tui.steps import (
    DEADLINE_S,
    enter_roads,
    notices,
    settle,
    status,
    table_text,
    until,
    until_shown,
)

Make = Callable[[], Cockpit]
DENIED = AccessDeniedError("you may not list the buckets", remedy="name the bucket")


async def test_denied_buckets_say_so_and_what_to_do(session: FakeSession, cockpit: Make) -> None:
    session.memory.before = failing(DENIED, "buckets")
    async with cockpit().run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "error[access-denied]: you may not list the buckets")

        assert "hint: name the bucket" in table_text(pilot)
        assert ":bucket NAME opens a bucket by name" in table_text(pilot)


async def test_wrong_credentials_are_shown_beside_the_profile(
    session: FakeSession, cockpit: Make
) -> None:
    session.who = CredentialsError("the secret key is wrong")
    async with cockpit().run_test(size=(120, 30)) as pilot:
        await pilot.press("1")

        await until(pilot, lambda: "error[credentials]: the secret key is wrong" in status(pilot))
        assert "✘ error[credentials]" in table_text(pilot)


async def test_a_dead_endpoint_is_shown_in_a_bucket_and_refresh_tries_again(
    session: FakeSession, cockpit: Make
) -> None:
    async with cockpit().run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "road-imagery-prod")
        session.memory.before = failing(UnavailableError("no answer in 10 s"), "list")
        await pilot.press("G", "enter")
        await until_shown(pilot, "no answer in 10 s")

        session.memory.before = lambda verb, name: None
        await pilot.press("ctrl+r")

        await until_shown(pilot, "manifest.csv")


async def test_numbers_bring_the_panes_and_tabs_can_be_clicked(cockpit: Make) -> None:
    async with cockpit().run_test(size=(100, 30)) as pilot:
        app = cockpit_of(pilot.app)
        seen = []
        for key in "12345":
            await pilot.press(key)
            seen.append(app.pane.place.value)
        assert seen == ["profiles", "buckets", "transfers", "prices", "scrapes"]
        await pilot.click("#tabs", offset=(2, 0))
        assert app.pane.place is Place.PROFILES


async def test_a_bucket_opens_and_escape_comes_back(cockpit: Make) -> None:
    async with cockpit().run_test(size=(100, 30)) as pilot:
        await enter_roads(pilot)
        assert "6 listed" in status(pilot)

        await pilot.press("escape")

        assert cockpit_of(pilot.app).pane.place is Place.BUCKETS


async def test_going_up_puts_the_cursor_on_the_prefix_it_came_from(cockpit: Make) -> None:
    async with cockpit().run_test(size=(100, 30)) as pilot:
        await enter_roads(pilot)
        await pilot.press("G", "k", "k", "enter")
        await until_shown(pilot, "2026/")

        await pilot.press("h")
        await until_shown(pilot, "▸  logs/")


async def test_a_tick_after_the_screens_are_gone_does_nothing(cockpit: Make) -> None:
    app = cockpit()
    async with app.run_test(size=(100, 30)) as pilot:
        await enter_roads(pilot)

    assert not app.screen_stack
    app.drain()


async def test_an_answer_that_comes_after_the_screens_are_gone_is_dropped(cockpit: Make) -> None:
    app = cockpit()
    async with app.run_test(size=(100, 30)) as pilot:
        await enter_roads(pilot)

    def deliver() -> None:
        app.pane.table.values_changed()

    app.on_answered(Answered(deliver))


async def test_history_goes_back_and_forth(cockpit: Make) -> None:
    async with cockpit().run_test(size=(100, 30)) as pilot:
        await enter_roads(pilot)
        browser = pilot.app.query_one(BrowserPane)
        await pilot.press("j", "j", "j", "enter")
        await until_shown(pilot, "readme.md")

        await pilot.press("left_square_bracket")
        await until_shown(pilot, "manifest.csv")
        await pilot.press("right_square_bracket")
        await until_shown(pilot, "readme.md")

        assert browser.at == S3Uri("road-imagery-prod", "coryell/")


async def test_text_from_s3_is_neither_markup_nor_obeyed(cockpit: Make) -> None:
    async with cockpit().run_test(size=(100, 30)) as pilot:
        await enter_roads(pilot)

        assert "[bold]not markup[bold].txt" in table_text(pilot)
        assert "\\x1b[2Jescape.bin" in table_text(pilot)
        assert "\x1b" not in table_text(pilot)


async def test_a_filter_says_how_much_it_shows_and_escape_clears_it(cockpit: Make) -> None:
    async with cockpit().run_test(size=(100, 30)) as pilot:
        await enter_roads(pilot)
        await pilot.press("slash", *"mani", "enter")

        assert "/mani  1 of 6 shown" in status(pilot)
        await pilot.press("escape")
        assert "shown" not in status(pilot)


async def test_a_filter_without_a_match_says_what_to_do(cockpit: Make) -> None:
    async with cockpit().run_test(size=(100, 30)) as pilot:
        await enter_roads(pilot)
        await pilot.press("slash", *"nothing", "enter")

        assert "no name here matches the filter" in table_text(pilot)


async def test_sorting_a_part_of_a_directory_says_so(session: FakeSession, cockpit: Make) -> None:
    for number in range(1200):
        session.memory.put("road-imagery-prod", f"{number:04}", b"1")
    second_page, pages = threading.Event(), count()

    def before(verb: str, _: str) -> None:
        if verb == "list" and next(pages) == 1:
            second_page.wait(DEADLINE_S)

    session.memory.before = before
    async with cockpit().run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "road-imagery-prod")
        await pilot.press("G", "enter")
        await until(pilot, lambda: "1,000 of ? listed" in status(pilot))
        await pilot.press("o")
        await until(pilot, lambda: "1,000 of ? listed · sorted 1,000 of ?" in status(pilot))
        second_page.set()

        await until(pilot, lambda: "1,206 listed" in status(pilot))


async def test_a_server_side_prefix_lists_only_what_starts_so(
    session: FakeSession, cockpit: Make
) -> None:
    async with cockpit().run_test(size=(100, 30)) as pilot:
        await enter_roads(pilot)
        await pilot.press("backslash", *"man", "enter")
        await until(pilot, lambda: "only man…" in status(pilot) and "1 listed" in status(pilot))

        assert ("list", "man") in session.memory.requests
        await pilot.press("escape")
        await until_shown(pilot, "logs/")


async def test_marks_are_summed_and_downloaded_into_the_chosen_directory(
    session: FakeSession, cockpit: Make, tmp_path: Path
) -> None:
    async with cockpit().run_test(size=(120, 30)) as pilot:
        await enter_roads(pilot)
        await pilot.press("j", "space", "j", "space")
        assert "1 object · 25 B · 1 prefix with all below marked" in status(pilot)

        await pilot.press("s")
        assert isinstance(pilot.app.screen, DownloadModal)
        pilot.app.screen.query_one(Input).value = str(tmp_path)
        await pilot.press("enter")
        await until(pilot, lambda: ("start", "job-1") in session.queue.orders)

        selection = session.queue.selections[0]
        assert selection.target == tmp_path
        assert [(str(s.place), s.literal) for s in selection.sources] == [
            ("s3://road-imagery-prod/\x1b[2Jescape.bin", True),
            ("s3://road-imagery-prod/coryell/", False),
        ]


async def test_a_whole_directory_is_downloaded_as_one_prefix(
    session: FakeSession, cockpit: Make
) -> None:
    async with cockpit().run_test(size=(120, 30)) as pilot:
        await enter_roads(pilot)
        await pilot.press("asterisk", "s", "enter")
        await until(pilot, lambda: bool(session.queue.selections))

        (source,) = session.queue.selections[0].sources
        assert (str(source.place), source.literal) == ("s3://road-imagery-prod", False)


async def test_marked_buckets_are_downloaded_whole(session: FakeSession, cockpit: Make) -> None:
    async with cockpit().run_test(size=(120, 30)) as pilot:
        await until_shown(pilot, "road-imagery-prod")
        await pilot.press("space", "space", "s")
        assert isinstance(pilot.app.screen, DownloadModal)
        await pilot.press("enter")
        await until(pilot, lambda: bool(session.queue.selections))

        chosen = [str(source.place) for source in session.queue.selections[0].sources]
        assert chosen == ["s3://backups-eu", "s3://finance-locked"]


async def test_a_download_that_cannot_be_planned_is_explained(
    session: FakeSession, cockpit: Make
) -> None:
    session.queue.plan_error = UnavailableError("no room", remedy="free 3 GB")
    async with cockpit().run_test(size=(120, 30)) as pilot:
        await enter_roads(pilot)
        await pilot.press("j", "s", "enter")

        await until(pilot, lambda: isinstance(pilot.app.screen, ProblemModal))
        await pilot.press("escape")
        assert len(pilot.app.screen_stack) == 1


async def test_counting_says_so_far_until_it_is_done(
    session: FakeSession, counting: FakeCounting, cockpit: Make
) -> None:
    counting.so_far["node-data"] = ScanProgress(
        bucket="node-data", objects=8_100, size_bytes=61, requests=9, complete=False, elapsed_s=1
    )
    counting.stats["node-data"] = stats_of("node-data", objects=9_000, size_bytes=70)
    async with cockpit().run_test(size=(120, 30)) as pilot:
        await until_shown(pilot, "node-data")
        await pilot.press("j", "j", "z")
        await until_shown(pilot, "≥ 8,100")
        assert "so far" in table_text(pilot)

        counting.held.set()

        await until_shown(pilot, "9,000")
        assert "all · 3 h" in table_text(pilot)
        assert counting.asked == ["node-data"]


async def test_one_denied_bucket_does_not_stop_the_count_of_all(
    counting: FakeCounting, cockpit: Make
) -> None:
    counting.stats["finance-locked"] = stats_of(
        "finance-locked", complete=False, problem=AccessDeniedError("no")
    )
    counting.stats["road-imagery-prod"] = stats_of("road-imagery-prod", objects=7, size_bytes=9)
    async with cockpit().run_test(size=(120, 30)) as pilot:
        await until_shown(pilot, "road-imagery-prod")
        await pilot.press("Z")

        await until(pilot, lambda: "3 counted" in status(pilot))
        assert "access-denied" in table_text(pilot)


def running(job_id: str = "a", done: int = 50) -> JobProgress:
    return JobProgress(
        job_id=job_id,
        state=JobState.RUNNING,
        total_files=100,
        total_bytes=100_000_000,
        done_files=done,
        done_bytes=done * 1_000_000,
        bytes_per_s=20_000_000,
        eta_s=(100 - done) / 20,
        workers=8,
        elapsed_s=done / 20,
    )


async def test_the_queue_follows_a_running_job(session: FakeSession, cockpit: Make) -> None:
    session.queue.add("a", title="s3://b/p/", state=JobState.RUNNING, progress=running())
    async with cockpit().run_test(size=(120, 30)) as pilot:
        await pilot.press("3")
        await until_shown(pilot, "50 %")
        assert "20.0 MB/s" in table_text(pilot)

        session.queue.get_on(running(done=75))
        await until_shown(pilot, "75 %")

        session.queue.get_on(replace(running(done=100), state=JobState.DONE))
        await until_shown(pilot, "100 %")
        await until(pilot, lambda: "1 done" in status(pilot))


async def test_a_job_is_paused_resumed_cancelled_and_cleared(
    session: FakeSession, cockpit: Make
) -> None:
    session.queue.add("a", title="s3://b/p/", state=JobState.RUNNING, progress=running())
    async with cockpit().run_test(size=(120, 30)) as pilot:
        await pilot.press("3")
        await until_shown(pilot, "50 %")
        for key, said in (("space", "1 paused"), ("space", "1 running"), ("x", "1 cancelled")):
            await pilot.press(key)
            await until(pilot, partial(_says, pilot, said))
        await pilot.press("C")
        await until_shown(pilot, "the queue is empty")

        assert [verb for verb, _ in session.queue.orders] == ["pause", "resume", "cancel"]


async def test_the_footer_of_a_paused_job_says_resume(session: FakeSession, cockpit: Make) -> None:
    session.queue.add("a", title="s3://b/p/", state=JobState.RUNNING, progress=running())
    async with cockpit().run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        await until_shown(pilot, "50 %")
        footer = pilot.app.query_one("#footer", Line)
        assert "space pause" in footer.text

        await pilot.press("space")
        await until(pilot, lambda: "space resume" in footer.text)
        await pilot.press("space")
        await until(pilot, lambda: "space pause" in footer.text)


@pytest.mark.parametrize(
    ("state", "shown", "hidden"),
    [
        (JobState.DONE, ["enter files"], ["pause", "cancel", "retry", "move up"]),
        (JobState.FAILED, ["r retry", "K move up"], ["pause", "cancel"]),
        (JobState.RUNNING, ["space pause", "x cancel"], ["retry"]),
        (None, ["b bandwidth"], ["files", "pause", "cancel", "retry", "move up"]),
    ],
)
async def test_the_footer_offers_only_what_the_job_allows(
    session: FakeSession,
    cockpit: Make,
    state: JobState | None,
    shown: list[str],
    hidden: list[str],
) -> None:
    if state is not None:
        session.queue.add("a", title="s3://b/p/", state=state, progress=running())
    async with cockpit().run_test(size=(120, 30)) as pilot:
        await pilot.press("3")
        await until_shown(pilot, "50 %" if state else "the queue is empty")
        footer = pilot.app.query_one("#footer", Line)

        await until(pilot, lambda: all(key in footer.text for key in shown))
        await until(pilot, lambda: not any(key in footer.text for key in hidden))


async def test_a_notice_leaves_the_status_line_and_the_keys_to_be_read(cockpit: Make) -> None:
    async with cockpit().run_test(size=(80, 24), notifications=True) as pilot:
        await enter_roads(pilot)
        await pilot.press("g", "s")
        await until(pilot, lambda: any(t.region.height for t in pilot.app.screen.query("Toast")))

        toast = pilot.app.screen.query_one("Toast")
        below = pilot.app.query_one("#browser .status", Line).region
        assert toast.region.bottom <= below.y


@pytest.mark.parametrize(
    ("message", "said"),
    [("`s3://b/x` is archived", "bad: `s3://b/x` is archived"), ("gone", "bad: gone (s3://b/x)")],
)
def test_the_last_failure_names_its_object_once(message: str, said: str) -> None:
    queue = FakeSession().queue
    record = queue.add("a", title="s3://b/", state=JobState.FAILED, progress=running())
    failed = ItemFailed(job_id="a", source="s3://b/x", slug="bad", message=message)

    _, facts = job_facts(
        record, running(), last_failure=failed, icons=UNICODE, size_style=Settings().size_format
    )

    assert ("last failure", said) in facts


@pytest.mark.parametrize("key", ["s", "dollar_sign", "Y"])
async def test_a_key_that_does_nothing_on_the_row_above_says_why(cockpit: Make, key: str) -> None:
    async with cockpit().run_test(size=(80, 24), notifications=True) as pilot:
        await enter_roads(pilot)
        await pilot.press("g", key)
        await settle(pilot)

        (said,) = notices(pilot)
        assert said.startswith("../ is the parent directory")


async def test_a_line_that_does_not_fit_says_that_it_is_cut(cockpit: Make) -> None:
    async with cockpit().run_test(size=(80, 24)) as pilot:
        line = pilot.app.query_one("#head", Line)
        line.show([("x" * 79, ""), ("y" * 10, "")], [("z", "")])

        assert line.render_line(0).text == "x" * 79 + "…"
        line.show([("x" * 80, "")])
        assert line.render_line(0).text == "x" * 80


async def test_a_job_is_moved_and_the_cursor_goes_with_it(
    session: FakeSession, cockpit: Make
) -> None:
    for job_id in "abc":
        session.queue.add(job_id, title=f"s3://{job_id}/", state=JobState.PAUSED)
    async with cockpit().run_test(size=(120, 30)) as pilot:
        await pilot.press("3")
        await until_shown(pilot, "c/")
        pane = cockpit_of(pilot.app).pane

        await pilot.press("G", "K")

        await until(pilot, lambda: list(cockpit_of(pilot.app).bridge.jobs) == ["a", "c", "b"])
        await until(pilot, lambda: pane.table.cursor.position == 1)
        await pilot.press("K")
        await until(pilot, lambda: list(cockpit_of(pilot.app).bridge.jobs) == ["c", "a", "b"])
        await until(pilot, lambda: pane.table.cursor.position == 0)
        await pilot.press("J")
        await until(pilot, lambda: list(cockpit_of(pilot.app).bridge.jobs) == ["a", "c", "b"])
        assert session.queue.orders == [("up", "c"), ("up", "c"), ("down", "c")]


async def test_rows_that_are_sorted_and_jobs_that_ended_are_not_moved(
    session: FakeSession, cockpit: Make
) -> None:
    session.queue.add("a", title="s3://a/", state=JobState.DONE)
    session.queue.add("b", title="s3://b/", state=JobState.PAUSED)
    async with cockpit().run_test(size=(120, 30)) as pilot:
        await pilot.press("3")
        await until_shown(pilot, "b/")
        await pilot.press("J")
        await pilot.press("o", "j", "K")
        await settle(pilot)

        assert session.queue.orders == []


async def test_a_bandwidth_is_typed_shown_in_the_header_and_taken_back(
    session: FakeSession, cockpit: Make
) -> None:
    async with cockpit().run_test(size=(120, 30)) as pilot:
        await pilot.press("3")
        await until_shown(pilot, "the queue is empty")
        head = pilot.app.query_one("#head", Line)

        await pilot.press("b", *"08:00-18:00 10MB/s, 50MB/s", "enter")

        await until(pilot, lambda: "≤ 10.0 MB/s" in head.text)
        assert session.queue.bandwidth.text == "08:00-18:00 10MB/s, 50MB/s"
        await until(pilot, partial(_says, pilot, "at most 08:00-18:00 10MB/s, 50MB/s · now 10.0"))

        await pilot.press("b", *["backspace"] * 30, "enter")
        await until(pilot, lambda: "≤" not in head.text)


async def test_a_bandwidth_that_makes_no_sense_is_explained_and_changes_nothing(
    session: FakeSession, cockpit: Make
) -> None:
    async with cockpit().run_test(size=(120, 30)) as pilot:
        await pilot.press("3")
        await until_shown(pilot, "the queue is empty")
        await pilot.press("b", *"fast", "enter")

        await until(pilot, lambda: isinstance(pilot.app.screen, ProblemModal))
        assert session.queue.bandwidth.text == ""


async def test_what_is_marked_is_copied_as_a_command_line(
    session: FakeSession, cockpit: Make
) -> None:
    async with cockpit().run_test(size=(120, 30)) as pilot:
        await enter_roads(pilot)
        await pilot.press("j", "Y")
        await until(pilot, lambda: bool(pilot.app.clipboard))

        assert pilot.app.clipboard.startswith(
            "s3nav --headless --profile analytics --region eu-west-1 download"
            " $'s3://road-imagery-prod/\\x1b[[]2Jescape.bin' --download-dir "
        )


async def test_a_job_is_copied_as_a_command_line_if_its_words_are_kept(
    session: FakeSession, cockpit: Make
) -> None:
    session.queue.add("a", title="s3://a/", state=JobState.PAUSED)
    session.queue.add("b", title="s3://b/", state=JobState.PAUSED)
    known = ("download", "s3://b/", "--download-dir", "/d")
    session.queue.records["b"] = replace(session.queue.records["b"], words=known)
    async with cockpit().run_test(size=(120, 30)) as pilot:
        await pilot.press("3")
        await until_shown(pilot, "b/")
        await pilot.press("Y")
        await settle(pilot)
        assert pilot.app.clipboard == ""

        await pilot.press("j", "Y")
        await until(pilot, lambda: bool(pilot.app.clipboard))
        assert pilot.app.clipboard.endswith(" download s3://b/ --download-dir /d")


async def test_a_job_that_is_still_listed_says_how_far_and_can_be_stopped(
    session: FakeSession, cockpit: Make
) -> None:
    session.queue.listing = 120_000
    async with cockpit().run_test(size=(120, 30)) as pilot:
        await enter_roads(pilot)
        await pilot.press("j", "s", "enter", "3")
        await until(pilot, lambda: "120,000 objects" in status(pilot))

        await pilot.press("X")

        await until(pilot, lambda: "listing" not in status(pilot))
        assert len(pilot.app.screen_stack) == 1, "stopping it is no error"


async def test_the_files_of_a_job_are_one_key_away(session: FakeSession, cockpit: Make) -> None:
    session.queue.add("a", title="s3://b/p/", state=JobState.DONE, progress=running())
    session.queue.files["a"] = [
        ItemRecord(
            source="s3://b/p/x.png",
            local_path=Path("x"),
            size_bytes=5,
            state=ItemState.DONE,
            verified_by="crc64nvme",
        )
    ]
    async with cockpit().run_test(size=(120, 30)) as pilot:
        await pilot.press("3")
        await until_shown(pilot, "50 %")
        await pilot.press("enter")
        await until_shown(pilot, "crc64nvme")

        await pilot.press("escape")
        assert cockpit_of(pilot.app).pane.place is Place.TRANSFERS


async def test_quitting_asks_while_a_transfer_runs(session: FakeSession, cockpit: Make) -> None:
    session.queue.add("a", title="s3://b/p/", state=JobState.RUNNING, progress=running())
    async with cockpit().run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: cockpit_of(pilot.app).bridge.running == 1)
        await pilot.press("q")
        assert isinstance(pilot.app.screen, ConfirmModal)
        await pilot.press("n")
        assert not isinstance(pilot.app.screen, ConfirmModal)

        await pilot.press("q", "y")
    assert pilot.app.return_code == 0


async def test_quitting_does_not_ask_when_nothing_runs(cockpit: Make) -> None:
    async with cockpit().run_test(size=(120, 30)) as pilot:
        await pilot.press("q")
    assert pilot.app.return_value == 0


async def test_choosing_a_profile_checks_it_and_lists_again(
    session: FakeSession, cockpit: Make
) -> None:
    async with cockpit().run_test(size=(120, 30)) as pilot:
        await pilot.press("1")
        await until_shown(pilot, "arn:aws:iam::111122223333:user/ana")
        await pilot.press("j", "enter")
        await until_shown(pilot, "● archive")

        assert session.used == ["archive"]
        assert "archive" in pilot.app.query_one("#head", Line).text


@pytest.mark.parametrize("key", ["1", "2", "3", "4", "5"])
async def test_help_opens_and_escape_closes_only_the_help(cockpit: Make, key: str) -> None:
    async with cockpit().run_test(size=(100, 30)) as pilot:
        await pilot.press(key, "question_mark")
        assert isinstance(pilot.app.screen, HelpModal)
        place = cockpit_of(pilot.app).pane.place

        await pilot.press("escape")

        assert len(pilot.app.screen_stack) == 1
        assert cockpit_of(pilot.app).pane.place is place


async def test_the_command_line_opens_a_place(cockpit: Make) -> None:
    async with cockpit().run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "node-data")
        await pilot.press("colon", *"s3://road-imagery-prod/coryell/", "enter")

        await until_shown(pilot, "readme.md")


async def test_a_wrong_command_leaves_everything_as_it_is(cockpit: Make) -> None:
    async with cockpit().run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "node-data")
        await pilot.press("colon", *"format", "enter")

        assert cockpit_of(pilot.app).pane.place is Place.BUCKETS
        await pilot.press("j")
        assert cockpit_of(pilot.app).pane.table.cursor.position == 1


async def test_the_palette_finds_a_bucket(cockpit: Make) -> None:
    async with cockpit().run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "node-data")
        await pilot.press("ctrl+p", *"bucket road")
        hits = pilot.app.screen.query_one(CommandList)
        await until(pilot, lambda: [*map(_hit, hits.options)] == ["bucket road-imagery-prod"])
        await settle(pilot)
        await pilot.press("down", "enter")

        await until(pilot, lambda: cockpit_of(pilot.app).pane.place is Place.BROWSER)


async def test_details_stand_beside_the_table_only_where_there_is_room(cockpit: Make) -> None:
    async with cockpit().run_test(size=(120, 30)) as pilot:
        await enter_roads(pilot)
        panel = pilot.app.query_one("#details", Facts)
        await pilot.press("j")
        await until(pilot, lambda: ("size", "25 B") in panel.facts)

        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: not panel.display)


async def test_details_in_a_narrow_terminal_are_an_overlay_below_the_table(cockpit: Make) -> None:
    async with cockpit().run_test(size=(80, 24)) as pilot:
        await enter_roads(pilot)
        panel = pilot.app.query_one("#details", Facts)
        await pilot.press("d", "j")
        await until(pilot, lambda: ("size", "25 B") in panel.facts)

        await pilot.press("escape")

        assert not panel.display
        assert cockpit_of(pilot.app).pane.place is Place.BROWSER


def cockpit_of(app: object) -> Cockpit:
    assert isinstance(app, Cockpit)
    return app


def _says(pilot: Pilot[int], text: str) -> bool:
    return text in status(pilot)


def _hit(option: Option) -> str:
    assert isinstance(option, Command)
    return option.hit.text or ""
