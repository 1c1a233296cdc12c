"""Generate a settings file with every default."""

import json

import msgspec
import tomli_w

from s3nav.settings import fields


def as_file(suffix: str) -> str:
    """Return a settings file in the format of `suffix`; TOML and YAML have a comment for each.

    Unset settings are commented out. Secrets are left out: they do not belong in the file.
    """
    shown = [fact for fact in fields() if not fact.is_secret]
    if suffix == ".json":
        defaults = {f.name: msgspec.to_builtins(f.default) for f in shown if f.default is not None}
        return json.dumps(defaults, indent=2) + "\n"
    is_yaml = suffix in {".yaml", ".yml"}
    lines = ["# Settings of s3nav. Environment variables and flags override this file.", ""]
    for fact in shown:
        value = msgspec.to_builtins(fact.default)
        lines.append(f"# {fact.help} ({fact.environment})")
        if value is None:
            lines.append(f"# {fact.name}:" if is_yaml else f"# {fact.name} =")
        elif is_yaml:  # JSON scalars and lists are valid YAML
            lines.append(f"{fact.name}: {json.dumps(value)}")
        else:
            lines.append(tomli_w.dumps({fact.name: value}).rstrip())
        lines.append("")
    return "\n".join(lines)
