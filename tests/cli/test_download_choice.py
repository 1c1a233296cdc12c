"""What ``download`` can choose, what a dry run says of it, and what is refused."""

import csv
import gzip
import io
import json
from pathlib import Path

import pytest

from s3nav.model.errors import AccessDeniedError
from s3nav.model.objects import ListingPage, ListRequest
from s3nav.session import Session
from tests.support.command_line import Shell

DATASET = """\
[datasets.fills]
bucket = "node-data"
requester_pays = true
date_pattern = "%Y%m%d"
paths = { current = "node_fills_by_block/", legacy_fills = "node_fills/" }
"""


@pytest.fixture
def fills(shell: Shell, tmp_path: Path) -> Shell:
    """A dataset with two path sets, three days each."""
    for head in ("node_fills", "node_fills_by_block"):
        for day in ("20261118", "20261119", "20261120"):
            shell.store.put("node-data", f"{head}/hourly/{day}/0.lz4", b"1" * 100)
    (tmp_path / "s3nav.toml").write_text(DATASET)
    return shell


BAD_INPUT = [
    (["s3://dev/img/", "s3://dev"], "lies within"),
    (["s3://dev", "--start-date", "20-11-2026"], "is not a date: write YYYY-MM-DD"),
    (["s3://dev", "--end-date", "2026-02-30"], "is not a date"),
    (["s3://dev", "--last-days", "0"], "--last-days"),
    (["s3://dev", "--max-size", "huge"], "is not a size"),
    (["s3://dev", "--min-size", "2MB", "--max-size", "1MB"], "is above maximum size"),
    (["s3://dev", "--include", "img/[0-9"], "is not a glob: `[` is not closed"),
    (["s3://dev", "--exclude", "[z-a]"], "is not a glob: `z-a` runs backwards"),
    (["s3://dev/[a"], "is not a glob"),
    (["s3://dev", "--include-regex", "("], "is not a regular expression"),
    (["s3://dev", "--exclude-regex", "*"], "is not a regular expression"),
    (["s3://dev", "--start-date", "2026-11-02", "--end-date", "2026-11-01"], "is after end date"),
    (["s3://dev", "--date-pattern", "%q"], "is not a date pattern"),
    (["s3://dev", "--date-pattern", "%Y", "--date-from", "modified"], "needs dates in keys"),
    (["--paths", "current"], "no dataset is configured"),
    (["--config", "s3nav.toml", "--paths", "curent"], "did you mean `current`?"),
    (["--config", "s3nav.toml", "--dataset", "fill"], "did you mean `fills`?"),
    (["--manifest", "list.txt"], "line 2: it is neither"),
    (["--manifest", "none.txt"], "cannot read manifest"),
    (["--plan", "list.txt"], "line 1: it is not the header of a plan"),
    (["--manifest", "list.txt", "s3://dev"], "SOURCE and --manifest exclude each other"),
    (["--all-buckets", "s3://dev"], "SOURCE and --all-buckets exclude each other"),
    (["s3://dev", "--write-plan", "p.jsonl"], "add --dry-run"),
    (["s3://dev", "--import-resume", "list.txt"], "not a record"),
    (["s3://dev", "--download-dir", "list.txt"], "is not a directory"),
]


@pytest.mark.parametrize(("arguments", "said"), BAD_INPUT)
def test_bad_input_is_one_clear_error_and_touches_nothing(
    two_buckets: Shell, tmp_path: Path, arguments: list[str], said: str
) -> None:
    (tmp_path / "list.txt").write_text("s3://dev/a.txt\nnonsense\n")
    (tmp_path / "s3nav.toml").write_text(DATASET)
    sessions: list[Session] = []
    two_buckets.during = sessions.append

    ended = two_buckets.headless("download", *arguments)

    assert ended.exit_code == 2
    assert ended.stdout == ""
    assert ended.stderr.count("error[") == 1
    assert said in ended.stderr
    assert two_buckets.store.count("get") == 0
    assert not (tmp_path / "data").exists()
    assert not list(tmp_path.glob("*.jsonl"))
    listed = two_buckets.headless("jobs", "list", "--output", "json")
    assert json.loads(listed.stdout) == []


