"""What the cockpit does, as a command line for a script."""

import shlex
from collections.abc import Sequence

from s3nav.settings import GIVEN_KEYS, Settings


def headless_line(words: Sequence[str], settings: Settings) -> str:
    """``s3nav --headless …`` with the connection of this session, never with a secret."""
    connection: list[str] = []
    if settings.profile and settings.profile != GIVEN_KEYS:
        connection += ["--profile", settings.profile]
    if settings.anonymous:
        connection.append("--anonymous")
    if settings.endpoint_url:
        connection += ["--endpoint-url", settings.endpoint_url]
    if settings.region:
        connection += ["--region", settings.region]
    return " ".join(["s3nav", "--headless", *map(quoted, [*connection, *words])])


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
