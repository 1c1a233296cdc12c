import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from s3nav.model.errors import (
    AccessDeniedError,
    ExpiredCredentialsError,
    S3NavError,
    UnavailableError,
)
from s3nav.model.places import S3Uri
from s3nav.session import Session
from s3nav.transfer import Selection, Source, Transfers
from tests.support.command_line import Shell
from tests.support.memory_store import MemoryStore, failing

SUMMARY = """\
============================================================
DOWNLOAD SUMMARY
============================================================
Total files:      3
Downloaded:       3
Skipped:          0
Failed:           0
Total size:       4.0 KB
Downloaded size:  4.0 KB
Duration:         # seconds
Average speed:    #
Success rate:     100.0%
Estimated cost:   <$0.0001
Metered cost:     <$0.0001
"""


def fail_get_of(store: MemoryStore, keys: set[str], error: S3NavError) -> None:
    def before(verb: str, key: str) -> None:
        if verb == "get" and key in keys:
            raise error

    store.before = before


def test_a_bucket_that_is_not_there_writes_nothing(shell: Shell, tmp_path: Path) -> None:
    ended = shell.headless("download", "s3://absent/x/", "--download-dir", str(tmp_path / "out"))

    assert ended.exit_code == 5
    assert ended.stdout == ""
    assert ended.stderr.startswith("error[no-such-bucket]: no bucket `absent`")
    assert not (tmp_path / "out").exists()


