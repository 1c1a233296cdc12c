"""Command lines in hints, and setting names of older tools."""

import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3nav.model.errors import UsageError
from s3nav.model.text.older_keys import translate_old_keys
from s3nav.model.text.plain_messages import command, connected, quoted, without_password


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1))
def test_a_printable_word_is_read_back_by_a_shell(word: str) -> None:
    if word.isprintable():
        assert shlex.split(quoted(word)) == [word]


@pytest.mark.parametrize(
    "word", ["a\nb", "tab\there", "esc\x1b[31m", "quote'\n", "back\\slash\n", "é\n"]
)
def test_an_unprintable_word_is_read_back_by_bash(word: str) -> None:
    shown = quoted(word)

    assert shown.isprintable()
    done = subprocess.run(
        ["bash", "-c", f"printf %s {shown}"], capture_output=True, check=True, timeout=60
    )
    assert done.stdout.decode() == word


def test_a_command_is_quoted_where_needed() -> None:
    assert command("ls", "s3://b/a b") == "s3nav --headless ls 's3://b/a b'"


def test_the_connection_is_inserted_once_into_each_command() -> None:
    text = "run `s3nav --headless scan s3://b` or `s3nav --headless`"
    options = ["--profile", "work"]

    shown = connected(text, options)

    assert shown == (
        "run `s3nav --headless --profile work scan s3://b` or `s3nav --headless --profile work`"
    )
    assert connected(shown, options) == shown
    assert connected(text, []) == text


def test_the_connection_follows_the_words_of_a_command() -> None:
    assert connected("`s3nav --headless ls`", ["--demo"], ["ls"]) == "`s3nav --headless ls --demo`"


def test_a_password_in_a_url_is_hidden() -> None:
    assert without_password("mongodb://me:secret@host/db") == "mongodb://…@host/db"
    assert without_password("https://host/a@b") == "https://host/a@b"


@pytest.mark.parametrize(("old", "new"), [(True, "auto"), (False, "none"), ("false", "none")])
def test_verify_checksums_becomes_verify(old: object, new: str) -> None:
    assert translate_old_keys({"verify_checksums": old}, "file") == {"verify": new}


def test_a_new_name_wins_over_the_old_one() -> None:
    layer = {"verify_checksums": True, "verify": "full", "parallel": 4}

    assert translate_old_keys(layer, "file") == {"verify": "full", "parallel": 4}


def test_verify_checksums_must_be_a_boolean() -> None:
    with pytest.raises(
        UsageError, match="file: `verify_checksums` must be true or false"
    ) as caught:
        translate_old_keys({"verify_checksums": "often"}, "file")

    assert caught.value.reference == "bad-setting"


def test_the_pricing_table_has_the_options_of_aws_pricing_downloader() -> None:
    layer = {"pricing": {"max_retries": 2}, "parallel": 4}

    assert translate_old_keys(layer, "file") == {"pricing_max_retries": 2, "parallel": 4}
