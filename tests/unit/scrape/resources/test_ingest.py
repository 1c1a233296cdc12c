"""Query results become entries: redacted, counted, with every character storable."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given

from s3nav.model.scrape_queries import QueryStatus
from s3nav.scrape.resources.ingest import EntryBuilder
from s3nav.scrape.resources.redact import REDACTED
from tests.support.any_json import any_json
from tests.support.scrape_entries import answer, buckets, record


def builder(*, redacts: bool = True) -> EntryBuilder:
    return EntryBuilder(record(), redacts=redacts, now=lambda: datetime(2026, 11, 20, tzinfo=UTC))


SECRET = answer("rds", "r", "DescribeX", {"Xs": [{"Id": "1", "MasterUserPassword": "hunter22"}]})


def test_an_entry_is_redacted_unless_redaction_is_off() -> None:
    (hidden, shown) = (builder(redacts=redacts).entry(SECRET).document for redacts in (True, False))

    assert hidden is not None
    assert shown is not None
    assert hidden.response["Xs"] == [{"Id": "1", "MasterUserPassword": REDACTED}]
    assert shown.response["Xs"] == [{"Id": "1", "MasterUserPassword": "hunter22"}]


def test_a_denied_query_has_no_document_and_is_counted() -> None:
    made = builder()

    entry = made.entry(answer("s3", None, "X", None, status=QueryStatus.DENIED, code="No"))
    made.entry(buckets("a", "b"))

    assert (entry.document, entry.query.code) == (None, "No")
    counts = made.counts()
    assert (counts.queries, counts.documents, counts.resources) == (2, 1, 2)
    summed = made.summed(record())
    assert dict(summed.queries) == {"denied": 1, "ok": 1}


def test_lone_surrogates_are_escaped() -> None:
    entry = builder().entry(buckets("a\ud800"))

    assert entry.resources[0].id == "a\\ud800"


def test_a_message_with_lone_surrogates_can_be_stored() -> None:
    denied = answer("s3", None, "X", None, status=QueryStatus.DENIED, code="N\ud800")
    denied = msgspec.structs.replace(denied, message="\udfff")

    entry = builder().entry(denied)

    assert (entry.query.code, entry.query.message) == ("N\\ud800", "\\udfff")


@pytest.mark.parametrize("redacts", [True, False])
def test_a_response_that_is_nested_too_deeply_fails_its_query(redacts: bool) -> None:
    deep: object = "end"
    for _ in range(100_000):
        deep = [deep]

    entry = builder(redacts=redacts).entry(answer("s3", None, "X", {"Xs": deep}))

    assert (entry.document, entry.query.status) == (None, QueryStatus.UNAVAILABLE)
    assert "levels deep" in entry.query.message


@given(any_json(["Results", "Response", "Parameters", "Tags", "CreateDate", "Id"]))
def test_every_response_becomes_an_entry(found: object) -> None:
    entry = builder().entry(answer("s3", None, "ListXs", {"Xs": found, "Results": found}))

    assert msgspec.json.encode(entry)


def test_a_moment_of_four_hundred_digits_is_text() -> None:
    [thing] = builder().entry(answer("s3", None, "X", {"Xs": [{"CreateDate": 10**400}]})).resources

    assert thing.created == str(10**400)
