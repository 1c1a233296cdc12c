"""The results of a dry run, with the reason for what is skipped, left out or missing."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from s3nav.model.objects import ObjectFact
from s3nav.model.request_counts import Usage
from s3nav.model.text.quantities import MIB
from s3nav.present.transfers import upload_preview_lines
from s3nav.present.transfers.plan_rows import (
    DECISION_COLUMNS,
    PREVIEW_COLUMNS,
    choice_lines,
    decision_row,
    preview_lines,
    preview_row,
)
from s3nav.pricing import Bill, Line, Payer, PricesUsed
from s3nav.transfer import PlannedItem, Preview, SelectionStats, UploadPreview
from s3nav.transfer.journal.records import SKIPPED, planned

BILL = Bill(
    lines=(
        Line(
            what="GET, STANDARD",
            quantity=Decimal(3),
            unit="requests",
            unit_price_usd=Decimal("0.5"),
            usd=Decimal("1.5"),
            payer=Payer.OWNER,
            region="r",
        ),
    ),
    prices=(PricesUsed(region="r", source="bundled snapshot", as_of=date(2026, 6, 5)),),
)
GAP = "retrieval, X: no price of Y in r"


def item(state: int = 0, reason: str = "") -> PlannedItem:
    return PlannedItem(
        bucket="b",
        key="a/b",
        local="",
        size_bytes=1_500,
        etag="",
        modified_ns=None,
        algorithm="",
        checksum_type="",
        state=state,
        reason=reason,
    )


def test_a_skipped_object_has_its_reason() -> None:
    skipped = decision_row(item(SKIPPED, "there already, the same"), Path("out"))
    fetched = decision_row(item(), Path("out"))

    keys = [column.key for column in DECISION_COLUMNS]
    assert dict(zip(keys, skipped.cells, strict=True)) == {
        "decision": "skip",
        "size_bytes": "1.5 KB",
        "source": "s3://b/a/b",
        "local_path": "out/b/a/b",
        "reason": "there already, the same",
    }
    assert (fetched.values[0], fetched.values[1], fetched.values[4]) == ("fetch", 1_500, "")


def test_what_filters_left_out_and_what_is_missing_is_counted_by_reason() -> None:
    stats = SelectionStats(
        left_out={"too large": 2_000, "other class": 1},
        missing=["s3://b/gone"],
        missing_files=1,
        denied=["s3://locked"],
        date_patterns={"s3://b": "%Y/%m/%d"},
    )

    assert choice_lines(stats) == [
        "no access to s3://locked: left out",
        "left out 2,001 objects",
        "  2,000: too large",
        "  1: other class",
        "1 do not exist and will fail",
        "  s3://b/gone",
        "dates are read from the keys of s3://b as %Y/%m/%d",
    ]


def test_a_selection_without_filters_has_nothing_to_say() -> None:
    assert choice_lines(SelectionStats()) == []


def test_a_missing_price_is_named_below_the_cost() -> None:
    lines = preview_lines(Preview(), Bill(lines=BILL.lines, gaps=(GAP,), prices=BILL.prices))

    assert lines[-1] == f"  missing: {GAP}"
    assert "≥ $1.5000" in lines[-2]


def test_a_dry_run_that_has_nothing_to_do_is_short() -> None:
    assert preview_lines(Preview(), BILL)[:-1] == [
        "would download 0 objects, 0 B",
        "sent 0 LIST requests, would send 0 GET requests",
    ]


def test_a_dry_run_says_what_each_step_asks_and_leaves() -> None:
    stats = SelectionStats(list_requests=2, head_requests=1)
    stats.inventory_at = datetime(2026, 11, 19, 1, 0, tzinfo=UTC)
    stats.inventory = {("lists", "STANDARD"): Usage(gets=3)}
    preview = Preview(
        fetch_files=3,
        fetch_bytes=4_000,
        skip_files=1,
        skip_bytes=500,
        reasons={"there already, the same": 1},
        renamed_files=1,
        get_requests=3,
        free_bytes=10_000_000,
        stats=stats,
    )

    assert preview_lines(preview, BILL)[:-1] == [
        "would download 3 objects, 4.0 KB",
        "would skip 1 object, 500 B",
        "  1: there already, the same",
        "would rename 1 whose names this disk cannot store",
        "sent 2 LIST requests and 1 HEAD request, would send 3 GET requests",
        "objects come from the inventory of 2026-11-19 01:00 with 3 GET requests",
        "free on the disk: 10.0 MB",
    ]


def test_an_unknown_number_is_null_in_data_and_a_dash_on_screen() -> None:
    row = preview_row(Preview(), Bill(gaps=(GAP,)))

    shown = dict(
        zip(
            [column.key for column in PREVIEW_COLUMNS],
            zip(row.values, row.cells, strict=True),
            strict=True,
        )
    )
    assert shown["free_bytes"] == (None, "–")
    assert shown["inventory_as_of"] == (None, "–")
    assert shown["cost_gaps"] == (1, "1")


def test_a_dry_run_of_a_download_has_one_kind_of_unit() -> None:
    preview = Preview(
        fetch_files=1, fetch_bytes=3 * MIB, skip_files=1, skip_bytes=2 * MIB, free_bytes=5 * MIB
    )

    text = "\n".join(preview_lines(preview, Bill(), "binary"))

    assert "download 1 object, 3.0 MiB" in text
    assert "skip 1 object, 2.0 MiB" in text
    assert "free on the disk: 5.0 MiB" in text
    assert " MB" not in text
    assert "download 1 object, 3.1 MB" in "\n".join(preview_lines(preview, Bill()))


def test_a_decision_has_its_size_in_the_same_unit() -> None:
    item = planned("b", ObjectFact(key="k", size_bytes=3 * MIB), "k")

    assert decision_row(item, Path("data"), "binary").cells[1] == "3.0 MiB"


def test_a_dry_run_of_an_upload_has_one_kind_of_unit() -> None:
    preview = UploadPreview(send_files=1, send_bytes=3 * MIB, skip_files=1, skip_bytes=MIB)

    lines = upload_preview_lines(preview, "binary")

    assert "would send 1 object, 3.0 MiB" in lines
    assert "would skip 1 object, 1.0 MiB" in lines