def test_a_file_where_the_directory_should_be_is_refused_before_listing(
    two_buckets: Shell, tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("mine")

    ended = two_buckets.headless("download", "dev", "--download-dir", str(tmp_path / "out"))

    assert ended.exit_code == 2
    assert "is not a directory" in ended.stderr
    assert two_buckets.store.requests == []


def test_last_days_excludes_other_dates(two_buckets: Shell) -> None:
    ended = two_buckets.headless("download", "dev", "--last-days", "2", "--end-date", "2026-11-01")

    assert ended.exit_code == 2
    assert "--last-days excludes" in ended.stderr


@pytest.mark.parametrize(
    "arguments",
    [["--start-date", "yesterday"], ["--min-size", "big"], ["--parallel", "0"]],
)
def test_values_that_make_no_sense_are_usage_errors(
    two_buckets: Shell, arguments: list[str]
) -> None:
    ended = two_buckets.headless("download", "dev", *arguments)

    assert ended.exit_code == 2
    assert ended.stderr.startswith("error[")
    assert two_buckets.store.requests == []


def test_when_everything_fails_alike_the_exit_code_is_that_of_the_error(
    two_buckets: Shell, tmp_path: Path
) -> None:
    denied = AccessDeniedError("you may not read this")
    fail_get_of(two_buckets.store, {"a.txt", "img/1.png", "img/2.png"}, denied)

    ended = two_buckets.headless("download", "s3://dev", "--download-dir", str(tmp_path / "out"))

    assert ended.exit_code == 4
    assert "failed[access-denied]: s3://dev/a.txt: you may not read this\n" in ended.stderr
    assert "error[access-denied]: all 3 files failed" in ended.stderr


def test_some_failures_are_a_partial_failure(two_buckets: Shell, tmp_path: Path) -> None:
    fail_get_of(two_buckets.store, {"img/2.png"}, AccessDeniedError("you may not read this"))

    ended = two_buckets.headless("download", "s3://dev", "--download-dir", str(tmp_path / "out"))

    assert ended.exit_code == 9
    assert "error[partial-failure]: 1 of 3 files failed" in ended.stderr
    assert "Failed:           1\n" in ended.stdout
    assert (tmp_path / "out" / "dev" / "a.txt").read_bytes() == b"12345"


def test_the_remedy_of_a_failure_is_the_command_that_goes_on(
    two_buckets: Shell, tmp_path: Path
) -> None:
    fail_get_of(two_buckets.store, {"img/2.png"}, UnavailableError("gone"))
    out = str(tmp_path / "out")

    ended = two_buckets.headless("download", "dev", "--download-dir", out)

    assert f"`s3nav --headless download dev --download-dir {out}` resumes it" in ended.stderr


def test_files_arrive_and_the_summary_is_that_of_aws_data_downloader(
    two_buckets: Shell, tmp_path: Path
) -> None:
    ended = two_buckets.headless("download", "s3://dev", "--download-dir", str(tmp_path / "out"))

    assert ended.exit_code == 0
    shown = re.sub(r"(Duration: +)[\d.,]+|(speed: +).*", r"\1\2#", ended.stdout)
    assert shown == SUMMARY
    assert ended.stderr == "found 3 objects to download, 4.0 KB\n"
    assert (tmp_path / "out/dev/img/1.png").read_bytes() == b"1" * 1500


def test_json_is_one_object_on_stdout_and_the_summary_goes_to_stderr(
    two_buckets: Shell, tmp_path: Path
) -> None:
    ended = two_buckets.headless(
        *["download", "s3://dev/img/", "--download-dir", str(tmp_path), "--output", "json"]
    )

    report = json.loads(ended.stdout)
    assert list(report) == [
        *["job", "total_files", "downloaded", "skipped", "failed", "total_bytes"],
        *["downloaded_bytes", "duration_s", "average_bytes_per_s", "success_rate"],
        *["estimated_usd", "metered_usd"],
    ]
    assert (report["total_files"], report["downloaded"], report["failed"]) == (2, 2, 0)
    assert (report["total_bytes"], report["success_rate"]) == (4000, 1.0)
    assert report["estimated_usd"] == report["metered_usd"] == "0.0000058"
    assert "DOWNLOAD SUMMARY" in ended.stderr


def test_the_same_command_again_fetches_nothing_twice(two_buckets: Shell, tmp_path: Path) -> None:
    command = ["download", "dev", "--download-dir", str(tmp_path / "out"), "--output", "json"]
    two_buckets.headless(*command)
    fetched = two_buckets.store.count("get")

    again = two_buckets.headless(*command)

    assert again.exit_code == 0
    assert json.loads(again.stdout)["skipped"] == 3
    assert two_buckets.store.count("get") == fetched


def test_an_interrupted_download_says_how_to_go_on(
    two_buckets: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_transfers: Transfers, _job: str, timeout_s: float | None = None) -> bool:
        if timeout_s is not None and timeout_s < 1:
            raise KeyboardInterrupt
        return True

    monkeypatch.setattr(Transfers, "wait", interrupted)

    ended = two_buckets.headless("download", "dev", "--download-dir", str(tmp_path / "out"))

    assert ended.exit_code == 130
    out = tmp_path / "out"
    assert ended.stderr.endswith(
        f"interrupted; resume with: s3nav --headless download dev --download-dir {out}\n"
    )


def test_a_dry_run_fetches_and_writes_nothing(two_buckets: Shell, tmp_path: Path) -> None:
    ended = two_buckets.headless(
        "download", "dev", "--dry-run", "--download-dir", str(tmp_path / "out")
    )

    assert ended.exit_code == 0
    assert "3 objects" in ended.stdout
    assert two_buckets.store.count("get") == 0
    assert not (tmp_path / "out").exists()


def test_a_download_of_the_journal_is_listed(two_buckets: Shell, tmp_path: Path) -> None:
    def plan_first(session: Session) -> None:
        job = session.transfers().plan(
            Selection(sources=(Source(place=S3Uri("dev")),), target=tmp_path / "out")
        )
        job_ids.append(job.job_id)

    job_ids: list[str] = []
    two_buckets.during = plan_first
    listed = two_buckets.headless("jobs", "list", "--output", "json")

    (record,) = json.loads(listed.stdout)
    assert (record["job"], record["state"]) == (job_ids[0], "planned")
    assert (record["total_files"], record["total_bytes"]) == (3, 4005)


def test_an_unknown_job_is_not_found(shell: Shell) -> None:
    ended = shell.headless("jobs", "show", "nonsense")

    assert ended.exit_code == 5


def test_files_that_no_recorded_job_wrote_are_skipped_with_a_notice(
    two_buckets: Shell, tmp_path: Path
) -> None:
    out = ("--download-dir", str(tmp_path / "out"))
    assert "by size and time alone" not in two_buckets.headless("download", "dev", *out).stderr
    assert "by size and time alone" not in two_buckets.headless("download", "dev", *out).stderr

    shutil.copytree(tmp_path / "out", tmp_path / "copied")
    ended = two_buckets.headless("download", "dev", "--download-dir", str(tmp_path / "copied"))

    assert ended.exit_code == 0
    assert "3 files skipped by size and time alone" in ended.stderr
    assert "--compare checksum" in ended.stderr


def interrupt(shell: Shell, *command: str) -> None:
    """Leave the job of a command paused after its first file."""
    shell.store.before = failing_after_first("get")
    ended = shell.headless(*command)
    assert "error[" in ended.stderr
    shell.store.before = lambda _verb, _name: None
    assert "paused" in shell.headless("jobs", "list").stdout


def the_job(shell: Shell) -> dict[str, object]:
    """The only job there is."""
    jobs: list[dict[str, object]] = json.loads(
        shell.headless("jobs", "list", "--output", "json").stdout
    )
    assert len(jobs) == 1
    return jobs[0]


def failing_after_first(verb: str) -> Callable[[str, str], None]:
    seen: list[str] = []

    def before(asked: str, key: str) -> None:
        if asked == verb:
            seen.append(key)
            if len(seen) > 1:
                raise ExpiredCredentialsError("the keys have expired")

    return before


def test_an_unfinished_download_is_ended_and_then_listed_again(
    two_buckets: Shell, tmp_path: Path
) -> None:
    command = ["download", "dev", "--download-dir", str(tmp_path / "out"), "--output", "json"]
    interrupt(two_buckets, *command)
    two_buckets.store.put("dev", "b.txt", b"new")

    ended = two_buckets.headless(*command)

    assert ended.exit_code == 0, ended.stderr
    assert "found 1 new object to download, 3 B\n" in ended.stderr
    report = json.loads(ended.stdout)
    assert (report["total_files"], report["failed"]) == (4, 0)
    assert report["downloaded"] + report["skipped"] == report["total_files"]
    assert report["downloaded"] >= 3, "the two that were refused, and the new one"
    assert (tmp_path / "out/dev/b.txt").read_bytes() == b"new"
    assert (tmp_path / "out/dev/img/2.png").read_bytes() == b"2" * 2500
    assert the_job(two_buckets)["state"] == "done"


@pytest.mark.parametrize("option", ["--overwrite", ""])
def test_without_anything_new_nothing_is_fetched_twice(
    two_buckets: Shell, tmp_path: Path, option: str
) -> None:
    command = ["download", "dev", "--download-dir", str(tmp_path / "out"), "--output", "json"]
    command += [option] if option else []
    interrupt(two_buckets, *command)
    since = len(two_buckets.store.requests)

    ended = two_buckets.headless(*command)

    assert ended.exit_code == 0, ended.stderr
    assert "nothing new" in ended.stderr
    assert json.loads(ended.stdout)["total_files"] == 3
    fetched = [key for verb, key in two_buckets.store.requests[since:] if verb == "get"]
    assert len(fetched) == len(set(fetched))


def test_a_listing_that_fails_after_an_unfinished_download_is_its_error(
    two_buckets: Shell, tmp_path: Path
) -> None:
    command = ["download", "dev", "--download-dir", str(tmp_path / "out"), "--output", "json"]
    interrupt(two_buckets, *command)
    two_buckets.store.before = failing(AccessDeniedError("no"), "list")

    ended = two_buckets.headless(*command)

    assert ended.exit_code == AccessDeniedError.exit_code
    assert json.loads(ended.stdout)["failed"] == 0
    assert (tmp_path / "out/dev/img/2.png").exists()
    job = the_job(two_buckets)
    assert job["state"] == "done"
    assert job["total_files"] == 3
