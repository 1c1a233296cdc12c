"""What tests of listings share."""

import pytest

from s3nav.browse.listing import listing_pace as pace


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails is asked again at once."""
    monkeypatch.setattr(pace, "FIRST_DELAY_S", 0.001)
    monkeypatch.setattr(pace, "CALM_S", 0.005)
