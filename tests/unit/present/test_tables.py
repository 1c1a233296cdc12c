"""Buckets, objects, profiles and jobs as rows: what is not known is a dash and null, never 0."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from s3nav.aws import Identity
from s3nav.browse import BucketStats
from s3nav.model.errors import AccessDeniedError
from s3nav.model.events import JobState
from s3nav.model.objects import BucketFact, ObjectFact
from s3nav.model.places import S3Uri
from s3nav.present import tables
from s3nav.present.formatting import Column, Row
from s3nav.present.tables import Styles
from s3nav.transfer import ItemRecord, ItemState, JobRecord, JobReport
from tests.support.scan_records import COMPLETE, NOW

CREATED = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
COUNTED = BucketStats(
    bucket="roads",
    created_at=CREATED,
    region="eu-west-1",
    objects=12,
    size_bytes=2_000,
    newest_object_at=CREATED,
    complete=True,
    scanned_at=CREATED,
    scan_id="261120-0000aa",
    coverage=COMPLETE.coverage,
)
DENIED = BucketStats(
    bucket="locked", scanned_at=CREATED, problem=AccessDeniedError("you may not list it")
)


def shown(columns: tuple[Column, ...], row: Row) -> dict[str, tuple[object, str]]:
    keys = [column.key for column in columns]
    return dict(zip(keys, zip(row.values, row.cells, strict=True), strict=True))


def test_a_bucket_that_was_not_counted_has_no_numbers_and_says_why() -> None:
    row = shown(tables.STATS_COLUMNS, tables.stats_row(DENIED, Styles(), NOW))

    assert row["objects"] == row["size_bytes"] == row["newest_object_at"] == (None, "–")
    assert row["complete"] == (False, "–")
    assert row["error"] == (
        "access-denied: you may not list it",
        "access-denied: you may not list it",
    )


def test_a_count_that_was_stopped_has_no_numbers_either() -> None:
    stopped = replace(COUNTED, complete=False)
    row = shown(tables.STATS_COLUMNS, tables.stats_row(stopped, Styles(), NOW))

    assert row["objects"] == (None, "–")
    assert row["error"] == ("stopped early", "stopped early")
    assert tables.stats_lines(stopped, Styles())[-1] == " Not counted: stopped early"


def test_a_counted_bucket_has_its_numbers() -> None:
    row = shown(tables.STATS_COLUMNS, tables.stats_row(COUNTED, Styles(date="year_first"), NOW))

    assert row["objects"] == (12, "12")
    assert row["size_bytes"] == (2_000, "2.0 KB")
    assert row["newest_object_at"] == ("2026-11-01T12:00:00Z", "2026_11_01")
    assert row["complete"] == (True, "all · 3 h")
    assert row["error"] == (None, "")


def test_an_empty_bucket_was_never_updated() -> None:
    empty = replace(COUNTED, objects=0, size_bytes=0, newest_object_at=None)

    assert tables.stats_lines(empty, Styles(with_time=True)) == [
        'Bucket "roads", created 11/01/2026',
        " Contains 0 files",
        " Most recently updated never",
        " Total size: 0 B",
    ]


def test_a_bucket_without_a_region_has_a_dash() -> None:
    row = tables.bucket_row(BucketFact(name="b", created_at=CREATED, region=None), Styles())

    assert (row.values[2], row.cells[2]) == (None, "–")


def test_objects_and_prefixes_have_the_same_columns() -> None:
    fact = ObjectFact(key="a/b", size_bytes=1_500, modified_at=None, storage_class="GLACIER")

    an_object = shown(tables.OBJECT_COLUMNS, tables.object_row(fact, Styles(), shown_key="b"))
    a_prefix = shown(tables.OBJECT_COLUMNS, tables.prefix_row("a/", shown_key="a/"))

    assert an_object["modified_at"] == (None, "–")
    assert an_object["key"] == ("a/b", "b")
    assert a_prefix["size_bytes"] == (None, "–")
    assert a_prefix["type"] == ("prefix", "prefix")


@pytest.mark.parametrize(("listable", "cell"), [(True, "yes"), (False, "no"), (None, "–")])
def test_whether_buckets_may_be_listed_can_be_unknown(listable: bool | None, cell: str) -> None:
    identity = Identity(arn="", account="", source="", expires_at=None, buckets_listable=listable)

    row = shown(tables.IDENTITY_COLUMNS, tables.identity_row(identity))

    assert row["arn"] == ("", "–")
    assert row["buckets_listable"] == (listable, cell)


def test_an_upload_goes_to_s3_and_a_download_to_its_directory() -> None:
    job = JobRecord(
        job_id="j",
        title="s3://b",
        state=JobState.DONE,
        target=Path("out"),
        created_at=CREATED,
        total_files=1,
        total_bytes=5,
    )
    item = ItemRecord(
        source="s3://b/k", local_path=Path("out/b/k"), size_bytes=5, state=ItemState.DONE
    )
    to = S3Uri("b", "p/")

    assert tables.job_row(job, Styles()).values[5] == "out"
    assert tables.job_row(replace(job, to=to), Styles()).values[5] == "s3://b/p/"
    assert tables.item_row(item, Styles()).values[4] == "out/b/k"
    assert tables.item_row(replace(item, to=to), Styles()).values[4] == "s3://b/p/"


def test_a_report_without_costs_has_none() -> None:
    report = JobReport(
        job="j",
        total_files=3,
        downloaded=2,
        skipped=0,
        failed=1,
        total_bytes=3_000,
        downloaded_bytes=2_000,
        duration_s=1.23456,
        average_bytes_per_s=1_620.04,
        success_rate=2 / 3,
    )

    row = shown(tables.REPORT_COLUMNS, tables.report_row(report))

    assert row["estimated_usd"] == row["metered_usd"] == (None, "–")
    assert row["duration_s"] == (1.235, "1.235")
    assert row["average_bytes_per_s"][0] == 1_620.0
    assert row["success_rate"][0] == 0.666667
