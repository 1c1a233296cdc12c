import json
import re
from pathlib import Path

import pytest

from s3nav.model.errors import (
    AccessDeniedError,
    CredentialsError,
    NotFoundError,
    S3NavError,
    UnavailableError,
)
from s3nav.model.objects import ListingPage, ListRequest
from s3nav.present.formatting.cell_text import cells
from tests.support.command_line import Shell
from tests.support.memory_store import failing

PLAIN = """\
Bucket "dev", created 11/01/2026
 Contains 3 files
 Most recently updated 11/03/2026
 Total size: 4.0 KB

Bucket "prod", created 11/01/2026
 Contains 1 files
 Most recently updated 11/01/2026
 Total size: 1.0 MB
"""


DENIED = AccessDeniedError("you may not list `prod`", remedy="ask for s3:ListBucket")


def fail_listing_of_prod(shell: Shell, error: S3NavError, **others: S3NavError) -> None:
    original, errors = shell.store.list_page, {"prod": error, **others}

    def list_page(request: ListRequest) -> ListingPage:
        if request.bucket in errors:
            raise errors[request.bucket]
        return original(request)

    shell.store.list_page = list_page  # type: ignore[method-assign]


def test_no_credentials_is_an_error_with_its_remedy_and_its_own_exit_code(shell: Shell) -> None:
    shell.open_store_error = CredentialsError("no credentials", remedy="name a --profile")

    ended = shell.headless("buckets")

    assert ended.exit_code == 3
    assert ended.stdout == ""
    assert ended.stderr == "error[credentials]: no credentials\n  hint: name a --profile\n"


def test_a_dead_endpoint_is_unavailable(shell: Shell) -> None:
    shell.store.before = failing(UnavailableError("no answer from `http://[::1]:9`"), "buckets")

    ended = shell.headless("buckets")

    assert (ended.exit_code, ended.stdout) == (6, "")


def test_an_unknown_bucket_is_not_found(two_buckets: Shell) -> None:
    ended = two_buckets.headless("buckets", "absent")

    assert ended.exit_code == 5
    assert "error[no-such-bucket]: no bucket `absent`" in ended.stderr
    assert "Not counted" in ended.stdout


def test_a_prefix_is_not_a_bucket(two_buckets: Shell) -> None:
    ended = two_buckets.headless("buckets", "s3://dev/img/")

    assert ended.exit_code == 2
    assert "`s3nav --headless ls s3://dev/img/ --recursive`" in ended.stderr


def test_a_denied_bucket_among_all_is_information_with_its_reason(two_buckets: Shell) -> None:
    fail_listing_of_prod(two_buckets, DENIED)

    ended = two_buckets.headless("buckets")

    assert (ended.exit_code, ended.stderr) == (0, "")
    assert ended.stdout.endswith(
        '\nBucket "prod", created 11/01/2026\n'
        " Not counted: access-denied: you may not list `prod`\n"
    )


def test_a_listed_bucket_that_is_gone_when_it_is_counted_is_information(two_buckets: Shell) -> None:
    fail_listing_of_prod(two_buckets, NotFoundError("no bucket `prod`", slug="no-such-bucket"))

    ended = two_buckets.headless("buckets")

    assert (ended.exit_code, ended.stderr) == (0, "")
    assert "Not counted: no-such-bucket: no bucket `prod`\n" in ended.stdout


def test_buckets_that_could_be_listed_and_none_counted_are_information(shell: Shell) -> None:
    shell.store.make_bucket("prod")
    fail_listing_of_prod(shell, DENIED)

    assert shell.headless("buckets").exit_code == 0


@pytest.mark.parametrize(
    ("error", "alone"),
    [
        (UnavailableError("no answer", remedy="try again"), 6),
        (S3NavError("KeyError: 'x'"), 1),
        (CredentialsError("expired"), 3),
    ],
)
def test_a_bucket_not_counted_for_another_reason_is_a_failure(
    two_buckets: Shell, error: S3NavError, alone: int
) -> None:
    fail_listing_of_prod(two_buckets, error)

    ended = two_buckets.headless("buckets")

    assert ended.exit_code == 9
    assert ended.stderr.startswith(
        f"prod: {error.message}\nerror[partial-failure]: 1 of 2 buckets could not be counted\n"
    )
    assert two_buckets.headless("buckets", "prod").exit_code == alone


def test_a_denied_bucket_beside_a_failed_one_does_not_count_as_failed(two_buckets: Shell) -> None:
    two_buckets.store.put("stage", "x", b"x")
    fail_listing_of_prod(two_buckets, DENIED, stage=UnavailableError("no answer"))

    ended = two_buckets.headless("buckets")

    assert ended.exit_code == 9
    assert "stage: no answer\n" in ended.stderr
    assert "prod" not in ended.stderr
    assert "1 of 3 buckets could not be counted" in ended.stderr


