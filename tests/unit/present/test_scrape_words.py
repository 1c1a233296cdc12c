"""Scrapes in the words that every front end shows."""

from s3nav.model.events import ScrapeProgress
from s3nav.model.scrape_queries import ScrapeState
from s3nav.present import scrape_words
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
