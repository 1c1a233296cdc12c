"""What tests of listings share."""

import pytest

from s3nav.retries import Backoff, request_retries


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries do not wait."""
    monkeypatch.setattr(request_retries, "USUAL_BACKOFF", Backoff(first_s=0.001))
