"""An error as every front end shows it: what happened, where, and what to do."""

from s3nav.model.errors import S3NavError
from s3nav.present.formatting import safe_text

LONGEST = 2000
"""Characters of a message that are shown; longer ones contain a value too long to read."""


def headline(error: S3NavError) -> str:
    """Return ``error[slug]: message`` on one line, without the middle if it is very long."""
    message = safe_text(error.message)
    if len(message) > LONGEST:
        message = f"{message[: LONGEST // 2]}…{message[-LONGEST // 2 :]}"
    return f"error[{safe_text(error.reference)}]: {message}"


def lines(error: S3NavError) -> list[str]:
    """Return the headline, then context and remedy, indented."""
    shown = [headline(error)]
    shown += [
        f"  {safe_text(name)}: {safe_text(value)}" for name, value in error.context.items() if value
    ]
    if error.remedy:
        shown.append(f"  hint: {safe_text(error.remedy)}")
    return shown
