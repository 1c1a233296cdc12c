"""Errors, prices, scrapes and settings in the words that every front end shows."""

import json
import tomllib
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from s3nav.browse import Gap
from s3nav.model.errors import NotFoundError
from s3nav.model.events import ScrapeProgress
from s3nav.model.scrape_queries import ScrapeState
from s3nav.present import price_words, problem_lines, scrape_words
from s3nav.present.buckets import gap_words, more_or_less, short_age, signed_size, source_of_dates
from s3nav.present.cockpit_opening import dropped_words
from s3nav.present.headless_line import headless_line
from s3nav.present.settings_file import as_file
from s3nav.present.transfers import check_summary_lines, verifying_line
from s3nav.pricing import IndexedVersion, SearchResult, Share, Tier
from s3nav.settings import Settings
from s3nav.transfer import Finding
from tests.support.scrape_entries import START, record

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def test_an_error_has_its_slug_context_and_remedy() -> None:
    error = NotFoundError("no bucket `b`", remedy="`s3nav ls` lists them", context={"bucket": "b"})

    assert problem_lines.lines(error) == [
        "error[not-found]: no bucket `b`",
        "  bucket: b",
        "  hint: `s3nav ls` lists them",
    ]


def test_an_error_cannot_control_the_terminal() -> None:
    assert problem_lines.headline(NotFoundError("no \x1b[31m")) == "error[not-found]: no \\x1b[31m"


def test_a_very_long_message_loses_its_middle() -> None:
    shown = problem_lines.headline(NotFoundError("a" + "x" * 5_000 + "z"))

    assert len(shown) < 2_100
    assert shown.startswith("error[not-found]: ax")
    assert shown.endswith("xz")
    assert "…" in shown


@pytest.mark.parametrize(
    ("written", "shown"), [("0.0230000000", "0.023"), ("0", "0"), ("", "–"), ("see AWS", "see AWS")]
)
def test_a_price_has_no_trailing_zeros(written: str, shown: str) -> None:
    assert price_words.price(written) == shown


@pytest.mark.parametrize(
    ("part", "shown"), [("0.087", "+8.7 %"), ("-0.12", "−12 %"), ("0", "0 %"), ("1", "+100 %")]
)
def test_a_relative_change_has_its_sign(part: str, shown: str) -> None:
    assert price_words.signed_percent(Decimal(part)) == shown


def test_a_cut_search_reports_a_lower_bound_and_its_corrections() -> None:
    found = SearchResult(hits=(), total=1_000, is_cut=True, corrected={"retreival": "retrieval"})

    assert price_words.found_line(found, shown=50) == (
        "50 of 1,000+ products · `retreival` not found: searched for `retrieval`"
    )


def version(checked_at: str) -> IndexedVersion:
    return IndexedVersion(
        version_id=1,
        offer="AmazonS3",
        region="us-east-1",
        version="20260116160258",
        published_at="2026-11-17T00:00:00Z",
        indexed_at=checked_at,
        checked_at=checked_at,
        is_savings_plan=False,
        products=2,
        rates=3,
        first_product=1,
        last_product=2,
    )


def test_prices_are_stale_a_week_after_the_last_check() -> None:
    fresh, stale = version("2026-11-13T08:00:01Z"), version("2026-11-13T08:00:00Z")

    assert (price_words.is_stale(fresh, NOW), price_words.is_stale(stale, NOW)) == (False, True)
    assert price_words.is_stale(version("never"), NOW)
    row = price_words.status_row(stale, NOW)
    assert row.cells[3:5] == ("2026-11-17 (3 d old)", "7 d old")
    assert row.cells[7] == "stale"


def test_the_share_of_each_tier_is_a_row_with_open_end() -> None:
    tier = Tier(begin=Decimal(51200), end=None, price=Decimal("0.022"))
    share = Share(tier=tier, quantity=Decimal(10), cost=Decimal("0.22"))

    (row,) = price_words.cost_rows([share], "GB")

    assert row.values == ("51200", None, "10", "GB", "0.022", "0.22")
    assert row.cells == ("51,200", "∞", "10", "GB", "0.022", "0.22")


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


