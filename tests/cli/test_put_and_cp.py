import io
import json
import re
from pathlib import Path

import pytest

from s3nav.model.errors import AccessDeniedError
from s3nav.model.ports.stores import WriteWatch
from s3nav.transfer import Transfers
from tests.support.command_line import Shell, Terminal
from tests.support.memory_sender import MemorySender

SUMMARY = """\
============================================================
UPLOAD SUMMARY
============================================================
Total files:      2
Uploaded:         2
Skipped:          0
Failed:           0
Total size:       8 B
Uploaded size:    8 B
Duration:         # seconds
Average speed:    #
Success rate:     100.0%
"""


@pytest.fixture
def local(tmp_path: Path) -> Path:
    directory = tmp_path / "local"
    (directory / "sub").mkdir(parents=True)
    (directory / "a.txt").write_bytes(b"12345")
    (directory / "sub/b.txt").write_bytes(b"678")
    return directory


class Typist(Terminal):
    """A person who answers."""

    def __init__(self, answer: str) -> None:
        super().__init__(answer + "\n")


def object_of(shell: Shell, key: str, bucket: str = "dev") -> bytes:
    content = shell.store.content(bucket, key)
    assert content is not None
    return content


@pytest.mark.parametrize(
    "arguments", [["put", "local", "s3://dev/p/"], ["cp", "s3://dev/a.txt", "s3://prod/"]]
)
def test_writing_is_refused_unless_it_is_allowed(
    two_buckets: Shell, local: Path, arguments: list[str]
) -> None:
    ended = two_buckets.headless(*arguments)

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert ended.stderr == (
        "error[read-only]: s3nav only reads unless it is allowed to write\n"
        "  hint: add `--allow-write`, or set `allow_write = true` in the settings\n"
    )
    assert two_buckets.store.requests == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["put", "local"], "the last argument must be the target of the upload"),
        (["put"], "the last argument must be the target of the upload"),
        (["put", "s3://dev/"], "nothing to upload was named"),
        (["put", "s3://dev/a.txt", "s3://prod/"], "`put` takes local files"),
        (["put", "local", "s3://dev/key"], "`s3://dev/key` names one object"),
        (["put", "-", "s3://dev"], "standard input has no name"),
        (["cp", "local", "s3://dev/"], "`local` is not in S3"),
        (["cp", "s3://dev/img/", "s3://prod/"], "`s3://dev/img/` is a prefix"),
    ],
)
def test_commands_that_make_no_sense_write_nothing(
    two_buckets: Shell, local: Path, arguments: list[str], message: str
) -> None:
    two_buckets.sender = MemorySender(two_buckets.store)

    ended = two_buckets.headless(*arguments, "--allow-write")

    assert ended.exit_code == 2
    assert f"error[usage]: {message}" in ended.stderr
    assert two_buckets.sender.requests == []


def test_when_all_files_are_denied_the_exit_code_says_so(two_buckets: Shell, local: Path) -> None:
    def deny(_verb: str, _key: str, _watch: WriteWatch) -> None:
        raise AccessDeniedError("you may not write this")

    two_buckets.sender = MemorySender(two_buckets.store, before=deny)

    ended = two_buckets.headless("put", "local", "s3://dev/p/", "--allow-write")

    assert ended.exit_code == 4
    assert "failed[access-denied]: s3://dev/p/local/a.txt: you may not write" in ended.stderr


def test_an_interrupted_upload_says_how_to_go_on(
    two_buckets: Shell, local: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_transfers: Transfers, _job: str, timeout_s: float | None = None) -> bool:
        if timeout_s is not None and timeout_s < 1:
            raise KeyboardInterrupt
        return True

    monkeypatch.setattr(Transfers, "wait", interrupted)

    ended = two_buckets.headless("put", "local", "s3://dev/p/", "--allow-write")

    assert ended.exit_code == 130
    assert ended.stderr.endswith(
        "interrupted; resume with: s3nav --headless put local s3://dev/p/ --allow-write\n"
    )


def test_replacing_needs_a_yes_where_nobody_can_be_asked(two_buckets: Shell, local: Path) -> None:
    ended = two_buckets.headless(
        "put", "local/a.txt", "s3://dev/img/1.png", "--allow-write", "--overwrite"
    )

    assert ended.exit_code == 2
    assert "error[needs-confirmation]: 1 object of `dev` would be replaced" in ended.stderr
    assert object_of(two_buckets, "img/1.png") == b"1" * 1500


@pytest.mark.parametrize(
    ("answer", "code", "content"), [("y", 130, b"1" * 1500), ("dev", 0, b"12345")]
)
def test_on_a_terminal_the_name_of_the_bucket_is_typed_to_replace(
    two_buckets: Shell, local: Path, answer: str, code: int, content: bytes
) -> None:
    two_buckets.stdin = Typist(answer)

    ended = two_buckets.headless(
        "put", "local/a.txt", "s3://dev/img/1.png", "--allow-write", "--overwrite"
    )

    assert ended.exit_code == code
    assert "Type dev to go on: " in ended.stderr
    assert object_of(two_buckets, "img/1.png") == content


def test_yes_replaces_without_asking(two_buckets: Shell, local: Path) -> None:
    ended = two_buckets.headless(
        *["put", "local/a.txt", "s3://dev/img/1.png", "--allow-write", "--overwrite", "--yes"]
    )

    assert ended.exit_code == 0
    assert object_of(two_buckets, "img/1.png") == b"12345"


