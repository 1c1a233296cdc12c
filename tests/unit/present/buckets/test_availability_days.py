"""Days without objects, and where dates were found."""

from datetime import date

import pytest

from s3nav.browse import Gap
from s3nav.present.buckets import gap_words, source_of_dates


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
