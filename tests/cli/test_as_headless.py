"""Any job as an exact command line: the line chooses the same objects, for the same place."""

import json
import shlex
from pathlib import Path

import pytest

from s3nav.model.places import S3Uri
from s3nav.model.text.plain_messages import quoted
from s3nav.present.headless_line import headless_line
from s3nav.settings import Settings
from s3nav.transfer import Selection, Source, selection_command_words
from tests.support.command_line import Shell

ODD = ("a[1].txt", "a1.txt", "b*", "bb", "q?", "qq", "x!", "x", "x/below", "sp ace", "d]", "e^")


@pytest.fixture
def odd(shell: Shell) -> Shell:
    for key in ODD:
        shell.store.put("dev", key, key.encode())
    return shell


@pytest.mark.parametrize("key", ODD)
def test_a_key_that_was_picked_becomes_a_line_that_fetches_it_and_nothing_else(
    odd: Shell, tmp_path: Path, key: str
) -> None:
    source = Source(place=S3Uri("dev", key), literal=True)
    words = selection_command_words(Selection(sources=(source,), target=tmp_path / "out"))

    ended = odd.headless(*words)

    assert ended.exit_code == 0, ended.stderr
    assert [name for verb, name in odd.store.requests if verb == "get"] == [key]


@pytest.mark.parametrize(
    "typed",
    [
        ("s3://dev/", "--extensions", ".png", "--min-size", "2KB"),
        ("--buckets", "dev", "prod", "--prefixes", "img/"),
        ("--all-buckets", "--exclude", "*.txt", "--yes"),
        ("s3://dev/img/*.png", "--storage-class", "STANDARD", "--verify", "full"),
        ("s3://dev", "--start-date", "2026-01-01", "--end-date", "2026-12-31", "--overwrite"),
        ("s3://dev", "--compare", "checksum", "--requester-pays", "--include-regex", "^img"),
        ("--manifest", "m.csv"),
    ],
    ids=" ".join,
)
def test_the_command_of_a_job_is_the_same_wish(
    two_buckets: Shell, tmp_path: Path, typed: tuple[str, ...]
) -> None:
    Path("m.csv").write_text("dev,a.txt\n")
    first = two_buckets.headless("download", *typed, "--download-dir", "out")
    assert first.exit_code == 0, first.stderr
    jobs = json.loads(two_buckets.headless("jobs", "list", "--output", "json").stdout)

    told = two_buckets.headless("jobs", "command", jobs[0]["job"])

    assert told.stdout.startswith("s3nav --headless download ")
    elsewhere = tmp_path / "elsewhere"
    words = shlex.split(told.stdout.replace(str(tmp_path / "out"), str(elsewhere)))[2:]
    assert two_buckets.headless(*words).exit_code == 0
    assert _files(elsewhere) == _files(tmp_path / "out")
    assert _files(elsewhere)


def test_a_job_that_is_none_has_no_command(shell: Shell) -> None:
    assert shell.headless("jobs", "command", "nobody").exit_code == 5


def test_the_connection_is_named_and_no_secret() -> None:
    settings = Settings(
        access_key="AKIA", secret_key="hush", endpoint_url="http://127.0.0.1:9", region="eu-west-1"
    )

    line = headless_line(("download", "s3://b/a b"), settings)

    assert line == (
        "s3nav --headless --endpoint-url http://127.0.0.1:9 --region eu-west-1 download"
        " 's3://b/a b'"
    )


def test_what_cannot_be_seen_is_written_out() -> None:
    assert quoted("a\x1b[2J'\\é") == "$'a\\x1b[2J\\x27\\x5c\\xc3\\xa9'"
    assert quoted("plain") == "plain"


def _files(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


@pytest.mark.parametrize("option", [["--endpoint-url", "{}"], ["--endpoint-url={}"]])
def test_a_password_in_a_url_is_in_no_hint_and_not_in_the_log(
    shell: Shell, home: Path, option: list[str]
) -> None:
    typed = [word.format("http://user:PASSW0RD@127.0.0.1:9/") for word in option]

    ended = shell.run("ls", "s3://dev/", *typed)
    shell.headless("ls", "s3://dev/", *typed)

    assert "runs it without" in ended.stderr
    logged = "".join(file.read_text() for file in home.rglob("*.jsonl"))
    assert '"command"' in logged
    assert "PASSW0RD" not in ended.stderr + logged


def test_what_cannot_be_seen_in_a_key_is_written_so_that_a_shell_reads_it(shell: Shell) -> None:
    ended = shell.run("ls", "s3://dev/a\nb")

    assert "$'s3://dev/a\\x0ab'" in ended.stderr
