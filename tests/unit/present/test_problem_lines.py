"""Errors in the words that every front end shows."""

from s3nav.model.errors import NotFoundError
from s3nav.present import problem_lines


def test_an_error_has_its_slug_context_and_remedy() -> None:
    error = NotFoundError("no bucket `b`", remedy="`s3nav ls` lists them", context={"bucket": "b"})

    assert problem_lines.lines(error) == [
        "error[not-found]: no bucket `b`",
        "  bucket: b",
        "  hint: `s3nav ls` lists them",
    ]


def test_an_error_cannot_control_the_terminal() -> None:
    assert problem_lines.headline(NotFoundError("no \x1b[31m")) == "error[not-found]: no \\x1b[31m"


def test_a_very_long_message_loses_its_middle() -> None:
    shown = problem_lines.headline(NotFoundError("a" + "x" * 5_000 + "z"))

    assert len(shown) < 2_100
    assert shown.startswith("error[not-found]: ax")
    assert shown.endswith("xz")
    assert "…" in shown
