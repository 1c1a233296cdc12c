"""Query results become entries: redacted, counted, with every character storable."""

from datetime import UTC, datetime

from s3nav.model.scrape_queries import QueryStatus
from s3nav.scrape.resources.ingest import EntryBuilder
from s3nav.scrape.resources.redact import REDACTED
from tests.support.scrape_entries import answer, buckets, record


def builder(*, redacts: bool = True) -> EntryBuilder:
    return EntryBuilder(record(), redacts=redacts, now=lambda: datetime(2026, 11, 20, tzinfo=UTC))


SECRET = answer("rds", "r", "DescribeX", {"Xs": [{"Id": "1", "MasterUserPassword": "hunter22"}]})


def test_an_entry_is_redacted_unless_told_otherwise() -> None:
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
