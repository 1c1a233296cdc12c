from datetime import date
from pathlib import Path

import pytest

from s3nav.cli.arguments.selection_args import expand_lists
from s3nav.model.errors import NotFoundError
from s3nav.model.places import S3Uri
from s3nav.transfer import Filters, JobRecord, Preview, Selection, Source, Transfers, Verification
from tests.support.command_line import Shell, Terminal


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[Selection]:
    """Selections that reach the transfer room; the plan then ends with an error."""
    seen: list[Selection] = []

    def plan(
        _transfers: Transfers, selection: Selection, _preview: Preview, **_rest: object
    ) -> JobRecord:
        seen.append(selection)
        raise NotFoundError("the test has seen enough")

    monkeypatch.setattr(Transfers, "plan", plan)
    return seen


def test_without_a_source_all_accessible_buckets_are_meant(
    two_buckets: Shell, planned: list[Selection]
) -> None:
    ended = two_buckets.headless("download")

    assert "no source was named: all 2 accessible buckets" in ended.stderr
    assert planned[0].sources == tuple(
        Source(place=S3Uri(name), may_be_denied=True) for name in ("dev", "prod")
    )


def test_all_buckets_are_asked_about_when_someone_can_answer(
    two_buckets: Shell, planned: list[Selection]
) -> None:
    two_buckets.stdin = Terminal("n\n")

    ended = two_buckets.headless("download")

    assert ended.exit_code == 130
    assert "[y/N]" in ended.stderr
    assert planned == []


def test_filters_and_settings_reach_the_selection(
    two_buckets: Shell, planned: list[Selection], tmp_path: Path
) -> None:
    two_buckets.headless(
        *["download", "s3://dev/img/", "--download-dir", "out", "--overwrite", "--no-verify"],
        *["--extensions", ".PNG", "jpg,*.tif", "--include", "*1*", "--exclude", "*2*"],
        *["--min-size", "1KiB", "--max-size", "1.5MB", "--requester-pays"],
        *["--storage-class", "standard", "--start-date", "2026-11-01", "--end-date", "2026-11-02"],
    )

    assert planned == [
        Selection(
            sources=(Source(place=S3Uri("dev", "img/")),),
            target=tmp_path / "out",
            filters=Filters(
                extensions=(".png", ".jpg", ".tif"),
                include=("*1*",),
                exclude=("*2*",),
                min_size_bytes=1024,
                max_size_bytes=1_500_000,
                storage_classes=("STANDARD",),
                start_date=date(2026, 11, 1),
                end_date=date(2026, 11, 2),
            ),
            overwrite=True,
            requester_pays=True,
            verify=Verification.NONE,
        )
    ]


def test_last_days_counts_today(two_buckets: Shell, planned: list[Selection]) -> None:
    two_buckets.headless("download", "dev", "--last-days", "2")

    assert planned[0].filters.start_date == date(2026, 11, 19)


def test_the_size_limit_of_the_settings_is_in_megabytes(
    two_buckets: Shell, planned: list[Selection]
) -> None:
    two_buckets.environment["S3NAV_MAX_FILE_SIZE_MB"] = "1.5"

    two_buckets.headless("download", "dev")

    assert planned[0].filters.max_size_bytes == 1_500_000


@pytest.mark.parametrize(
    ("environment", "arguments", "places"),
    [
        ({}, ["--buckets", "a", "b"], ["s3://a", "s3://b"]),
        ({}, ["--buckets", "a", "--prefixes", "x/", "y/"], ["s3://a/x/", "s3://a/y/"]),
        ({}, ["s3://c/k", "--buckets", "a", "--prefixes", "x/"], ["s3://c/k", "s3://a/x/"]),
        ({}, ["--prefixes", "x/", "s3://c"], ["s3://c/x/"]),
        ({"S3NAV_BUCKETS": "a"}, [], ["s3://a"]),
        ({"S3NAV_BUCKETS": "a", "S3NAV_PREFIXES": "x/"}, [], ["s3://a/x/"]),
        ({"S3NAV_BUCKETS": "a", "S3NAV_PREFIXES": "x/"}, ["s3://c"], ["s3://c"]),
        ({}, ["--prefixes", "x/"], ["s3://dev/x/", "s3://prod/x/"]),
        ({}, ["dev", "dev"], ["s3://dev"]),
    ],
)
def test_sources_come_from_places_buckets_and_prefixes(
    two_buckets: Shell,
    planned: list[Selection],
    environment: dict[str, str],
    arguments: list[str],
    places: list[str],
) -> None:
    two_buckets.environment.update(environment)

    two_buckets.headless("download", *arguments)

    assert [str(source.place) for source in planned[0].sources] == places


def test_lists_of_values_become_repeated_options() -> None:
    words = ["--buckets", "a", "b", "--parallel", "2", "--prefixes", "p/", "s3://c", "d"]

    assert list(expand_lists(words)) == [
        *["--buckets", "a", "--buckets", "b", "--parallel", "2", "--prefixes", "p/"],
        *["s3://c", "d"],
    ]
