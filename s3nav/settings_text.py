"""Parse the text of a settings file: TOML, YAML or JSON, of a size that makes sense."""

import json

MAX_BYTES = 1 << 20
MAX_VALUES = 10_000
"""Values in a file; YAML can repeat one by an alias, and aliases of aliases are exponential."""
_MAX_DEPTH = 20
_MAX_DOTS = 1_000
"""Dots of a line: tomllib needs memory for the square of the parts of a dotted key."""


def parse_settings_text(content: bytes, suffix: str) -> object:
    """Parse by the suffix of the file name, TOML if unknown. Raises ValueError that says why."""
    if len(content) > MAX_BYTES:
        raise ValueError(f"it is larger than {MAX_BYTES:,} bytes")
    text = content.decode("utf-8-sig")  # editors of Windows write a byte order mark
    try:
        match suffix.lower():
            case ".json":
                parsed = json.loads(text)
            case ".yaml" | ".yml":
                parsed = _parse_yaml(text)
            case _:
                parsed = _parse_toml(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if _count(parsed, {}, 0) > MAX_VALUES:
        raise ValueError("it has too many values")
    return parsed


def _parse_toml(text: str) -> object:
    import tomllib  # noqa: PLC0415  # only when there is a file

    if any(line.count(".") > _MAX_DOTS for line in text.splitlines()):
        raise ValueError("a line has too many dots")
    return tomllib.loads(text)


def _parse_yaml(text: str) -> object:
    """Raises ValueError, as the other parsers do, without the line, which may hold a secret."""
    import yaml  # noqa: PLC0415

    try:
        return yaml.safe_load(text) or {}
    except yaml.MarkedYAMLError as error:
        where = f" at line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ValueError(f"{error.problem}{where}") from error
    except yaml.YAMLError as error:
        raise ValueError("it is not YAML") from error


def _count(value: object, known: dict[int, int], depth: int) -> int:
    """How many values there are when each alias counts as what it repeats. Raises ValueError."""
    if depth > _MAX_DEPTH:
        raise ValueError("nested too deeply")
    if not isinstance(value, list | dict):
        return 1
    found = known.get(id(value))
    if found is None:
        known[id(value)] = MAX_VALUES  # an alias of something around it has no end
        parts = value.values() if isinstance(value, dict) else value
        found = known[id(value)] = 1 + sum(_count(part, known, depth + 1) for part in parts)
    return found
