"""Make scrape ids."""

import secrets
from datetime import UTC, datetime


def new_id() -> str:
    """Return a new scrape id: UTC start time and eight random hex digits."""
    return f"scrape_{datetime.now(UTC):%Y%m%d_%H%M%S}_{secrets.token_hex(4)}"
