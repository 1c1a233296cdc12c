"""A settings file as text, to be written for a user."""

import json

import msgspec
import tomli_w

from s3nav.settings import fields


def as_file(suffix: str) -> str:
    """A settings file with every default: TOML and YAML explain each, JSON cannot.

    Settings that are unset are commented out; secrets do not belong into the file.
    """
    shown = [fact for fact in fields() if not fact.is_secret]
    if suffix == ".json":
        defaults = {f.name: msgspec.to_builtins(f.default) for f in shown if f.default is not None}
        return json.dumps(defaults, indent=2) + "\n"
    is_yaml = suffix in {".yaml", ".yml"}
    lines = ["# Settings of s3nav. Environment and flags go before this file.", ""]
    for fact in shown:
        value = msgspec.to_builtins(fact.default)
        lines.append(f"# {fact.help} ({fact.environment})")
        if value is None:
            lines.append(f"# {fact.name}:" if is_yaml else f"# {fact.name} =")
        elif is_yaml:  # JSON's scalars and lists are YAML's
            lines.append(f"{fact.name}: {json.dumps(value)}")
        else:
            lines.append(tomli_w.dumps({fact.name: value}).rstrip())
        lines.append("")
    return "\n".join(lines)
