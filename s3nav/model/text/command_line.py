"""Command lines of s3nav as a shell reads them: in hints, and to be copied."""

import re
import shlex
from collections.abc import Sequence

PROGRAM = "s3nav --headless"
_ENDS = r"(?=[ `]|$)"
"""Where a word of a command line in a text ends."""
_USER = re.compile(r"(://)[^/@\s]+@")


def command(*words: str) -> str:
    """``s3nav --headless`` and `words`, each quoted where a shell needs it."""
    return " ".join([PROGRAM, *map(quoted, words)])


def connected(text: str, options: Sequence[str], words: Sequence[str] = ()) -> str:
    """`text` with `options` in each command line of s3nav that begins with `words`.

    They stand behind those words; a command line that has them already is left as it is.
    """
    if not options:
        return text
    bare, whole = command(*words), command(*words, *options)
    for before, after in ((whole, bare), (bare, whole)):
        text = after.join(re.split(re.escape(before) + _ENDS, text))
    return text


def without_password(word: str) -> str:
    """A word with the user and the password of a URL in it hidden."""
    return _USER.sub(r"\1…@", word)


def quoted(word: str) -> str:
    """A word as a shell reads it; what cannot be seen is written out, as bash and zsh read it."""
    if word.isprintable():
        return shlex.quote(word)
    escaped = "".join(
        char if 0x20 <= ord(char) < 0x7F and char not in "'\\" else _escape(char) for char in word
    )
    return f"$'{escaped}'"


def _escape(char: str) -> str:
    content = char.encode("utf-8", "surrogateescape")
    return "".join(f"\\x{byte:02x}" for byte in content)
