"""Totals of all versions, with what was not listed and what has no price."""

from datetime import date
from decimal import Decimal

from s3nav.browse import ClassSums, CountedVersions, VersionsOutcome
from s3nav.model.places import S3Uri
from s3nav.present.buckets.version_rows import VERSIONS_COLUMNS, versions_lines, versions_row
from s3nav.pricing import Bill, Line, Payer, PricesUsed

BILL = Bill(
    lines=(
        Line(
            what="storage, STANDARD",
            quantity=Decimal(1),
            unit="GB",
            unit_price_usd=Decimal("0.5"),
            usd=Decimal("0.5"),
            payer=Payer.OWNER,
            region="r",
        ),
    ),
    prices=(PricesUsed(region="r", source="bundled snapshot", as_of=date(2026, 6, 5)),),
)
NO_PRICE = Bill(gaps=("no prices of r",))


def counted(*, complete: bool) -> CountedVersions:
    current, old = ClassSums(), ClassSums()
    current.add([1_000], 0)
    old.add([2_000, 3_000], 0)
    outcome = VersionsOutcome(
        complete=complete,
        cancelled=False,
        requests=7,
        problems=(),
        is_parallel=False,
        duration_s=1.25,
    )
    return CountedVersions(
        place=S3Uri("b", "p/"),
        region="r",
        current={"STANDARD": current},
        old={"STANDARD": old},
        delete_markers=1,
        outcome=outcome,
    )


def test_an_incomplete_listing_makes_everything_at_least() -> None:
    lines = list(versions_lines(counted(complete=False), BILL, "auto"))

    assert lines[1] == "  the listing is incomplete; there is at least"
    assert "  old versions cost $0.5000 a month, as far as listed" in lines


def test_without_a_price_the_cost_is_unknown_and_the_gap_is_named() -> None:
    lines = list(versions_lines(counted(complete=True), NO_PRICE, "auto"))
    row = versions_row(counted(complete=True), NO_PRICE, "auto")
    cells = dict(zip((column.key for column in VERSIONS_COLUMNS), row.cells, strict=True))

    assert "  old versions cost unknown" in lines
    assert "  no price: no prices of r" in lines
    assert cells["old_cost"] == "unknown"


def test_versions_are_counted_by_age_and_class() -> None:
    lines = list(versions_lines(counted(complete=True), BILL, "auto"))
    row = versions_row(counted(complete=True), BILL, "auto")

    assert lines[:6] == [
        "s3://b/p/",
        "  current   1 object, 1.0 KB",
        "  old       2 versions, 5.0 KB",
        "  hidden by 1 delete marker",
        "  STANDARD                  5.0 KB  2 old versions",
        "  old versions cost $0.5000 a month",
    ]
    values = dict(zip((column.key for column in VERSIONS_COLUMNS), row.values, strict=True))
    assert values["by_storage_class"] == {
        "STANDARD": {
            "current_objects": 1,
            "current_bytes": 1_000,
            "old_versions": 2,
            "old_bytes": 5_000,
        }
    }
    assert (values["complete"], values["requests"], values["duration_s"]) == (True, 7, 1.25)