@pytest.mark.parametrize(
    ("gaps", "words"),
    [
        (None, "not known"),
        ([], ""),
        ([("2026-11-03", "2026-11-03")], "2026-11-03"),
        (
            [("2026-11-03", "2026-11-03"), ("2026-11-07", "2026-11-09"), ("2026-11-12",) * 2],
            "2026-11-03, 2026-11-07 to 2026-11-09 and 1 more",
        ),
    ],
)
def test_gaps_are_days_and_ranges(gaps: list[tuple[str, str]] | None, words: str) -> None:
    found = None
    if gaps is not None:
        found = [
            Gap(first=date.fromisoformat(first), last=date.fromisoformat(last))
            for first, last in gaps
        ]

    assert gap_words(found, 2) == words


def test_dates_from_keys_name_their_pattern() -> None:
    assert source_of_dates("%Y/%m/%d", in_keys=True) == "%Y/%m/%d"
    assert source_of_dates("", in_keys=True) == "not found in keys"
    assert source_of_dates("", in_keys=False) == "last change"


@pytest.mark.parametrize(
    ("moment", "age"),
    [
        ("2026-11-20T07:59:30", "now"),
        ("2026-11-20T07:48:00", "12 min"),
        ("2026-11-18T09:00:00", "47 h"),
        ("2026-11-18T08:00:00", "2 d"),
    ],
)
def test_an_age_is_short(moment: str, age: str) -> None:
    assert short_age(datetime.fromisoformat(moment).replace(tzinfo=UTC), NOW) == age


def test_changes_of_size_and_cost_have_a_direction() -> None:
    assert [signed_size(n, "auto") for n in (1_200_000, 0, -12_000)] == [
        "+1.2 MB",
        "0 B",
        "-12.0 KB",
    ]
    assert more_or_less(Decimal("1.2")) == "$1.2000 more a month"
    assert more_or_less(Decimal(-12)) == "$12.0000 less a month"
    assert more_or_less(Decimal(0)) == "the same a month"


def test_dropped_options_are_listed_as_far_as_they_fit() -> None:
    dropped = ("--min-size 1MB", "--since 2026-01-01")

    assert dropped_words(dropped, 200) == (
        "not applied here: --min-size 1MB, --since 2026-01-01; run with --headless"
    )
    assert dropped_words(dropped, 70) == (
        "not applied here: --min-size 1MB and 1 more; run with --headless"
    )
    assert dropped_words(dropped, 20) == "2 options not applied here; run with --headless"


def test_a_headless_line_has_the_connection_and_no_secret() -> None:
    settings = Settings(profile="work", region="eu-west-1", secret_key="hidden")

    line = headless_line(["ls", "s3://b/a b"], settings)

    assert line == "s3nav --headless --profile work --region eu-west-1 ls 's3://b/a b'"


def test_the_endpoint_of_a_demo_is_not_repeated() -> None:
    settings = Settings(endpoint_url="http://127.0.0.1:1234")

    assert headless_line(["ls"], settings, {"demo": ["--demo"]}) == "s3nav --headless --demo ls"


@pytest.mark.parametrize("suffix", [".toml", ".json"])
def test_a_settings_file_has_the_defaults_and_no_secret(suffix: str) -> None:
    text = as_file(suffix)
    values = tomllib.loads(text) if suffix == ".toml" else json.loads(text)

    assert values["retry_attempts"] == Settings().retry_attempts
    assert "secret_key" not in text


def test_a_verification_counts_files_that_differ() -> None:
    findings = Counter({Finding.OK: 1_230, Finding.MISSING: 3, Finding.NOT_PROVABLE: 1})

    assert verifying_line(findings) == "Verifying: 1,234 files, 3 differ from the bucket"
    assert "Missing:          3" in check_summary_lines(findings)
