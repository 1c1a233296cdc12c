"""``verify``, report files, ``jobs retry``, and the exit codes of them all."""

import gzip
import json
from pathlib import Path

import pytest

from s3nav.model.errors import (
    AccessDeniedError,
    CredentialsError,
    IntegrityError,
    LocalDiskError,
    NotFoundError,
    S3NavError,
    UnavailableError,
)
from s3nav.transfer import Verification
from tests.support.command_line import Ended, Shell
from tests.support.memory_store import failing

SUMMARY = """\
every file of s3://dev matches the bucket
============================================================
VERIFY SUMMARY
============================================================
Total files:      3
OK:               3
Missing:          0
Extra:            0
Changed size:     0
Wrong bytes:      0
Unreadable:       0
Not provable:     0
"""


@pytest.fixture
def fetched(two_buckets: Shell, tmp_path: Path) -> Shell:
    """``dev`` downloaded to ``out``."""
    assert download(two_buckets, "dev").exit_code == 0
    return two_buckets


def download(shell: Shell, *more: str) -> Ended:
    return shell.headless("download", "--download-dir", "out", *more)


def test_a_directory_that_is_not_there_is_a_usage_error(two_buckets: Shell) -> None:
    ended = two_buckets.headless("verify", "nowhere", "s3://dev")

    assert ended.exit_code == 2
    assert "does not exist" in ended.stderr
    assert two_buckets.store.requests == []


def test_a_file_instead_of_a_directory_is_a_usage_error(two_buckets: Shell) -> None:
    Path("f").write_text("x")

    assert "is not a directory" in two_buckets.headless("verify", "f", "s3://dev").stderr


def test_arguments_the_wrong_way_round_are_told(two_buckets: Shell) -> None:
    ended = two_buckets.headless("verify", "s3://dev", "out")

    assert ended.exit_code == 2
    assert "the directory comes first" in ended.stderr


def test_a_bucket_that_is_not_there_is_not_found(two_buckets: Shell, tmp_path: Path) -> None:
    assert two_buckets.headless("verify", str(tmp_path), "s3://absent").exit_code == 5


def test_wrong_bytes_are_exit_code_7(fetched: Shell) -> None:
    Path("out/dev/a.txt").write_bytes(b"12346")
    Path("out/dev/img/1.png").unlink()

    ended = fetched.headless("verify", "out", "s3://dev")

    assert ended.exit_code == 7
    assert "wrong-bytes  s3://dev/a.txt" in ended.stdout
    assert "missing      s3://dev/img/1.png" in ended.stdout
    assert "error[wrong-files]: 1 files" in ended.stderr


def test_missing_files_are_exit_code_9(fetched: Shell) -> None:
    Path("out/dev/a.txt").unlink()

    ended = fetched.headless("verify", "out", "s3://dev")

    assert ended.exit_code == 9
    assert "hint: `s3nav --headless download s3://dev --download-dir" in ended.stderr


def test_unreadable_files_are_exit_code_8(fetched: Shell) -> None:
    Path("out/dev/a.txt").unlink()
    Path("out/dev/a.txt").symlink_to("img/1.png")

    assert fetched.headless("verify", "out", "s3://dev").exit_code == 8


def test_a_good_directory_is_summed_up(fetched: Shell) -> None:
    ended = fetched.headless("verify", "out", "s3://dev")

    assert ended.exit_code == 0
    assert ended.stdout == SUMMARY


def test_findings_are_data(fetched: Shell) -> None:
    ended = fetched.headless("verify", "out", "s3://dev/img/", "--all", "--output", "jsonl")

    first, _ = (json.loads(line) for line in ended.stdout.splitlines())
    assert first == {
        "finding": "ok",
        "source": "s3://dev/img/1.png",
        "size_bytes": 1500,
        "verified_by": "md5",
        "local_path": str(Path("out/dev/img/1.png").absolute()),
        "reason": "",
    }
    assert "VERIFY SUMMARY" in ended.stderr


@pytest.mark.parametrize("option", ["--report", "--failed"])
def test_a_report_that_could_not_be_written_is_told_before_anything_starts(
    two_buckets: Shell, option: str
) -> None:
    ended = download(two_buckets, "dev", option, "no/such/dir/r.jsonl")

    assert ended.exit_code == 2
    assert two_buckets.store.requests == []


def test_a_dry_run_has_nothing_to_report(two_buckets: Shell) -> None:
    assert download(two_buckets, "dev", "--dry-run", "--report", "r").exit_code == 2


def test_a_report_has_one_line_for_each_file(two_buckets: Shell) -> None:
    fail_of(two_buckets, "img/2.png")

    assert download(two_buckets, "dev", "--report", "r.jsonl", "--failed", "f").exit_code == 9

    lines = [json.loads(line) for line in Path("r.jsonl").read_text().splitlines()]
    assert [(line["source"], line["state"], line["verified_by"]) for line in lines] == [
        ("s3://dev/a.txt", "done", "md5"),
        ("s3://dev/img/1.png", "done", "md5"),
        ("s3://dev/img/2.png", "failed", ""),
    ]
    assert lines[0] == {
        "source": "s3://dev/a.txt",
        "local_path": str(Path("out/dev/a.txt").absolute()),
        "size_bytes": 5,
        "state": "done",
        "verified_by": "md5",
        "reason": "",
        "etag": "827ccb0eea8a706c4c34a16891f84e7b",
        "version_id": "",
    }
    assert lines[2]["reason"] == "access-denied: no"
    assert Path("f").read_text() == "s3://dev/img/2.png\n"
    assert sorted(path.name for path in Path().iterdir() if path.is_file()) == ["f", "r.jsonl"]


