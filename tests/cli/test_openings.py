"""What the cockpit shows of a command that was typed without --headless, and what it drops."""

import shlex

import pytest

from s3nav.model.places import S3Uri
from s3nav.present.cockpit_opening import Opening, dropped_words
from tests.support.command_line import Shell


def opened(shell: Shell, *words: str) -> Opening:
    ended = shell.run(*words, terminal=True)

    assert ended.exit_code == 0, ended.stderr
    (opening,) = shell.openings
    return opening


@pytest.mark.parametrize(
    ("words", "dropped"),
    [
        ("ls s3://b/p/ --limit 3 -r", ("-r", "--limit 3")),
        ("ls s3://b/p/", ()),
        ("buckets -t", ("-t",)),
        ("buckets s3://dev s3://prod --fresh", ("s3://prod", "--fresh")),
        ("jobs list", ()),
        ("jobs show 1ab0", ("1ab0",)),
        ("jobs cancel 1ab0", ("jobs cancel 1ab0",)),
        ("jobs clear", ("jobs clear",)),
        ("pricing search glacier --limit 7", ("--limit 7",)),
        ("pricing download --service AmazonS3", ("pricing download --service AmazonS3",)),
        ("scrape search prod --limit=7", ("--limit 7",)),
        ("scrape run --services ec2", ("scrape run --services ec2",)),
        ("profiles test prod", ("profiles test prod",)),
        ("scan show s3://b/p --top 3", ("--top 3",)),
        ("download s3://b --report 'a b.jsonl' --yes", ("--report 'a b.jsonl'", "--yes")),
        ("download --all-buckets", ("--all-buckets",)),
        ("estimate --objects 5 --bytes 1KB", ("--objects 5", "--bytes 1KB")),
        ("ls s3://b --region eu-west-1 --verbose", ()),
    ],
)
def test_what_a_pane_cannot_show_is_dropped_by_name(
    shell: Shell, words: str, dropped: tuple[str, ...]
) -> None:
    assert opened(shell, *shlex.split(words)).dropped == dropped


def test_a_search_of_prices_is_handed_over_with_its_facets(shell: Shell) -> None:
    opening = opened(shell, "pricing", "search", "glacier", "retrieval", "--service", "AmazonS3")

    assert (opening.pane, opening.search) == ("prices", "glacier retrieval")
    assert opening.narrowed == {"service": "AmazonS3"}


def test_a_search_of_scrapes_is_handed_over(shell: Shell) -> None:
    opening = opened(shell, "scrape", "search", "prod")

    assert (opening.pane, opening.search) == ("scrapes", "prod")


def test_counting_again_is_handed_over(shell: Shell) -> None:
    assert opened(shell, "buckets", "--fresh").counts


@pytest.mark.parametrize(
    ("words", "overlay", "counts"),
    [
        (("scan", "s3://b/p"), "scan", False),
        (("scan", "s3://b/p", "--fresh"), "scan", True),
        (("scan", "show", "s3://b/p"), "scan", False),
        (("scan", "list", "s3://b/p"), "history", False),
    ],
)
def test_scans_open_over_the_buckets(
    shell: Shell, words: tuple[str, ...], overlay: str, counts: bool
) -> None:
    opening = opened(shell, *words)

    assert (opening.place, opening.overlay) == (S3Uri("b", "p"), overlay)
    assert opening.counts is counts


@pytest.mark.parametrize(
    ("verb", "more", "overlay"),
    [("download", (), "download"), ("download", ("--dry-run",), "cost"), ("estimate", (), "cost")],
)
def test_a_selection_is_handed_over_with_its_filters(
    shell: Shell, verb: str, more: tuple[str, ...], overlay: str
) -> None:
    opening = opened(
        shell,
        verb,
        "s3://b/",
        "s3://c/",
        "--include",
        "*.csv",
        "--storage-class",
        "standard",
        *more,
    )

    assert (opening.pane, opening.overlay, opening.dropped) == ("transfers", overlay, ())
    assert opening.selection is not None
    assert [str(source.place) for source in opening.selection.sources] == ["s3://b", "s3://c"]
    assert opening.selection.filters.include == ("*.csv",)
    assert opening.selection.filters.storage_classes == ("STANDARD",)
    assert opening.filters == "--include '*.csv', --storage-class standard"


def test_filters_that_make_no_sense_are_reported_before_the_cockpit_opens(shell: Shell) -> None:
    ended = shell.run(
        "download", "s3://b", "--last-days", "2", "--start-date", "2026-11-01", terminal=True
    )

    assert ended.exit_code == 2
    assert shell.openings == []


def test_the_connection_goes_along(shell: Shell) -> None:
    opening = opened(shell, "ls", "--demo", "-p", "x")

    assert opening.connection == {"demo": ["--demo"], "profile": ["--profile", "x"]}


def test_what_was_dropped_is_one_line() -> None:
    assert dropped_words(("--min-size 1MB", "--limit 3"), 78) == (
        "not applied here: --min-size 1MB, --limit 3; run with --headless"
    )


def test_in_little_room_the_number_of_dropped_options_stays() -> None:
    dropped = ("--min-size 1MB", "--limit 3", "--report " + "x" * 80)

    assert dropped_words(dropped, 70) == (
        "not applied here: --min-size 1MB and 2 more; run with --headless"
    )
    assert dropped_words(dropped[2:], 70) == "1 option not applied here; run with --headless"
