"""Build s3nav command lines for hints, quoted for a shell."""

import re
import shlex
from collections.abc import Sequence

PROGRAM = "s3nav --headless"
_ENDS = r"(?=[ `]|$)"
"""Matches the end of a word of a command line inside a text."""
_USER = re.compile(r"(://)[^/@\s]+@")


def command(*words: str) -> str:
    """Return ``s3nav --headless`` followed by `words`, quoted where a shell needs it."""
    return " ".join([PROGRAM, *map(quoted, words)])


def connected(text: str, options: Sequence[str], words: Sequence[str] = ()) -> str:
    """Insert `options` into each s3nav command line in `text` that starts with `words`.

    They go after those words; a command line that has them already is not changed.
    """
    if not options:
        return text
    bare, whole = command(*words), command(*words, *options)
    for before, after in ((whole, bare), (bare, whole)):
        text = after.join(re.split(re.escape(before) + _ENDS, text))
    return text


def without_password(word: str) -> str:
    """Hide the user and password of a URL in a word."""
    return _USER.sub(r"\1…@", word)


def quoted(word: str) -> str:
    """Quote a word for a shell; unprintable characters use ``$'…'``, which bash and zsh read."""
    if word.isprintable():
        return shlex.quote(word)
    escaped = "".join(
        char if 0x20 <= ord(char) < 0x7F and char not in "'\\" else _escape(char) for char in word
    )
    return f"$'{escaped}'"


def _escape(char: str) -> str:
    content = char.encode("utf-8", "surrogateescape")
    return "".join(f"\\x{byte:02x}" for byte in content)