def test_awkward_keys_are_one_line_each_in_a_list_of_failures(shell: Shell) -> None:
    for key in ("a\nb", " space ", "é", "plain"):
        shell.store.put("b", key, b"x")
    shell.store.before = failing(AccessDeniedError("no"))

    download(shell, "b", "--failed", "f")

    lines = Path("f").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 4
    sources = {json.loads(x)["source"] if x.startswith("{") else x for x in lines}
    assert sources == {"s3://b/a\nb", "s3://b/ space ", "s3://b/é", "s3://b/plain"}


def test_a_job_without_failures_has_nothing_to_retry(fetched: Shell) -> None:
    ended = fetched.headless("jobs", "retry", only_job(fetched))

    assert ended.exit_code == 2
    assert "has failed" in ended.stderr


def test_a_job_that_is_done_cannot_be_cancelled(fetched: Shell) -> None:
    ended = fetched.headless("jobs", "cancel", only_job(fetched))

    assert ended.exit_code == 2
    assert "is done" in ended.stderr


def test_failed_files_are_fetched_again(two_buckets: Shell) -> None:
    fail_of(two_buckets, "img/2.png")
    download(two_buckets, "dev")
    job_id = only_job(two_buckets)
    two_buckets.store.before = lambda _verb, _name: None
    fetched = two_buckets.store.count("get")

    ended = two_buckets.headless("jobs", "retry", job_id)

    assert ended.exit_code == 0
    assert "retrying 1 failed file\n" in ended.stderr
    assert two_buckets.store.count("get") == fetched + 1
    assert Path("out/dev/img/2.png").read_bytes() == b"2" * 2500


def test_the_files_of_a_job_say_what_proves_them_and_why_they_failed(two_buckets: Shell) -> None:
    fail_of(two_buckets, "img/2.png")
    download(two_buckets, "dev")

    ended = two_buckets.headless("jobs", "show", only_job(two_buckets), "--output", "jsonl")

    shown = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [(row["state"], row["verified_by"], row["reason"]) for row in shown] == [
        ("done", "md5", ""),
        ("done", "md5", ""),
        ("failed", "", "access-denied: no"),
    ]


def test_the_journal_is_read_without_credentials(fetched: Shell) -> None:
    job_id = only_job(fetched)
    fetched.open_store_error = CredentialsError("no credentials")

    for words in (["list"], ["show", job_id], ["clear"], ["list"]):
        assert fetched.headless("jobs", *words).exit_code == 0
    assert download(fetched, "dev").exit_code == 3
    assert fetched.headless("verify", "out", "s3://dev").exit_code == 3


@pytest.mark.parametrize(
    ("typed", "level"),
    [
        ((), Verification.AUTO),
        (("--verify", "full"), Verification.FULL),
        (("--verify", "none"), Verification.NONE),
        (("--no-verify",), Verification.NONE),
        (("--no-verify", "--verify", "auto"), Verification.AUTO),
    ],
)
def test_how_far_to_verify(two_buckets: Shell, typed: tuple[str, ...], level: Verification) -> None:
    assert download(two_buckets, "prod", *typed).exit_code == 0

    assert Verification[two_buckets.settings[-1].verify.upper()] is level


def test_an_unknown_level_is_a_usage_error(two_buckets: Shell) -> None:
    assert download(two_buckets, "dev", "--verify", "maybe").exit_code == 2


@pytest.mark.parametrize(("old", "new"), [("true", "auto"), ("false", "none")])
def test_the_old_name_of_the_setting_is_understood(two_buckets: Shell, old: str, new: str) -> None:
    Path("c.yaml").write_text(f"verify_checksums: {old}\n")

    download(two_buckets, "dev", "--config", "c.yaml")

    assert two_buckets.settings[-1].verify == new


def test_the_old_name_takes_no_nonsense(two_buckets: Shell) -> None:
    Path("c.yaml").write_text("verify_checksums: sometimes\n")

    assert download(two_buckets, "dev", "--config", "c.yaml").exit_code == 2


def test_decompressing_is_an_option(shell: Shell) -> None:
    shell.store.put("b", "x.csv.gz", gzip.compress(b"plain"))

    assert download(shell, "b", "--decompress").exit_code == 0
    assert Path("out/b/x.csv").read_bytes() == b"plain"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CredentialsError("x"), 3),
        (AccessDeniedError("x"), 4),
        (NotFoundError("x"), 5),
        (UnavailableError("x"), 6),
        (IntegrityError("x"), 7),
        (LocalDiskError("x", slug="disk-full"), 8),
    ],
)
def test_every_error_of_a_download_has_its_exit_code(
    two_buckets: Shell, error: S3NavError, code: int
) -> None:
    two_buckets.environment["S3NAV_RETRY_ATTEMPTS"] = "0"
    two_buckets.store.before = failing(error)

    ended = download(two_buckets, "dev")

    assert ended.exit_code == code


def fail_of(shell: Shell, key: str) -> None:
    def before(verb: str, name: str) -> None:
        if verb == "get" and name == key:
            raise AccessDeniedError("no")

    shell.store.before = before


def only_job(shell: Shell) -> str:
    (record,) = json.loads(shell.headless("jobs", "list", "--output", "json").stdout)
    return str(record["job"])
