"""The cockpit's dollars: the session's, a job's, a selection's, a bucket's month, an object's."""

import time
from collections.abc import Callable, Iterator, Sequence

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from s3nav.model.errors import AccessDeniedError
from s3nav.model.events import JobState
from s3nav.model.objects import ObjectFact
from s3nav.model.request_counts import Usage
from s3nav.model.text.quantities import GIB
from s3nav.transfer import JobUsage, PlannedItem, Preview, Selection
from s3nav.tui.app import Cockpit
from s3nav.tui.modals.cost import CostModal
from s3nav.tui.panes.transfers.job_side import EstimatePanel
from s3nav.tui.widgets.line import Line
from s3nav.tui.widgets.session_dollars import SessionDollars
from tests.support.fake_session import FakeCounting, FakeSession, FakeTransfers, stats_of
from tests.tui.steps import app_of, painted, settle, until, until_shown

Make = Callable[[], Cockpit]


def head(pilot: Pilot[int]) -> str:
    line = app_of(pilot).base.query_one("#head", Line)
    return "".join(text for text, _ in line.right)


def facts(pilot: Pilot[int]) -> dict[str, str]:
    return dict(app_of(pilot).base.query_one(EstimatePanel).facts)


def dialog(pilot: Pilot[int]) -> str:
    """What the modal says."""
    screen = app_of(pilot).screen
    return "\n".join(str(static.content) for static in screen.query(Static))


def usage(asked_gets: int) -> JobUsage:
    planned = Usage(lists=13, gets=12_408, objects=12_408, size_bytes=104 * GIB)
    asked = Usage(lists=13, gets=asked_gets, size_bytes=asked_gets * GIB // 128)
    key = ("backups-eu", "STANDARD")
    return JobUsage(
        planned={key: planned}, made={key: asked}, requester_pays=True, part_bytes=16 << 20
    )


async def test_the_header_says_nothing_before_anything_was_asked(cockpit: Make) -> None:
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "backups-eu")
        app_of(pilot).base.query_one(SessionDollars).price()
        await settle(pilot)

        assert "session" not in head(pilot)


async def test_the_header_counts_what_the_session_has_asked(
    session: FakeSession, cockpit: Make
) -> None:
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "backups-eu")
        for _ in range(620):
            session.meter.count("backups-eu", "STANDARD", Usage(lists=1))
        await until(pilot, lambda: "session $0.0031" in head(pilot))

        session.meter.count("backups-eu", "GLACIER_IR", Usage(gets=1, size_bytes=10 * GIB))

        # 0.0031 + a GET of 0.00001 + 10 GB read from Glacier IR; the transfer is free yet.
        await until(pilot, lambda: "session $0.3031" in head(pilot))


async def test_a_price_that_is_missing_makes_it_at_least(
    session: FakeSession, cockpit: Make
) -> None:
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "backups-eu")
        session.memory.make_bucket("far", "mx-central-1")
        session.meter.count("far", "STANDARD", Usage(gets=1, size_bytes=1))

        await until(pilot, lambda: "session ≥ $0.0000" in head(pilot))


async def test_the_side_of_the_queue_has_the_estimate_and_the_meter_of_the_job(
    session: FakeSession, cockpit: Make
) -> None:
    session.queue.usages["a"] = usage(asked_gets=9182)
    session.queue.add("a", title="s3://backups-eu/", state=JobState.RUNNING)
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await pilot.press("3")

        await until(pilot, lambda: "metered" in facts(pilot))

        shown = facts(pilot)
        assert shown["bytes"] == "111.7 GB"
        assert shown["requests"] == "LIST 13 · GET 12,408  $0.0050"
        assert shown["free tier"] == "100.0 GB"
        assert shown["transfer"] == "4.0 GB × 0.09  $0.3600"
        assert shown["requester pays"] == "$0.3650"
        assert shown["metered"] == "$0.0037, 9,182 of 12,408 GETs"
        assert shown["prices"] == "eu-west-1 of 2025-06-05 (bundled snapshot)"


async def test_the_meter_of_a_running_job_moves(session: FakeSession, cockpit: Make) -> None:
    session.queue.usages["a"] = usage(asked_gets=1)
    session.queue.add("a", title="s3://backups-eu/", state=JobState.RUNNING)
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: "1 of 12,408" in facts(pilot).get("metered", ""))

        session.queue.usages["a"] = usage(asked_gets=2)

        await until(pilot, lambda: "2 of 12,408" in facts(pilot).get("metered", ""))


async def test_an_estimate_made_while_the_queue_is_hidden_is_whole_when_it_is_shown(
    session: FakeSession, cockpit: Make
) -> None:
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await pilot.press("3")
        await settle(pilot)
        await pilot.press("2")
        session.queue.usages["a"] = usage(asked_gets=1)
        session.queue.add("a", title="s3://backups-eu/", state=JobState.RUNNING)
        await until(pilot, lambda: "metered" in facts(pilot))
        await pilot.press("3")
        await settle(pilot)

        screen = painted(pilot.app)
        assert "Estimate: s3://backups-eu/" in screen
        assert "bytes          111.7 GB" in screen
        assert "under the cursor" not in screen