def test_a_dry_run_says_what_goes_where_and_writes_nothing(two_buckets: Shell, local: Path) -> None:
    ended = two_buckets.headless("put", "local/", "s3://dev/p/", "--dry-run")

    assert ended.stdout == (
        f"{local}/a.txt → s3://dev/p/a.txt\n"
        f"{local}/sub/b.txt → s3://dev/p/sub/b.txt\n"
        "would send 2 objects, 8 B\n"
    )
    assert two_buckets.store.fact("dev", "p/a.txt") is None


def test_a_dry_run_as_json_is_one_object(two_buckets: Shell, local: Path) -> None:
    two_buckets.store.put("dev", "p/a.txt", b"other")

    ended = two_buckets.headless(
        "put", "local/", "s3://dev/p/", "--dry-run", "--overwrite", "--output", "json"
    )

    assert json.loads(ended.stdout) == {
        "send_files": 2,
        "send_bytes": 8,
        "skip_files": 0,
        "skip_bytes": 0,
        "replace_files": 1,
        "refused_files": 0,
    }


def test_files_are_uploaded_and_summed_up(two_buckets: Shell, local: Path) -> None:
    ended = two_buckets.headless("put", "local", "s3://dev/p/", "--allow-write")

    assert ended.exit_code == 0
    assert re.sub(r"(Duration: +)[\d.,]+|(speed: +).*", r"\1\2#", ended.stdout) == SUMMARY
    assert ended.stderr == "found 2 objects to send, 8 B\n"
    assert object_of(two_buckets, "p/local/sub/b.txt") == b"678"


def test_the_json_report_has_the_shape_of_a_download(two_buckets: Shell, local: Path) -> None:
    arguments = ["cp", "s3://dev/img/", "s3://prod/", "-r", "--allow-write", "--output", "json"]

    report = json.loads(two_buckets.headless(*arguments).stdout)
    again = json.loads(two_buckets.headless(*arguments).stdout)

    assert list(report) == [
        *["job", "total_files", "downloaded", "skipped", "failed", "total_bytes"],
        *["downloaded_bytes", "duration_s", "average_bytes_per_s", "success_rate"],
        *["estimated_usd", "metered_usd"],
    ]
    assert report["metered_usd"] is None
    assert (report["downloaded"], report["downloaded_bytes"]) == (2, 4000)
    assert (again["downloaded"], again["skipped"]) == (0, 2)
    assert object_of(two_buckets, "1.png", "prod") == b"1" * 1500


def test_uploads_are_jobs_of_the_journal(two_buckets: Shell, local: Path) -> None:
    two_buckets.headless("put", "local/a.txt", "s3://dev/p/", "--allow-write")

    (job,) = json.loads(two_buckets.headless("jobs", "list", "--output", "json").stdout)
    shown = two_buckets.headless("jobs", "show", job["job"], "--output", "json").stdout
    resumed = two_buckets.headless("jobs", "resume", job["job"], "--allow-write")

    assert (job["state"], job["target"], job["total_files"]) == ("done", "s3://dev/p/", 1)
    (item,) = json.loads(shown)
    assert (item["source"], item["local_path"]) == (f"{local}/a.txt", "s3://dev/p/a.txt")
    assert (item["state"], item["verified_by"]) == ("done", "md5")
    assert resumed.exit_code == 2


def test_a_failed_upload_is_resumed_by_its_name(two_buckets: Shell, local: Path) -> None:
    def deny(_verb: str, _key: str, _watch: WriteWatch) -> None:
        raise AccessDeniedError("you may not write this")

    two_buckets.sender = MemorySender(two_buckets.store, before=deny)
    two_buckets.headless("put", "local/a.txt", "s3://dev/p/", "--allow-write")
    two_buckets.sender = None
    (job,) = json.loads(two_buckets.headless("jobs", "list", "--output", "json").stdout)

    refused = two_buckets.headless("jobs", "resume", job["job"])
    resumed = two_buckets.headless("jobs", "resume", job["job"], "--allow-write")

    assert "error[read-only]" in refused.stderr
    assert resumed.exit_code == 0
    assert object_of(two_buckets, "p/a.txt") == b"12345"


def test_closed_standard_input_is_no_upload(two_buckets: Shell) -> None:
    two_buckets.stdin = io.StringIO("text, not bytes")

    ended = two_buckets.headless("put", "-", "s3://dev/key", "--allow-write")

    assert ended.exit_code == 2
    assert "standard input is closed" in ended.stderr


def test_several_sources_are_copied_below_their_names(two_buckets: Shell) -> None:
    ended = two_buckets.headless(
        "--allow-write", "cp", "-r", "s3://dev/a.txt", "s3://dev/img/", "s3://prod/new/"
    )

    assert ended.exit_code == 0, ended.stderr
    assert object_of(two_buckets, "new/a.txt", "prod") == object_of(two_buckets, "a.txt")
    assert object_of(two_buckets, "new/img/2.png", "prod") == b"2" * 2500


def test_a_copy_without_a_target_is_refused(two_buckets: Shell) -> None:
    ended = two_buckets.headless("cp", "s3://dev/a.txt", "--allow-write")

    assert ended.exit_code == 2
    assert "needs a source and a target" in ended.stderr
