"""``availability``: the days of the path sets of a dataset."""

import csv
import io
import json
from pathlib import Path

import pytest

from s3nav.model.errors import AccessDeniedError, UnavailableError
from s3nav.model.objects import KeyPage, ListRequest
from tests.support.command_line import Shell
from tests.support.memory_store import failing

DATASET = """\
[datasets.fills]
bucket = "node-data"
date_pattern = "%Y%m%d"
paths = { current = "by_block/", legacy = "fills/" }

[datasets.plain]
bucket = "node-data"
paths = { current = "by_block/", globbed = "fills/*.lz4" }
"""


@pytest.fixture
def fills(shell: Shell, tmp_path: Path) -> Shell:
    """``current`` lacks two days of November, ``legacy`` none."""
    for day in ("20261115", "20261118", "20261119"):
        for hour in range(2):
            shell.store.put("node-data", f"by_block/hourly/{day}/{hour}.lz4", b"1" * 100)
    for day in ("20261101", "20261102"):
        shell.store.put("node-data", f"fills/{day}.lz4", b"1" * 50)
    shell.store.put("node-data", "fills/README", b"hello")
    (tmp_path / "s3nav.toml").write_text(DATASET)
    return shell


def asked(shell: Shell, *arguments: str, exit_code: int = 0) -> list[dict[str, object]]:
    ended = shell.headless("availability", "--config", "s3nav.toml", *arguments, "--output", "json")
    assert ended.exit_code == exit_code, ended.stderr
    rows = json.loads(ended.stdout)
    assert isinstance(rows, list)
    return rows


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fill"], "did you mean `fills`?"),
        ([], "several datasets"),
        (["fills", "--paths", "curent"], "did you mean `current`?"),
        (["fills", "--date-pattern", "%q"], "is not a date pattern"),
        (["fills", "--date-pattern", "%Y/%m"], "has no day"),
        (["fills", "--date-pattern", "%Y%m%d", "--date-from", "modified"], "needs dates in keys"),
        (["fills", "--last-days", "2", "--end-date", "2026-11-20"], "--last-days excludes"),
        (["fills", "--start-date", "2026-11-02", "--end-date", "2026-11-01"], "is after end date"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused_before_any_request(
    fills: Shell, arguments: list[str], message: str
) -> None:
    fills.store.before = failing(UnavailableError("a request was sent"), "list")

    ended = fills.headless("availability", "--config", "s3nav.toml", *arguments)

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert message in ended.stderr


def test_without_a_dataset_in_the_settings_it_says_how_to_write_one(shell: Shell) -> None:
    ended = shell.headless("availability", "fills")

    assert ended.exit_code == 2
    assert "[datasets.NAME]" in ended.stderr


def test_what_may_not_be_listed_at_all_is_denied_and_not_empty(fills: Shell) -> None:
    fills.store.before = failing(AccessDeniedError("no", remedy="ask"), "list")

    ended = fills.headless("availability", "--config", "s3nav.toml", "fills")

    assert ended.exit_code == 4
    assert "current" not in ended.stdout


def test_one_path_set_that_fails_does_not_hide_the_other(fills: Shell) -> None:
    honest = fills.store.list_page

    def list_keys(request: ListRequest) -> KeyPage:
        if request.prefix.startswith("fills/"):
            raise AccessDeniedError("legacy is not for you")
        return KeyPage.of(honest(request))

    fills.store.list_keys = list_keys  # type: ignore[method-assign]

    rows = asked(fills, "fills", exit_code=9)

    assert [row["path_set"] for row in rows] == ["current"]


def test_a_listing_that_breaks_off_knows_no_missing_days(fills: Shell) -> None:
    for number in range(2500):
        fills.store.put("node-data", f"by_block/hourly/20261117/{number:05}", b"12")
    honest = fills.store.list_keys
    pages = iter(range(100))

    def list_keys(request: ListRequest) -> KeyPage:
        if next(pages) == 1:
            raise AccessDeniedError("the rest is not for you")
        return honest(request)

    fills.store.list_keys = list_keys  # type: ignore[method-assign]

    row = asked(fills, "fills", "--paths", "current", exit_code=9)[0]
    assert (row["complete"], row["missing_days"], row["gaps"]) == (False, None, None)
    assert row["objects"] == 1000


def test_the_days_of_each_path_set(fills: Shell) -> None:
    current, legacy = asked(fills, "fills")

    assert current == {
        "path_set": "current",
        "place": "s3://node-data/by_block/",
        "complete": True,
        "objects": 6,
        "size_bytes": 600,
        "first_date": "2026-11-15",
        "last_date": "2026-11-19",
        "days": 3,
        "missing_days": 2,
        "undated_objects": 0,
        "dates_from": "%Y%m%d",
        "gaps": "2026-11-16/2026-11-17",
    }
    assert (legacy["objects"], legacy["undated_objects"], legacy["missing_days"]) == (3, 1, 0)


def test_days_asked_for_are_missing_where_nothing_is(fills: Shell) -> None:
    current, legacy = asked(fills, "fills", "--last-days", "4")

    assert (current["objects"], current["missing_days"]) == (4, 2)
    assert current["gaps"] == "2026-11-17/2026-11-17 2026-11-20/2026-11-20"
    assert (legacy["objects"], legacy["missing_days"]) == (0, 4)
    assert legacy["undated_objects"] == 1


def test_objects_without_a_date_are_told(fills: Shell) -> None:
    ended = fills.headless("availability", "--config", "s3nav.toml", "fills")

    assert "legacy: 1 object without a date" in ended.stderr
    assert "2026-11-16 to 2026-11-17" in ended.stdout


def test_a_pattern_is_found_in_keys_and_a_glob_takes_what_it_says(fills: Shell) -> None:
    current, globbed = asked(fills, "plain", "--date-from", "key")

    assert current["dates_from"] == "%Y%m%d"
    assert (globbed["objects"], globbed["undated_objects"]) == (2, 0)


def test_keys_without_dates_leave_every_day_unknown(fills: Shell) -> None:
    rows = asked(fills, "fills", "--date-pattern", "dt=%Y-%m-%d")

    assert rows[0]["undated_objects"] == rows[0]["objects"] == 6
    assert (rows[0]["first_date"], rows[0]["missing_days"]) == (None, None)


def test_without_a_pattern_the_last_change_counts(fills: Shell) -> None:
    row = asked(fills, "plain", "--paths", "current")[0]

    assert row["dates_from"] == "last change"
    assert row["days"] == 1


def test_a_row_a_day_with_the_missing_ones(fills: Shell) -> None:
    ended = fills.headless(
        "availability", "--config", "s3nav.toml", "fills", "--paths", "current", "--by-day",
        "--output", "csv",
    )  # fmt: skip

    rows = list(csv.DictReader(io.StringIO(ended.stdout)))
    assert [(row["date"][-2:], row["objects"]) for row in rows] == [
        ("15", "2"), ("16", "0"), ("17", "0"), ("18", "2"), ("19", "2"),
    ]  # fmt: skip


def test_on_a_terminal_it_opens_the_cockpit_at_its_pane(fills: Shell) -> None:
    fills.run("availability", "--config", "s3nav.toml", "fills", terminal=True)

    assert fills.cockpits == [(None, "availability")]