async def test_a_job_whose_usage_was_not_kept_says_so(session: FakeSession, cockpit: Make) -> None:
    session.queue.add("a", title="s3://backups-eu/", state=JobState.DONE)
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await pilot.press("3")

        await until(pilot, lambda: "not kept" in facts(pilot).get("", ""))


async def test_without_a_job_the_panel_says_what_it_is_for(cockpit: Make) -> None:
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await pilot.press("3")
        await settle(pilot)

        panel = app_of(pilot).base.query_one(EstimatePanel)
        assert (panel.title, panel.facts) == ("Estimate", ())
        assert "under the cursor" in panel.note[0]


async def test_dollar_says_what_a_bucket_costs_to_fetch_and_to_keep(
    session: FakeSession, cockpit: Make
) -> None:
    session.queue.facts["backups-eu"] = [
        ObjectFact(key=f"{n}", size_bytes=GIB, storage_class="STANDARD_IA") for n in range(200)
    ]
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "backups-eu")
        await pilot.press("dollar_sign")
        await until(pilot, lambda: "a month" in dialog(pilot))

        said = dialog(pilot)
        assert isinstance(app_of(pilot).screen, CostModal)
        assert "to fetch       200 objects, 214.7 GB" in said
        assert "retrieval      200.0 GB × 0.01  $2.0000" in said
        assert "transfer       100.0 GB × 0.09  $9.0000" in said
        assert "storage        $2.5000 a month" in said
        assert "eu-west-1 of 2025-06-05" in said
        await pilot.press("escape")
        assert not isinstance(app_of(pilot).screen, CostModal)
    assert session.queue.orders == []


async def test_one_object_is_one_object(session: FakeSession, cockpit: Make) -> None:
    session.queue.facts["backups-eu"] = [ObjectFact(key="k", size_bytes=1)]
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "backups-eu")
        await pilot.press("dollar_sign")
        await until(pilot, lambda: "a month" in dialog(pilot))

        assert "to fetch       1 object, 1 B" in dialog(pilot)


async def test_dollar_in_the_browser_prices_what_is_marked(
    session: FakeSession, cockpit: Make
) -> None:
    session.memory.put("backups-eu", "annual.tar", b"x" * 5000)
    session.memory.put("backups-eu", "weekly.tar", b"x")
    session.queue.facts["backups-eu"] = [ObjectFact(key="annual.tar", size_bytes=5000)]
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "backups-eu")
        await pilot.press("enter")
        await until_shown(pilot, "annual.tar")
        await pilot.press("j", "dollar_sign")

        await until(pilot, lambda: "a month" in dialog(pilot))

        sources = session.queue.selections[-1].sources
        assert [str(source.place) for source in sources] == ["s3://backups-eu/annual.tar"]
        assert sources[0].literal


async def test_a_selection_that_cannot_be_listed_says_why(
    session: FakeSession, cockpit: Make
) -> None:
    session.queue.plan_error = AccessDeniedError("you may not list it")
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "backups-eu")
        await pilot.press("dollar_sign")

        await until(pilot, lambda: "error[access-denied]: you may not list it" in dialog(pilot))


async def test_leaving_the_question_stops_the_listing(
    session: FakeSession, cockpit: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Callable[[], bool]] = []

    def read(
        _transfers: FakeTransfers,
        _selection: Selection,
        preview: Preview,
        *,
        is_stopped: Callable[[], bool],
    ) -> Iterator[Sequence[PlannedItem]]:
        preview.fetch_files = 7
        asked.append(is_stopped)
        while True:
            time.sleep(0.01)
            yield []

    monkeypatch.setattr(FakeTransfers, "read", read)
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "backups-eu")
        await pilot.press("dollar_sign")
        await until(pilot, lambda: "7 objects" in dialog(pilot))
        await pilot.press("escape")

        await until(pilot, asked[0])


async def test_counted_buckets_say_what_they_cost_a_month(
    counting: FakeCounting, cockpit: Make
) -> None:
    terabyte = 1024 * GIB
    counting.stats["backups-eu"] = stats_of(
        "backups-eu", region="eu-west-1", objects=5, size_bytes=terabyte,
        by_class={"STANDARD": terabyte},
    )  # fmt: skip
    counting.stats["node-data"] = stats_of(
        "node-data", region="eu-west-1", objects=5, size_bytes=2 * terabyte,
        by_class={"STANDARD": terabyte, "GLACIER": terabyte},
    )  # fmt: skip
    async with cockpit().run_test(size=(150, 36)) as pilot:
        await until_shown(pilot, "backups-eu")
        await pilot.press("Z")

        await until_shown(pilot, "$23.5520")  # 1,024 × 0.023
        # The storage of the archived objects' names is not counted, so this is the least it costs.
        await until_shown(pilot, "≥ $27.2384")


async def test_an_object_says_what_it_costs_a_month(session: FakeSession, cockpit: Make) -> None:
    session.memory.put("backups-eu", "annual.tar", b"x" * 5_000_000)
    async with cockpit().run_test(size=(150, 36)) as pilot:
        await until_shown(pilot, "backups-eu")
        await pilot.press("enter")
        await until_shown(pilot, "annual.tar")
        await pilot.press("j")

        details = app_of(pilot).base.query_one("#details")

        await until(pilot, lambda: dict(details.facts).get("a month") == "$0.0001")  # type: ignore[attr-defined]
