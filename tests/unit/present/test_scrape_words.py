"""Scrapes in the words that every front end shows."""

from msgspec.structs import replace

from s3nav.model.events import ScrapeProgress
from s3nav.model.scrape_queries import QueryStatus, ScrapeState
from s3nav.present import scrape_words
from s3nav.scrape import Change, FieldChange, QueryFact, Resource
from tests.support.scrape_entries import START, record


def test_scrape_progress_says_at_least_until_all_queries_are_known() -> None:
    progress = ScrapeProgress(
        scrape_id="s",
        state=ScrapeState.RUNNING,
        queries_done=12,
        queries_known=40,
        documents=1,
        resources=3,
        newest_service="sqs",
        by_service=(("ec2", 1), ("sqs", 5)),
    )

    assert scrape_words.progress_line(progress) == (
        "12 of at least 40 queries (sqs), 1 document, 3 resources · sqs 5, ec2 1"
    )


def test_a_scrape_row_shortens_long_lists_on_screen_only() -> None:
    row = scrape_words.scrape_row(record("scrape_a"))

    assert row.values[3] == START.isoformat()
    assert row.cells[2:5] == ["yes", "2026-11-20 08:00:00", "2.0"]
    assert row.cells[6] == "ec2,s3"


RESOURCE = Resource(
    scrape_id="scrape_a",
    service="ec2",
    region=None,
    operation="DescribeInstances",
    pointer="",
    key=1,
    digest=7,
    type="instance",
    id="i-1",
    name="",
    arn="",
    created="",
    tags={"env": "prod", "Name": "web"},
)


def test_a_scrape_that_runs_has_neither_a_result_nor_a_duration() -> None:
    running = replace(record("scrape_a"), success=None, duration_seconds=None, end_time=None)

    row = scrape_words.scrape_row(running)

    assert (row.values[2], row.cells[2]) == (None, "–")
    assert (row.values[4], row.cells[4]) == (None, "–")


def test_a_failed_scrape_has_its_problem() -> None:
    failed = replace(record("scrape_a"), success=False, problem="no credentials")

    assert scrape_words.scrape_row(failed).cells[2] == "no"
    assert scrape_words.run_result(failed)["problem"] == "no credentials"
    assert scrape_words.run_result(record("scrape_a"))["problem"] is None


def test_many_regions_are_shortened_on_screen_only() -> None:
    many = replace(record("scrape_a"), regions=("a", "b", "c", "d"))

    row = scrape_words.scrape_row(many)

    assert (row.values[7], row.cells[7]) == ("a,b,c,d", "a,b,… (4)")


def test_a_query_of_no_region_is_global_and_a_long_message_is_cut() -> None:
    query = QueryFact(
        scrape_id="scrape_a",
        service="iam",
        region=None,
        operation="ListUsers",
        status=QueryStatus.DENIED,
        code="AccessDenied",
        message="x" * 500,
        at=START,
    )

    row = scrape_words.query_row(query)

    assert (row.values[1], row.cells[1]) == (None, "global")
    assert row.values[3] == "denied"
    assert row.values[-1] == "x" * 500
    assert len(row.cells[-1]) < 500


def test_a_change_that_cannot_be_decided_says_why() -> None:
    unknown = Change(verdict="unknown", resource=RESOURCE, reason="the newer query was denied")
    changed = Change(
        verdict="changed",
        resource=RESOURCE,
        fields=(
            FieldChange(path="/Size", before=None, after=3),
            FieldChange(path="/A", before="x"),
        ),
    )

    assert scrape_words.change_row(unknown).cells[-1] == "the newer query was denied"
    assert scrape_words.change_row(changed).cells[-1] == "/Size: nothing → 3; /A: x → nothing"
    assert scrape_words.change_json(changed)["reason"] is None


def test_a_resource_as_data_has_no_key_of_the_store() -> None:
    found = scrape_words.resource_json(RESOURCE)

    assert {"key", "digest"} & found.keys() == set()
    assert found["id"] == "i-1"
    assert scrape_words.resource_row(RESOURCE).cells[6] == "env=prod, Name=web"


def test_queries_are_counted_by_status() -> None:
    assert scrape_words.status_words({"ok": 12, "denied": 5}) == "12 ok, 5 denied"
    assert scrape_words.status_words({}) == "no queries"
