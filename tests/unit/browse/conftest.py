"""What tests of listings share."""

import pytest

from s3nav.retries import Backoff, retry_policy


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries do not wait."""
    monkeypatch.setattr(retry_policy, "USUAL_BACKOFF", Backoff(first_s=0.001))
