"""Times are read in every form that servers write; what cannot be read is unknown."""

from datetime import UTC, datetime

import pytest

from s3nav.aws.s3.moments import moment_of

AT = datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("2025-10-09T08:53:20Z", "2025-10-09T08:53:20.000Z", "2025-10-09 08:53:20"),
        *("2025-10-09T08:53:20.000000000Z", "2025-10-09T10:53:20+02:00", " 2025-10-09T08:53:20Z\n"),
        "Thu, 09 Oct 2025 08:53:20 GMT",
        "Thu, 9 Oct 2025 08:53:20 +0000",
        "Thursday, 09-Oct-25 08:53:20 GMT",
        "Thu Oct  9 08:53:20 2025",
    ],
)
def test_a_time_is_read_in_every_form(text: str) -> None:
    assert moment_of(text) == AT


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "2025-02-30T00:00:00Z"),
        *("1969-12-31T23:59:59Z", "Mon, 01 Jan 0001 00:00:00 GMT", "1970-01-01T00:00:00+14:00"),
        *("0001-01-01T00:00:00+14:00", "Thu, 99 Oct 2025 08:53:20 GMT", ":2025-10-09T08:53:20Z"),
    ],
)
def test_a_time_that_says_nothing_is_unknown(text: str) -> None:
    assert moment_of(text) is None


def test_the_first_second_is_a_time() -> None:
    assert moment_of("1970-01-01T00:00:00Z") == datetime(1970, 1, 1, tzinfo=UTC)
