"""Pane 5: start a scrape, explore, search and compare it, and what is shown of failed queries."""

import threading
from collections.abc import Callable, Mapping

import pytest
from textual.pilot import Pilot

from s3nav.model.errors import CredentialsError
from s3nav.model.scrape_queries import Answer, QueryStatus
from s3nav.tui.actions import Place
from s3nav.tui.app import Cockpit
from s3nav.tui.modals.problem import ProblemModal
from s3nav.tui.panes.scrapes.explorer import ExplorerPane
from s3nav.tui.widgets.fold_tree import FoldTree, JsonTree
from tests.support.fake_caller import bad, ok
from tests.support.fake_session import FakeSession
from tests.support.scrape_entries import answer, buckets, entries, record, two_days
from tests.tui.steps import (
    app_of,
    notices,
    settle,
    status,
    table_lines,
    table_text,
    until,
    until_shown,
)

Make = Callable[[], Cockpit]


@pytest.fixture
def account(session: FakeSession) -> FakeSession:
    """Two scrapes a day apart."""
    two_days(session.scrapes().store)
    return session


async def enter_scrapes(pilot: Pilot[int]) -> None:
    await pilot.press("5")
    await until_shown(pilot, "2026-11-20 08:00")


async def enter_explorer(pilot: Pilot[int], resource: str) -> None:
    """Open the newest scrape, and wait until it shows a resource."""
    await enter_scrapes(pilot)
    await pilot.press("enter")
    await until_shown(pilot, resource)


def tree_text(pilot: Pilot[int], which: str) -> str:
    tree = app_of(pilot).base.query_one(which, FoldTree)
    return "\n".join(tree.render_line(y).text.rstrip() for y in range(tree.size.height))


async def test_an_account_never_scraped_says_what_n_does(cockpit: Make) -> None:
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await pilot.press("5")
        await until_shown(pilot, "no scrapes")
        assert "n scrapes your account" in table_text(pilot)


async def test_refused_credentials_are_read_before_anything_is_kept(
    cockpit: Make, session: FakeSession
) -> None:
    session.caller.account = {"sqs": {"ListQueues": lambda *_: ok({})}}
    session.caller.refusal = CredentialsError("the token has expired", remedy="log in again")
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await pilot.press("5", "n", *"sqs", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ProblemModal))
    assert session.scrapes().list() == ()


async def test_an_unknown_service_is_named_with_its_neighbours(
    cockpit: Make, session: FakeSession
) -> None:
    session.caller.account = {"sqs": {"ListQueues": lambda *_: ok({})}}
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await pilot.press("5", "n", *"sqz", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ProblemModal))
        problem = pilot.app.screen
        assert isinstance(problem, ProblemModal)
    assert session.scrapes().list() == ()


async def test_a_scrape_started_here_is_followed_to_its_end(
    cockpit: Make, session: FakeSession
) -> None:
    def queues(region: str, _: Mapping[str, object], __: int) -> Answer:
        if region == "us-east-1":
            return bad(QueryStatus.DENIED, "AccessDenied")
        return ok({"QueueUrls": ["https://sqs/111122223333/orders"]})

    session.caller.account = {"sqs": {"ListQueues": queues}}
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await pilot.press("5", "n", *"sqs", "enter")
        await until_shown(pilot, "done")
        await until(pilot, lambda: "1 of 2 queries not answered" in status(pilot))
        await pilot.press("enter")
        await until_shown(pilot, "orders")
        await until(pilot, lambda: "1 denied" in status(pilot))


async def test_the_number_of_queries_is_at_least_until_all_are_known(
    cockpit: Make, session: FakeSession
) -> None:
    known, done = threading.Event(), threading.Event()

    def buckets_when(event: threading.Event) -> Callable[..., Answer]:
        def answer(*_: object) -> Answer:
            assert event.wait(120)
            return ok({"Buckets": [{"Name": "a"}]})

        return answer

    session.caller.account = {
        "s3": {"ListBuckets": buckets_when(known), "GetBucketPolicy": buckets_when(done)}
    }
    session.caller.child_of = {"GetBucketPolicy": ("ListBuckets", lambda _: [{"Bucket": "a"}])}
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await pilot.press("5", "n", *"s3", "enter")
        await until(pilot, lambda: "0 of at least 1 queries so far" in status(pilot))
        known.set()
        await until(pilot, lambda: "1 of 2 queries so far" in status(pilot))
        done.set()
        await until(pilot, lambda: "all 2 queries answered" in status(pilot))


async def test_queries_without_an_answer_are_counted_while_the_scrape_runs(
    cockpit: Make, session: FakeSession
) -> None:
    done = threading.Event()

    def last(*_: object) -> Answer:
        assert done.wait(120)
        return ok({})

    session.caller.account = {
        "s3": {"ListBuckets": lambda *_: bad(QueryStatus.DENIED), "ListDirectoryBuckets": last}
    }
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await pilot.press("5", "n", *"s3", "enter")
        await until(pilot, lambda: "1 of 2 queries so far" in status(pilot))

        shown = next(line for line in table_lines(pilot) if "running" in line).split()

        done.set()
        await until_shown(pilot, "done")
    assert shown[5:8] == ["0", "0", "1"], "resources, documents, not answered"


async def test_the_timeline_counts_one_scrape_as_one(cockpit: Make, session: FakeSession) -> None:
    session.caller.account = {"s3": {"ListBuckets": lambda *_: ok({"Buckets": [{"Name": "a"}]})}}
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await pilot.press("5", "n", *"s3", "enter")
        await until_shown(pilot, "done")
        await pilot.press("t")

        await until(
            pilot,
            lambda: "1 scrape, 0 failed · 1 resource in 1 document · 1 service" in status(pilot),
        )


