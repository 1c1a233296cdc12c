"""Errors as the cockpit shows them: hints name its keys in place of commands."""

import re
import shlex
from collections.abc import Sequence

from s3nav.model.errors import S3NavError
from s3nav.model.text.plain_messages import PROGRAM, connected
from s3nav.present import problem_lines as problems

_COMMAND = re.compile(rf"`{PROGRAM} ([^`]+)`")
_KEYS = {
    ("profiles", "list"): "`1`",
    ("buckets",): "`2`",
    ("jobs", "list"): "`3`",
    ("jobs", "show"): "`3`, then `enter` on the job,",
    ("jobs", "resume"): "`3`, then `space` on the job,",
    ("jobs", "clear"): "`3`, then `C`,",
    ("pricing", "search"): "`4`, then `/`,",
    ("pricing", "status"): "`4`",
    ("pricing", "services"): "`4`, then `d`,",
    ("pricing", "download"): "`4`, then `d`,",
    ("scrape", "list"): "`5`",
    ("scrape", "run"): "`5`, then `n`,",
    ("scrape", "show"): "`5`, then `enter` on the scrape,",
    ("scan", "list"): "`2`, then `H` on the bucket,",
}
"""The keys that do the same as a command."""


def explained(error: S3NavError, options: Sequence[str] = ()) -> list[str]:
    """Return the lines of an error; commands without a key get the connection `options`."""
    shown = S3NavError(
        in_cockpit(error.message, options),
        remedy=in_cockpit(error.remedy, options),
        context=error.context,
        slug=error.reference,
    )
    return problems.lines(shown)


def in_cockpit(text: str, options: Sequence[str] = ()) -> str:
    """Replace the commands in `text` that have a key of the cockpit."""
    return connected(_COMMAND.sub(_key, text), options)


def _key(found: re.Match[str]) -> str:
    words = shlex.split(found[1])
    if words[0] == "ls" and len(words) == 2:
        return f"`:{words[1]}`"
    if words[0] == "scan" and len(words) > 1 and words[1].startswith("s3://"):
        return "`t` on the bucket (`z` on a prefix)"
    return _KEYS.get(tuple(words[:2])) or _KEYS.get(tuple(words[:1])) or found[0]
