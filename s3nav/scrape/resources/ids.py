"""Name scrapes."""

import secrets
from datetime import UTC, datetime


def new_id() -> str:
    """A scrape's id: its start, and eight letters of chance."""
    return f"scrape_{datetime.now(UTC):%Y%m%d_%H%M%S}_{secrets.token_hex(4)}"
