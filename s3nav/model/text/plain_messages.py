"""Write messages: command lines to type, and errors of parsers and type checks in plain words."""

import re
import shlex
from collections.abc import Iterable, Sequence

PROGRAM = "s3nav --headless"
_ENDS = r"(?=[ `]|$)"
"""Matches the end of a word of a command line inside a text."""
_USER = re.compile(r"(://)[^/@\s]+@")
_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "text",
    "array": "a list",
    "object": "a table of names and values",
    "null": "nothing",
    "datetime": "a time",
}
_LIMITS = {">=": "at least", ">": "more than", "<=": "at most", "<": "less than"}
_EXPECTED = re.compile(
    r"Expected `(?P<kinds>[^`]+)`"
    r"(?: (?P<limit>[<>]=?) (?P<bound>[-0-9.e+]+))?(?:, got `(?P<got>[^`]+)`)?$"
)
_FIELD = re.compile(r"Object (?P<what>missing required|contains unknown) field `(?P<field>[^`]+)`$")
_AT = re.compile(r" - at `(?:key in )?\$(?P<path>[^`]*)`$")
_BYTE = re.compile(r"\(byte (\d+)\)$")
_ANY_ENTRY = "[...]"


def one_line(text: str) -> str:
    """Join a text's words with single spaces, on one line."""
    return " ".join(text.split())


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


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a remedy with the known word closest to `word`; empty when none is similar."""
    import difflib  # noqa: PLC0415  # only when something was misspelt

    near = difflib.get_close_matches(word, list(known), n=1)
    return f"did you mean `{near[0]}`?" if near else ""


def unfit_text(value: object, *, is_path: bool) -> str:
    """Say why a setting's text is invalid, as in "is not UTF-8"; empty when it is valid.

    Lists and tables are checked recursively. A path may have surrogate escapes, Python's form of
    a path that is not UTF-8.
    """
    if isinstance(value, str):
        if "\0" in value:
            return "has a NUL character"
        try:
            value.encode("utf-8", "surrogateescape" if is_path else "strict")
        except UnicodeEncodeError:
            return "is not UTF-8"
    parts = [*value, *value.values()] if isinstance(value, dict) else value
    if isinstance(parts, list | tuple):
        return next(filter(None, (unfit_text(one, is_path=is_path) for one in parts)), "")
    return ""


def unfit_keys(access_key: str, secret_key: str, token: str) -> str:
    """Say why keys cannot be sent in a header; empty when they can."""
    # The secret is only hashed, and some S3 servers let it contain spaces.
    for name, value in (
        ("access key id", access_key),
        ("secret access key", secret_key.replace(" ", "")),
        ("session token", token),
    ):
        if not is_one_word(value):
            return f"the {name} contains white space or a control character"
    return ""


def is_one_word(text: str) -> bool:
    """Whether a text has no white space and no control character."""
    return text.isprintable() and " " not in text


def misfit(
    error: Exception, name: str = "", *, value: object = None, choices: Sequence[str] = ()
) -> str:
    """Describe a validation error, as in: `parallel` must be a whole number, not `many`.

    `name` is what was read; without one the message says "it". `value` is shown when all of it is
    wrong; leave it out when it may be secret.
    """
    message = one_line(str(error))
    at = _AT.search(message)
    path = at["path"] if at else ""
    message = message[: at.start()] if at else message
    subject = _subject(name, path)
    instead = "" if path or value is None else f", not `{value}`"
    if choices and not path:
        return f"{subject} must be one of {', '.join(choices)}{instead}"
    if field := _FIELD.match(message):
        lacks = field["what"].startswith("missing")
        return f"{subject} {'has no' if lacks else 'has an unknown'} `{field['field']}`"
    if expected := _EXPECTED.match(message):
        got = _kind(expected["got"]) if expected["got"] else ""
        return f"{subject} must be {_wanted(expected)}" + (instead or (got and f", not {got}"))
    return f"{subject} {_other(error, message)}"


def _subject(name: str, path: str) -> str:
    """Name the subject of an error: ``it``, a name, or a part of the named value."""
    above, any_entry, rest = path.rpartition(_ANY_ENTRY)
    if any_entry:
        of = _subject(name, above)
        part = rest.lstrip(".")
        return f"`{part}` of an entry of {of}" if part else f"an entry of {of}"
    whole = f"{name}{path}".lstrip(".")
    return f"`{whole}`" if whole else "it"


def _wanted(expected: re.Match[str]) -> str:
    kinds = [kind for kind in expected["kinds"].split(" | ") if kind != "null"] or ["null"]
    words = " or ".join(dict.fromkeys(_kind(kind) for kind in kinds))
    if not expected["limit"]:
        return words
    bound = expected["bound"].removesuffix(".0")
    return f"{words} of {_LIMITS[expected['limit']]} {bound}"


def _kind(name: str) -> str:
    return _KINDS.get(name, "something else")


def _other(error: Exception, message: str) -> str:
    if isinstance(error, RecursionError):
        return "is nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return f"is not UTF-8 (byte {error.start})"
    if isinstance(error, KeyError):
        return f"has no `{error.args[0]}`"
    if isinstance(error, TypeError | AttributeError):
        return "has unexpected content"
    if message.startswith("Invalid enum value"):
        return f"cannot be {message.partition('value ')[2].replace(chr(39), '`')}"
    return _unreadable(error, message)


def _unreadable(error: Exception, message: str) -> str:
    if isinstance(error, EOFError) or message == "Input data was truncated":
        return "ends too early"
    if message.startswith("JSON is malformed"):
        byte = _BYTE.search(message)
        return f"is not JSON (byte {byte[1]})" if byte else "is not JSON"
    if message.startswith("Invalid RFC3339"):
        return "must be a time as 2026-11-20T08:00:00Z"
    return f"is not valid: {message}"