def _dry_run(shell: Shell, *arguments: str) -> dict[str, object]:
    ended = shell.headless("download", "--dry-run", *arguments, "--output", "json")
    assert ended.exit_code == 0, ended.stderr
    report: dict[str, object] = json.loads(ended.stdout)
    return report


def test_a_dry_run_knows_files_that_were_decompressed(shell: Shell) -> None:
    shell.store.put("dev", "a.csv.gz", gzip.compress(b"a,b\n"))
    assert shell.headless("download", "s3://dev", "--decompress").exit_code == 0

    report = _dry_run(shell, "s3://dev", "--decompress")

    assert (report["fetch_files"], report["skip_files"]) == (0, 1)


def test_a_dry_run_says_what_why_and_at_which_cost(two_buckets: Shell, tmp_path: Path) -> None:
    two_buckets.store.put("dev", "img/", b"")
    there = tmp_path / "data/dev/a.txt"
    two_buckets.headless("download", "s3://dev/a.txt")
    assert there.exists()
    two_buckets.store.requests.clear()

    report = _dry_run(two_buckets, "s3://dev", "--max-size", "2KB")

    assert report["free_bytes"]
    del report["free_bytes"]
    assert report == {
        "fetch_files": 1,
        "fetch_bytes": 1500,
        "skip_files": 2,
        "skip_bytes": 5,
        "skip_reasons": {
            "already there: same size and time": 1,
            "folder marker: its directory is made when an object is in it": 1,
        },
        "left_out_files": 1,
        "left_out_reasons": {"too large": 1},
        "missing_files": 0,
        "renamed_files": 0,
        "list_requests": 1,
        "get_requests": 1,
        "cost_usd": "0.0000054",
        "cost_gaps": 0,
        "inventory_as_of": None,
    }
    assert [verb for verb, _ in two_buckets.store.requests] == ["list"]


def test_ranged_parts_are_counted_as_requests(two_buckets: Shell) -> None:
    two_buckets.store.put("big", "big", b"0" * (33 << 20))

    assert _dry_run(two_buckets, "s3://big")["get_requests"] == 3


def test_a_dry_run_lists_each_decision_where_rows_are_requested(
    two_buckets: Shell, tmp_path: Path
) -> None:
    command = ["download", "s3://dev/img/", "--dry-run", "--output"]

    lines = two_buckets.headless(*command, "jsonl")
    table = two_buckets.headless(*command, "table")
    cells = list(csv.DictReader(io.StringIO(two_buckets.headless(*command, "csv").stdout)))

    assert json.loads(lines.stdout.splitlines()[0]) == {
        "decision": "fetch",
        "size_bytes": 1500,
        "source": "s3://dev/img/1.png",
        "local_path": str(tmp_path / "data/dev/img/1.png"),
        "reason": "",
    }
    assert "would download 2 objects" in lines.stderr
    assert [row["decision"] for row in cells] == ["fetch", "fetch"]
    assert len(table.stdout.splitlines()) == 3
    assert two_buckets.store.count("get") == 0


def test_all_buckets_are_taken_when_all_are_requested(two_buckets: Shell) -> None:
    ended = two_buckets.headless("download", "--all-buckets", "--output", "json")

    assert json.loads(ended.stdout)["downloaded"] == 4
    assert _dry_run(two_buckets, "--all-buckets", "--prefixes", "img/", "x")["skip_files"] == 3


def test_regular_expressions_are_found_anywhere(two_buckets: Shell) -> None:
    report = _dry_run(
        two_buckets, "s3://dev", "--include-regex", r"\d", "--exclude-regex", r"2\.png$"
    )

    assert (report["fetch_files"], report["left_out_reasons"]) == (
        1,
        {"not included": 1, "excluded": 1},
    )