async def test_queries_a_service_does_not_have_are_counted_apart(
    cockpit: Make, session: FakeSession
) -> None:
    session.caller.account = {
        "sqs": {
            "ListQueues": lambda *_: ok({"QueueUrls": ["https://sqs/111122223333/orders"]}),
            "ListNothing": lambda *_: bad(QueryStatus.UNSUPPORTED, "501"),
        }
    }
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await pilot.press("5", "n", *"sqs", "enter")
        await until_shown(pilot, "done")
        await until(
            pilot,
            lambda: "all 2 queries answered, 2 more are unsupported" in status(pilot),
        )


async def test_the_tree_narrows_the_rows_and_the_json_follows_the_cursor(
    cockpit: Make, account: FakeSession
) -> None:
    async with cockpit().run_test(size=(160, 40)) as pilot:
        await enter_explorer(pilot, "i-00000004")
        await until(pilot, lambda: "ec2" in tree_text(pilot, "#queries"))
        app_of(pilot).base.query_one("#queries", FoldTree).focus()
        await pilot.press("j")
        await until(pilot, lambda: "3 resources · ec2" in status(pilot))
        assert "[bold]new" not in table_text(pilot)
        await pilot.press("tab", "j")
        await until(pilot, lambda: "m7g.large" in tree_text(pilot, "#json"))


async def test_names_from_the_account_are_neither_markup_nor_obeyed(
    cockpit: Make, account: FakeSession
) -> None:
    async with cockpit().run_test(size=(160, 40)) as pilot:
        await enter_explorer(pilot, "[bold]new[/bold]")
        await pilot.press("G")
        await until(pilot, lambda: "[bold]new[/bold]" in tree_text(pilot, "#json"))


async def test_a_search_finds_by_tag_and_escape_shows_everything_again(
    cockpit: Make, account: FakeSession
) -> None:
    async with cockpit().run_test(size=(160, 40)) as pilot:
        await enter_explorer(pilot, "i-00000004")
        await pilot.press("f", *"web-4", "enter")
        await until(pilot, lambda: "1 resource · with `web-4`" in status(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: "5 resources · everything" in status(pilot))
        await pilot.press("escape")
        await until_shown(pilot, "STARTED")


async def test_in_a_narrow_terminal_enter_shows_the_json_over_the_table(
    cockpit: Make, account: FakeSession
) -> None:
    async with cockpit().run_test(size=(80, 24)) as pilot:
        await enter_explorer(pilot, "i-00000004")
        await pilot.press("enter")
        await until(pilot, lambda: "InstanceId" in tree_text(pilot, "#json"))
        assert app_of(pilot).base.query_one(JsonTree).has_focus
        await pilot.press("escape")
        await until(pilot, lambda: not app_of(pilot).base.query_one(JsonTree).size.width)
        assert app_of(pilot).base.query_one(ExplorerPane).table.has_focus


async def test_two_scrapes_are_compared_with_fields_at_the_side(
    cockpit: Make, account: FakeSession
) -> None:
    async with cockpit().run_test(size=(160, 40)) as pilot:
        await enter_scrapes(pilot)
        await pilot.press("c")
        await until(pilot, lambda: "2 added" in status(pilot))
        assert "2 removed" in status(pilot)
        assert "1 changed" in status(pilot)
        marks = {line.split()[1] for line in table_lines(pilot) if "i-0000" in line}
        assert marks >= {"-"} or marks >= {"+"}
        await pilot.press("escape")
        await until_shown(pilot, "STARTED")


async def test_what_a_failed_query_hides_is_unknown_and_not_removed(
    cockpit: Make, account: FakeSession
) -> None:
    later = record("scrape_20261121_080000_00000003", days_ago=-1)
    store = account.scrapes().store
    store.save_scrape(later)
    denied = answer(
        "ec2", "us-east-1", "DescribeInstances", None, status=QueryStatus.DENIED, code="Denied"
    )
    store.add(entries(later, denied, buckets("logs", "[bold]new[/bold]")))
    async with cockpit().run_test(size=(160, 40)) as pilot:
        await enter_scrapes(pilot)
        await pilot.press("c")
        await until(pilot, lambda: "3 unknown" in status(pilot))
        assert "0 removed" in status(pilot)


async def test_the_first_scrape_has_nothing_to_be_compared_with(
    cockpit: Make, account: FakeSession
) -> None:
    async with cockpit().run_test(size=(120, 36), notifications=True) as pilot:
        await enter_scrapes(pilot)
        await pilot.press("G", "c")

        assert notices(pilot) == [
            "mark two scrapes with space, or go to one that has another below"
        ]
        assert app_of(pilot).pane.place is Place.SCRAPES


async def test_days_and_services_have_bars(cockpit: Make, account: FakeSession) -> None:
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await enter_scrapes(pilot)
        await pilot.press("t")
        await until_shown(pilot, "2026-11-19")
        await pilot.press("t")
        await until_shown(pilot, "ec2")


async def test_a_scrape_is_only_deleted_when_the_word_is_typed(
    cockpit: Make, account: FakeSession
) -> None:
    async with cockpit().run_test(size=(120, 36)) as pilot:
        await enter_scrapes(pilot)
        await pilot.press("D", "y", "enter")
        await settle(pilot)
        assert account.scrapes().count() == 2
        await pilot.press("D", *"delete", "enter")
        await until(pilot, lambda: account.scrapes().count() == 1)
