"""Hints in the cockpit name its keys; commands without a key keep the connection."""

import pytest

from s3nav.model.errors import NotFoundError
from s3nav.present.cockpit_hints import explained, in_cockpit


@pytest.mark.parametrize(
    ("hint", "shown"),
    [
        ("`s3nav --headless jobs list` lists them", "`3` lists them"),
        ("`s3nav --headless jobs clear` forgets", "`3`, then `C`, forgets"),
        ("`s3nav --headless buckets --fresh`", "`2`"),
        ("`s3nav --headless ls s3://b/p/` lists it", "`:s3://b/p/` lists it"),
        ("`s3nav --headless scan s3://b`", "`t` on the bucket (`z` on a prefix)"),
    ],
)
def test_a_command_with_a_key_is_shown_as_the_key(hint: str, shown: str) -> None:
    assert in_cockpit(hint, ["--demo"]) == shown


@pytest.mark.parametrize(
    "hint", ["`s3nav --headless config show`", "`s3nav --headless ls s3://a --recursive`"]
)
def test_a_command_without_a_key_gets_the_connection(hint: str) -> None:
    shown = in_cockpit(hint, ["--demo"])

    assert shown == hint.replace("--headless", "--headless --demo")


def test_a_text_without_a_command_stays_as_it_is() -> None:
    assert in_cockpit("run `aws sso login`") == "run `aws sso login`"


def test_an_error_keeps_its_slug_and_context() -> None:
    error = NotFoundError(
        "no job `x`",
        remedy="`s3nav --headless jobs list` lists them",
        slug="no-such-job",
        context={"job": "x"},
    )

    assert explained(error) == [
        "error[no-such-job]: no job `x`",
        "  job: x",
        "  hint: `3` lists them",
    ]
