"""Scans as rows and lines: numbers of an incomplete scan are never shown as the whole."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from s3nav.browse import BandTotal, Change, Comparison, Coverage, PrefixTotal, ScanRecord
from s3nav.model.events import ScanProgress
from s3nav.present.buckets import more_or_less, scan_tables, short_age, signed_size
from tests.support.scan_records import COMPLETE, EMPTY, NOW, PARTIAL, STARTED

SHOWN_AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
DAY_S = 86_400


def by_key(record: ScanRecord) -> dict[str, tuple[object, str]]:
    row = scan_tables.scan_row(record, "auto", NOW)
    keys = [column.key for column in scan_tables.SCAN_COLUMNS]
    return dict(zip(keys, zip(row.values, row.cells, strict=True), strict=True))


def test_a_scan_that_found_nothing_shows_dashes_and_not_zero() -> None:
    shown = by_key(EMPTY)

    assert shown["objects"] == (0, "–")
    assert shown["size_bytes"] == (0, "–")
    assert shown["newest_object_at"] == (None, "–")
    assert shown["complete"] == (False, "unknown share · 3 h")


def test_numbers_of_an_incomplete_scan_are_lower_bounds() -> None:
    shown = by_key(PARTIAL)

    assert shown["objects"] == (12_345, ">= 12,345")
    assert shown["size_bytes"] == (2_500_000_000, ">= 2.5 GB")
    assert shown["complete"] == (False, "about 41 % · 3 h")
    assert shown["coverage"][0] == {
        "share": 0.41,
        "estimated": True,
        "denied": ["logs/secret/"],
        "as_of": "2026-11-20T09:00:00Z",
    }
    assert shown["coverage"][1] == "about 41 % (estimated), 3 h ago, 1 prefix denied"


def test_a_complete_scan_is_shown_exactly() -> None:
    shown = by_key(COMPLETE)

    assert shown["objects"] == (12_345, "12,345")
    assert shown["coverage"][1] == "everything, 3 h ago"
    assert shown["by_storage_class"][1] == "STANDARD 2.0 GB, GLACIER 500.0 MB"
    assert shown["source"] == ("listing", "listing")


def test_several_denied_prefixes_are_counted() -> None:
    coverage = replace(PARTIAL.coverage, denied=("a/", "b/"), as_of=NOW)

    words = scan_tables.coverage_words(coverage, NOW)

    assert words == "about 41 % (estimated), just now, 2 prefixes denied"


def test_a_row_of_a_history_says_why_a_scan_ended_early() -> None:
    row = scan_tables.history_row(PARTIAL, "auto", NOW)

    assert row.values[2:6] == ("partial", 12_345, 2_500_000_000, 0.41)
    assert row.cells[2:6] == ("partial", ">= 12,345", ">= 2.5 GB", "about 41 % · 3 h")
    assert row.values[8] == "access denied"


def test_the_lines_of_a_scan_say_what_it_lacks() -> None:
    assert scan_tables.scan_lines(PARTIAL, "auto", NOW) == [
        "s3://roads/logs/",
        "  scan      261120-0000aa",
        "  covers    about 41 % (estimated), 3 h ago, 1 prefix denied",
        "  objects   >= 12,345",
        "  size      >= 2.5 GB",
        "  newest    2026-11-19 09:00",
        "  oldest    2025-10-16 09:00",
        "  cost      13 requests, 4.2 s",
        "  stopped   access denied",
        "  STANDARD                  2.0 GB  12,000 objects",
        "  GLACIER                 500.0 MB  345 objects",
    ]


def test_the_lines_of_a_scan_from_an_inventory_name_it() -> None:
    lines = scan_tables.scan_lines(replace(COMPLETE, inventory="m.json"), "auto", NOW)

    assert "  source    inventory m.json, made 2026-11-20 09:00" in lines


def test_bands_without_objects_are_left_out() -> None:
    sizes = [
        BandTotal(start=0, stop=1, objects=2, size_bytes=0),
        BandTotal(start=1, stop=1024, objects=0, size_bytes=0),
        BandTotal(start=1024, stop=None, objects=1, size_bytes=5_000),
    ]
    ages = [
        BandTotal(start=0, stop=DAY_S, objects=1, size_bytes=5_000),
        BandTotal(start=7 * DAY_S, stop=None, objects=2, size_bytes=0),
    ]

    assert scan_tables.band_lines(sizes, "auto", is_age=False) == [
        "  empty                          0 B  2 objects",
        "  1.0 KiB and more            5.0 KB  1 object",
    ]
    assert scan_tables.band_lines(ages, "auto", is_age=True) == [
        "  0 days to 1 day             5.0 KB  1 object",
        "  7 days and more                0 B  2 objects",
    ]


def prefix(name: str, size_bytes: int, *, is_folded: bool = False) -> PrefixTotal:
    return PrefixTotal(
        prefix=name,
        objects=3,
        size_bytes=size_bytes,
        newest_at=None,
        oldest_at=None,
        is_folded=is_folded,
    )


def test_the_share_of_a_prefix_in_an_empty_scan_is_nothing() -> None:
    row = scan_tables.prefix_row(prefix("a/", 0), 0, "auto")

    assert (row.values[2], row.cells[2]) == (0.0, "0 %")


def test_a_prefix_with_too_many_below_it_says_so_on_screen_only() -> None:
    row = scan_tables.prefix_row(prefix("a/", 500, is_folded=True), 1_000, "auto")

    assert row.values[5] == "a/"
    assert row.cells[5] == "a/  (too many prefixes below it to list)"
    assert row.cells[2] == "50 %"


def test_the_prefix_of_a_whole_bucket_is_a_slash_on_screen_only() -> None:
    total = scan_tables.prefix_row(prefix("", 1), 1, "auto")
    change = scan_tables.change_row("", Change(new_objects=1, new_bytes=5), "auto")

    assert (total.values[5], total.cells[5]) == ("", "/")
    assert (change.values[5], change.cells[5]) == ("", "/")


def test_changes_have_a_sign() -> None:
    shrunk = Change(new_objects=1, new_bytes=10, removed_objects=3, removed_bytes=2_010)

    row = scan_tables.change_row("logs/", shrunk, "auto")

    assert row.values[:2] == (-2_000, -2)
    assert row.cells == ("-2.0 KB", "-2", "1", "3", "0", "logs/")


def comparison(*, is_complete: bool) -> Comparison:
    after = COMPLETE if is_complete else PARTIAL
    return Comparison(
        before=replace(COMPLETE, scan_id="261117-0000bb"),
        after=after,
        whole=Change(new_objects=1, new_bytes=500, removed_objects=2, removed_bytes=10),
        by_prefix={
            "a/": Change(new_objects=1, new_bytes=10),
            "b/": Change(removed_objects=2, removed_bytes=900),
            "c/": Change(new_objects=1, new_bytes=10),
        },
        classes_moved={("STANDARD", "GLACIER"): COMPLETE.by_class["GLACIER"]},
    )


def test_a_comparison_with_an_incomplete_scan_says_what_is_compared() -> None:
    lines = list(scan_tables.comparison_lines(comparison(is_complete=False), "auto"))

    assert lines[1] == "  only what both scans have listed is compared"


def test_a_comparison_lists_growth_and_moved_classes() -> None:
    assert list(scan_tables.comparison_lines(comparison(is_complete=True), "auto")) == [
        "s3://roads/logs/: 2026-11-20 09:00 to 2026-11-20 09:00",
        "  grew by    +490 B, -1 objects",
        "  new        1 object, 500 B",
        "  removed    2 objects, 10 B",
        "  changed    0 objects, 0 B",
        "  STANDARD to GLACIER: 345 objects, 500.0 MB",
    ]


def test_the_largest_change_comes_first_whatever_its_sign() -> None:
    changes = scan_tables.biggest_changes(comparison(is_complete=True))

    assert [name for name, _ in changes] == ["b/", "a/", "c/"]


@pytest.mark.parametrize(
    ("share", "words"), [(None, " so far, 2.0 s"), (0.5, ", about 50 %, 2.0 s")]
)
def test_a_running_count_says_how_much_is_known(share: float | None, words: str) -> None:
    progress = ScanProgress(
        bucket="roads",
        prefix="logs/",
        objects=12_345,
        size_bytes=2_500_000_000,
        requests=13,
        complete=False,
        elapsed_s=2.0,
        share=share,
    )

    line = scan_tables.count_line(progress).within(200)

    assert line == f"Counting s3://roads/logs/: 12,345 objects, 2.5 GB{words}"


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
    assert short_age(datetime.fromisoformat(moment).replace(tzinfo=UTC), SHOWN_AT) == age


def test_changes_of_size_and_cost_have_a_direction() -> None:
    assert [signed_size(n, "auto") for n in (1_200_000, 0, -12_000)] == [
        "+1.2 MB",
        "0 B",
        "-12.0 KB",
    ]
    assert more_or_less(Decimal("1.2")) == "$1.2000 more a month"
    assert more_or_less(Decimal(-12)) == "$12.0000 less a month"
    assert more_or_less(Decimal(0)) == "the same a month"


def test_what_covers_everything_has_no_share() -> None:
    assert scan_tables.covers(Coverage(complete=True, share=None, as_of=STARTED), NOW) == (
        "all · 3 h"
    )