@pytest.mark.parametrize(
    ("arguments", "files"),
    [
        (["--dataset", "fills"], 6),
        (["--paths", "all"], 6),
        (["--paths", "current"], 3),
        (["--paths", "current,legacy_fills"], 6),
        (["--paths", "current", "--start-date", "2026-11-19"], 2),
        (["--paths", "all", "--last-days", "1"], 2),
        (["--paths", "current", "--start-date", "2026-11-02", "--date-from", "modified"], 0),
    ],
)
def test_path_sets_of_a_dataset(fills: Shell, arguments: list[str], files: int) -> None:
    ended = fills.headless(
        *["download", "--config", "s3nav.toml", *arguments, "--dry-run", "--output", "json"]
    )

    assert ended.exit_code == 0
    assert json.loads(ended.stdout)["fetch_files"] == files


def test_the_pattern_found_is_shown(fills: Shell) -> None:
    ended = fills.headless(
        *["download", "s3://node-data/node_fills/", "--date-from", "key"],
        *["--start-date", "2026-11-20", "--dry-run"],
    )

    place = "s3://node-data/node_fills/"
    assert f"dates are read from the keys of {place} as %Y%m%d\n" in ended.stdout
    assert "left out 2 objects\n  2: outside the dates\n" in ended.stdout


def test_a_list_of_failed_files_is_a_manifest(two_buckets: Shell, tmp_path: Path) -> None:
    (tmp_path / "failed.jsonl").write_text('{"source": "s3://dev/img/2.png", "slug": "x"}\n')

    ended = two_buckets.headless("download", "--manifest", "failed.jsonl", "--output", "json")

    assert json.loads(ended.stdout)["downloaded"] == 1
    assert (tmp_path / "data/dev/img/2.png").exists()


def test_a_dry_run_writes_a_plan_that_can_be_replayed(two_buckets: Shell, tmp_path: Path) -> None:
    two_buckets.headless("download", "s3://dev/img/", "--dry-run", "--write-plan", "plan.jsonl")
    two_buckets.store.requests.clear()

    replayed = two_buckets.headless("download", "--plan", "plan.jsonl", "--output", "json")

    assert json.loads(replayed.stdout)["downloaded"] == 2
    assert two_buckets.store.count("list") == 0
    assert (tmp_path / "data/dev/img/1.png").read_bytes() == b"1" * 1500


def test_a_list_that_no_pane_shows_is_fetched_without_headless_too(
    two_buckets: Shell, tmp_path: Path
) -> None:
    (tmp_path / "list.txt").write_text("s3://dev/img/1.png\n")

    ended = two_buckets.run("download", "--manifest", "list.txt", terminal=True)

    assert (ended.exit_code, two_buckets.cockpits) == (0, []), ended.stderr
    assert (tmp_path / "data/dev/img/1.png").exists()


def test_a_plan_is_not_filtered_again(two_buckets: Shell) -> None:
    two_buckets.headless("download", "s3://dev", "--dry-run", "--write-plan", "plan.jsonl")
    two_buckets.environment["S3NAV_FILE_EXTENSIONS"] = ".png"

    assert _dry_run(two_buckets, "--plan", "plan.jsonl")["fetch_files"] == 3
    refused = two_buckets.headless("download", "--plan", "plan.jsonl", "--include", "*.png")
    assert "error[filtered-plan]" in refused.stderr


def test_a_record_of_the_aws_data_downloader_is_found(two_buckets: Shell, tmp_path: Path) -> None:
    local = tmp_path / "data/dev/a.txt"
    local.parent.mkdir(parents=True)
    local.write_bytes(b"12345")
    record = {"downloaded_files": ["dev/a.txt"], "failed_files": [], "stats": {}}
    (tmp_path / "download_resume.json").write_text(json.dumps(record))

    ended = two_buckets.headless("download", "s3://dev", "--output", "json")

    assert "records 1 file as downloaded" in ended.stderr
    assert json.loads(ended.stdout)["skipped"] == 1