def test_a_named_bucket_that_is_denied_is_a_failure(two_buckets: Shell) -> None:
    fail_listing_of_prod(two_buckets, DENIED)

    ended = two_buckets.headless("buckets", "dev", "prod")

    assert ended.exit_code == 9
    assert ended.stderr == (
        "prod: you may not list `prod`\n"
        "error[partial-failure]: 1 of 2 buckets could not be counted\n"
        "  hint: ask for s3:ListBucket\n"
    )


def test_a_denied_bucket_has_no_numbers_in_data_and_the_reason(two_buckets: Shell) -> None:
    fail_listing_of_prod(two_buckets, DENIED)

    ended = two_buckets.headless("buckets", "prod", "--output", "json")

    assert ended.exit_code == 4
    (record,) = json.loads(ended.stdout)
    assert record == {
        "name": "prod",
        "created_at": "2026-11-01T12:00:00Z",
        "region": "us-east-1",
        "objects": None,
        "size_bytes": None,
        "newest_object_at": None,
        "complete": False,
        "scanned_at": record["scanned_at"],
        "scan": None,
        "error": "access-denied: you may not list `prod`",
    }


def test_a_counted_bucket_has_no_error_in_data(two_buckets: Shell) -> None:
    ended = two_buckets.headless("buckets", "--output", "json")

    assert [record["error"] for record in json.loads(ended.stdout)] == [None, None]


def test_a_table_and_csv_say_why_a_bucket_could_not_be_counted(two_buckets: Shell) -> None:
    fail_listing_of_prod(two_buckets, DENIED)

    table = two_buckets.headless("buckets", "--output", "table")
    csv = two_buckets.headless("buckets", "--output", "csv")

    assert (table.exit_code, csv.exit_code) == (0, 0)
    assert table.stdout.splitlines()[0].endswith("  ERROR")
    assert table.stdout.splitlines()[2].endswith("  access-denied: you may not list `prod`")
    assert csv.stdout.splitlines()[2].endswith(",,access-denied: you may not list `prod`")


def test_without_the_right_to_list_buckets_named_ones_are_still_counted(two_buckets: Shell) -> None:
    two_buckets.store.before = failing(AccessDeniedError("no"), "buckets")

    ended = two_buckets.headless("buckets", "dev")

    assert ended.exit_code == 0
    assert ended.stdout.startswith('Bucket "dev", created –\n Contains 3 files\n')


def test_the_plain_text_is_that_of_s3explore(two_buckets: Shell) -> None:
    ended = two_buckets.headless("buckets")

    assert (ended.exit_code, ended.stdout, ended.stderr) == (0, PLAIN, "")


def test_an_empty_bucket_was_never_updated(shell: Shell) -> None:
    shell.store.make_bucket("empty")

    ended = shell.headless("buckets")

    assert ended.stdout == (
        'Bucket "empty", created 11/01/2026\n'
        " Contains 0 files\n Most recently updated never\n Total size: 0 B\n"
    )


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["-s", "bytes"], " Total size: 4,005 bytes"),
        (["--size_format", "kb"], " Total size: 4.0 KB"),
        (["--size-format", "mb"], " Total size: 0.0 MB"),
        (["-s", "gb"], " Total size: 0.0 GB"),
        (["-s", "tb"], " Total size: 0.0 TB"),
        (["-s", "binary"], " Total size: 3.9 KiB"),
        (["-d", "year_first"], " Most recently updated 2026_11_03"),
        (["--date_format", "day_first"], " Most recently updated 03/11/2026"),
        (["--date-format", "month_first", "-t"], " Most recently updated 11/03/2026 02:00:00"),
        (["--show_time_modified"], " Most recently updated 11/03/2026 02:00:00"),
    ],
)
def test_sizes_and_dates_are_written_as_asked(
    two_buckets: Shell, arguments: list[str], line: str
) -> None:
    ended = two_buckets.headless("buckets", "dev", *arguments)

    assert ended.exit_code == 0
    assert line in ended.stdout.splitlines()


def test_an_unknown_size_format_is_a_bad_setting(two_buckets: Shell) -> None:
    ended = two_buckets.headless("buckets", "-s", "pb")

    assert ended.exit_code == 2
    assert ended.stderr == (
        "error[bad-setting]: `--size-format` must be one of auto, binary, bytes, kb, mb, gb, tb,"
        " not `pb`\n  hint: it is: unit of sizes\n"
    )


def test_table(two_buckets: Shell) -> None:
    ended = two_buckets.headless("buckets", "--output", "table")

    lines = ended.stdout.splitlines()
    assert lines[0].split()[-4:] == ["COVERS", "COUNTED", "SCAN", "ERROR"]
    before_counted = lines[0].index("COUNTED")
    assert [line[:before_counted].rstrip() for line in lines] == [
        "BUCKET  CREATED     REGION     OBJECTS    SIZE  NEWEST      COVERS",
        "dev     11/01/2026  us-east-1        3  4.0 KB  11/03/2026  all · now",
        "prod    11/01/2026  us-east-1        1  1.0 MB  11/01/2026  all · now",
    ]


