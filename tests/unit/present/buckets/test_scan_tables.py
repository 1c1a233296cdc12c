"""Ages of scans, and changes between two of them."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from s3nav.present.buckets import more_or_less, short_age, signed_size

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


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