def test_an_odd_record_that_was_found_is_a_warning(two_buckets: Shell, tmp_path: Path) -> None:
    (tmp_path / "download_resume.json").write_text("{}")

    ended = two_buckets.headless("download", "s3://dev/a.txt")

    assert ended.exit_code == 0
    assert "it is not imported" in ended.stderr


def test_a_prefix_in_none_of_the_buckets_is_not_found(two_buckets: Shell) -> None:
    ended = two_buckets.headless("download", "--all-buckets", "--prefixes", "absent/")

    assert ended.exit_code == 5


def test_a_download_reports_what_it_left_out_and_how_it_read_dates(fills: Shell) -> None:
    ended = fills.headless(
        *["download", "s3://node-data/node_fills/", "--date-from", "key", "--last-days", "1"]
    )

    assert ended.stderr == (
        "left out 2 objects\n  2: outside the dates\n"
        "dates are read from the keys of s3://node-data/node_fills/ as %Y%m%d\n"
        "found 1 object to download, 100 B\n"
    )


@pytest.mark.parametrize(("locked", "exit_code"), [({""}, 4), ({"prod"}, 0)])
def test_a_bucket_without_access_is_left_out_of_all_buckets_and_reported(
    two_buckets: Shell, monkeypatch: pytest.MonkeyPatch, locked: set[str], exit_code: int
) -> None:
    listed = two_buckets.store.list_page

    def list_page(request: ListRequest) -> ListingPage:
        if request.bucket in locked or "" in locked:
            raise AccessDeniedError(f"access denied to `{request.bucket}`")
        return listed(request)

    monkeypatch.setattr(two_buckets.store, "list_page", list_page)

    ended = two_buckets.headless("download", "--all-buckets")
    named = two_buckets.headless("download", "s3://prod")

    assert ended.exit_code == exit_code
    assert ("no access to s3://prod: left out\n" in ended.stderr) is (exit_code == 0)
    assert named.exit_code == 4


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--min-size", "10GB"], "3: too small"),
        (["--date-from", "key", "--last-days", "9"], "3: no date in its key"),
    ],
)
def test_nothing_new_is_a_notice_and_an_error_only_on_request(
    two_buckets: Shell, arguments: list[str], reason: str
) -> None:
    ended = two_buckets.headless("download", "s3://dev", *arguments, "--output", "json")
    dry = two_buckets.headless("download", "s3://dev", *arguments, "--dry-run")
    priced = two_buckets.headless("estimate", "s3://dev", *arguments)

    assert (ended.exit_code, dry.exit_code, priced.exit_code) == (0, 0, 0)
    assert all("left out 3 objects" in one.stderr for one in (ended, priced))
    assert "left out 3 objects" in dry.stdout
    assert reason in ended.stderr
    assert json.loads(ended.stdout)["total_files"] == 0
    for command in (["download"], ["download", "--dry-run"], ["estimate"]):
        refused = two_buckets.headless(*command, "s3://dev", *arguments, "--fail-if-empty")
        assert refused.exit_code == 5
        assert "error[empty-selection]: no object is selected: 3 " in refused.stderr


def test_one_empty_source_does_not_stop_the_others(two_buckets: Shell, tmp_path: Path) -> None:
    sources = ["s3://dev/none/", "s3://dev/img/", "s3://prod/missing"]

    ended = two_buckets.headless("download", *sources, "--download-dir", str(tmp_path / "out"))
    nothing = two_buckets.headless("download", "s3://dev/none/", "s3://prod/missing")

    assert ended.exit_code == 0
    assert "nothing matches s3://dev/none/\n" in ended.stderr
    assert "nothing matches s3://prod/missing\n" in ended.stderr
    assert (tmp_path / "out/dev/img/1.png").exists()
    assert nothing.exit_code == 5
    assert "nothing matches s3://dev/none/" in nothing.stderr