def test_json(two_buckets: Shell) -> None:
    ended = two_buckets.headless("buckets", "--output", "json")

    assert without_scan(ended.stdout) == (
        '[\n {"name": "dev", "created_at": "2026-11-01T12:00:00Z", "region": "us-east-1",'
        ' "objects": 3, "size_bytes": 4005, "newest_object_at": "2026-11-03T02:00:00Z",'
        ' "complete": true},\n'
        ' {"name": "prod", "created_at": "2026-11-01T12:00:00Z", "region": "us-east-1",'
        ' "objects": 1, "size_bytes": 1000000, "newest_object_at": "2026-11-01T12:00:00Z",'
        ' "complete": true}\n]\n'
    )


def test_json_of_nothing_is_an_empty_list(shell: Shell) -> None:
    assert shell.headless("buckets", "--output", "json").stdout == "[]\n"


def test_jsonl(two_buckets: Shell) -> None:
    ended = two_buckets.headless("buckets", "--output", "jsonl", "prod")

    assert without_scan(ended.stdout) == (
        '{"name": "prod", "created_at": "2026-11-01T12:00:00Z", "region": "us-east-1",'
        ' "objects": 1, "size_bytes": 1000000, "newest_object_at": "2026-11-01T12:00:00Z",'
        ' "complete": true}\n'
    )


def test_csv(two_buckets: Shell) -> None:
    ended = two_buckets.headless("buckets", "--output", "csv")

    rows = [line.split(",") for line in ended.stdout.splitlines()]
    assert [",".join(row[:7]) for row in rows] == [
        "name,created_at,region,objects,size_bytes,newest_object_at,complete",
        "dev,2026-11-01T12:00:00Z,us-east-1,3,4005,2026-11-03T02:00:00Z,true",
        "prod,2026-11-01T12:00:00Z,us-east-1,1,1000000,2026-11-01T12:00:00Z,true",
    ]
    assert rows[0][7:] == ["scanned_at", "scan", "error"]


def test_a_recent_count_is_reused_and_shown_with_its_age(
    two_buckets: Shell,
) -> None:
    two_buckets.headless("buckets")
    two_buckets.store.put("dev", "one-more", b"12345")

    ended = two_buckets.headless("buckets")

    assert ended.stdout == PLAIN
    assert two_buckets.store.count("list") == 2
    said = ended.stderr.splitlines()
    assert said[0].startswith("dev was counted a moment ago (scan ")
    assert said[-1] == "--fresh counts again"


def test_fresh_counts_again(two_buckets: Shell) -> None:
    two_buckets.headless("buckets")
    two_buckets.store.put("dev", "one-more", b"12345")

    ended = two_buckets.headless("buckets", "--fresh", "dev")

    assert " Contains 4 files\n" in ended.stdout
    assert ended.stderr == ""


def test_with_an_age_of_zero_nothing_is_taken_from_before(two_buckets: Shell) -> None:
    two_buckets.environment["S3NAV_REUSE_SCANS_S"] = "0"
    two_buckets.headless("buckets", "dev")

    two_buckets.headless("buckets", "dev")

    assert two_buckets.store.count("list") == 2


def without_scan(text: str) -> str:
    """What is not the same twice is left out: when it was counted, and as which scan."""
    return re.sub(r', "scanned_at": "[^"]+", "scan": "[0-9a-f-]+", "error": null', "", text)


def test_results_are_written_to_disk_as_they_were_shown(two_buckets: Shell, home: Path) -> None:
    ended = two_buckets.headless("buckets", "-w", "--data-dir", str(home / "mine"))

    (written,) = (home / "mine" / "results").iterdir()
    assert written.read_text() == PLAIN == ended.stdout
    assert written.name.startswith("buckets-20261120T081230-")
    assert ended.stderr == f"written to {written}\n"


def test_results_that_cannot_be_written_are_a_local_disk_error(
    two_buckets: Shell, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "results").write_text("in the way")

    ended = two_buckets.headless("buckets", "-w", "--data-dir", str(tmp_path / "mine"))

    assert ended.exit_code == 8
    assert "error[local-disk]: cannot write" in ended.stderr


def test_a_table_with_wide_characters_is_aligned_by_cells(shell: Shell) -> None:
    for key in ("日本語.csv", "e\u0301t\u0301.csv", "plain.csv"):
        shell.store.put("dev", key, b"12345")

    ended = shell.headless("download", "s3://dev", "--dry-run", "--output", "table")

    lines = ended.stdout.splitlines()
    before_file = lines[0].index("FILE")
    assert {cells(line[: line.rindex("  ") + 2]) for line in lines[1:]} == {before_file}
