import json
import logging
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3nav.persistence import LogStream, Redactor

logger = logging.getLogger("s3nav.tests")

SECRET_TEXT = st.text(
    st.sampled_from("ABCDEFGHIJabcdefghij0123456789+/="), min_size=16, max_size=60
).filter(lambda text: any(c.isalnum() for c in text))
AROUND = st.text(max_size=20)
QUERY_NAMES = st.sampled_from(
    ["X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token", "Signature", "AWSAccessKeyId"]
)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LogStream]:
    stream = LogStream(tmp_path / "logs" / "s3nav.jsonl", level="INFO", secrets=["hunter2hunter2"])
    yield stream
    stream.close()


def lines(log: LogStream) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.file.read_text().splitlines()]


def test_a_log_that_cannot_be_written_stops_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    stream = LogStream(tmp_path / "file" / "s3nav.jsonl", level="INFO")

    logger.info("hello")
    stream.close()

    assert capsys.readouterr().err == ""


def test_nothing_is_created_before_the_first_record(tmp_path: Path) -> None:
    LogStream(tmp_path / "logs" / "s3nav.jsonl", level="INFO").close()

    assert list(tmp_path.iterdir()) == []


def test_a_record_is_one_line_with_its_facts(log: LogStream) -> None:
    logger.info(
        "service pricing downloaded",
        extra={"size_bytes": 1048576, "duration_ms": 1234, "cache_hit": False, "path": Path("/x")},
    )

    (line,) = lines(log)
    assert str(line.pop("timestamp")).endswith("Z")
    assert line == {
        "level": "INFO",
        "logger": "s3nav.tests",
        "message": "service pricing downloaded",
        "size_bytes": 1048576,
        "duration_ms": 1234,
        "cache_hit": False,
        "path": "/x",
    }


def test_less_important_messages_are_left_out(log: LogStream) -> None:
    logger.debug("chatter")
    logger.warning("news")

    assert [line["message"] for line in lines(log)] == ["news"]


def test_tracebacks_are_kept_and_redacted(log: LogStream) -> None:
    try:
        int("hunter2hunter2")
    except ValueError:
        logger.exception("it failed")

    (line,) = lines(log)
    assert "literal for int() with base 10: '…'" in str(line["error"])


@pytest.mark.skipif(sys.platform == "win32", reason="no POSIX modes")
def test_the_file_is_the_owners_alone(log: LogStream) -> None:
    logger.info("hello")

    assert stat.S_IMODE(log.file.stat().st_mode) == 0o600


def test_the_file_is_rotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("s3nav.persistence.logs.FILE_BYTES", 500)
    stream = LogStream(tmp_path / "s3nav.jsonl", level="INFO")
    for _ in range(40):
        logger.info("x" * 100)
    stream.close()

    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["s3nav.jsonl", *(f"s3nav.jsonl.{n}" for n in range(1, 6))]


def test_verbose_repeats_everything_for_a_person(tmp_path: Path) -> None:
    said: list[str] = []
    stream = LogStream(
        tmp_path / "s3nav.jsonl", level="WARNING", secrets=["topsecret"], echo=said.append
    )
    logger.debug("uses topsecret")
    stream.close()

    assert [line.partition(" - ")[2] for line in said] == ["DEBUG - uses …"]
    assert not (tmp_path / "s3nav.jsonl").exists()


def test_after_closing_nothing_is_logged_any_more(log: LogStream) -> None:
    logger.info("before")
    log.close()
    logger.info("after")

    assert [line["message"] for line in lines(log)] == ["before"]


def test_secrets_in_fields_and_nested_fields_do_not_reach_the_file(log: LogStream) -> None:
    logger.info(
        "request",
        extra={
            "headers": {"Authorization": "Bearer abc", "x": ["hunter2hunter2"]},
            "secret_key": "anything",
        },
    )

    (line,) = lines(log)
    assert line["headers"] == {"Authorization": "…", "x": ["…"]}
    assert line["secret_key"] == "…"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: AWS4-HMAC-SHA256 Credential=AKIA/x, Signature=1", "Authorization: …"),
        ("GET /k?X-Amz-Signature=abc&x=1", "GET /k?X-Amz-Signature=…&x=1"),
        ("GET /k?x=1&Signature=a%2Fb&Expires=2", "GET /k?x=1&Signature=…&Expires=2"),
        ("aws_secret_access_key = wJalr/XUtn", "aws_secret_access_key = …"),
        ("key AKIAIOSFODNN7EXAMPLE used", "key AKIAIO… used"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_text_that_looks_like_a_secret_is_hidden(text: str, shown: str) -> None:
    assert Redactor().text(text) == shown


@given(secret=SECRET_TEXT, before=AROUND, after=AROUND)
def test_known_secrets_never_pass(secret: str, before: str, after: str) -> None:
    assert secret not in Redactor([secret]).text(before + secret + after)


@given(name=QUERY_NAMES, secret=SECRET_TEXT, host=st.sampled_from(["https://b.s3/k", ""]))
def test_presigned_queries_never_pass(name: str, secret: str, host: str) -> None:
    value = quote(secret, safe="")

    shown = Redactor().text(f"failed: {host}?X-Amz-Date=1&{name}={value}&Expires=3")

    assert value not in shown
    assert shown.endswith("&Expires=3")


@given(secret=SECRET_TEXT, mark=st.sampled_from([": ", "=", ":", '": "']))
def test_authorization_headers_never_pass(secret: str, mark: str) -> None:
    shown = Redactor().text(f"sent Authorization{mark}AWS4-HMAC-SHA256 Credential=a, Sig={secret}")

    assert secret not in shown


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=8))
def test_every_field_can_be_written(value: object) -> None:
    json.dumps(Redactor().field("name", value))
