"""A fetch of prices killed at random moments: the index holds whole versions, and it goes on."""

import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.headless import finish, start
from tests.support.price_list import PriceList
from tests.support.price_runs import LARGE, SMALL, fetch, indexed, large_offer, list_with, run

PRODUCTS = 3_000
"""Of the large offer: 24 MB, about a second of indexing."""
KILLS = 8
SEED = 20261121
KILLED_WITHIN = 0.7
"""Of the time that a fetch takes which nobody kills, on this machine."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
def large(tmp_path: Path) -> bytes:
    return large_offer(tmp_path, PRODUCTS)


@pytest.fixture
def served(large: bytes) -> Iterator[PriceList]:
    with list_with(large) as served:
        yield served


def kill_after(served: PriceList, home: Path, pause_s: float) -> int:
    """Fetch everything, and end it by SIGKILL so long after the offer was asked for."""
    served.forget()
    extra = {
        "S3NAV_PRICING_BASE_URL": served.base_url,
        "S3NAV_PRICING_CACHE_DIR": str(home / "cache"),
        "S3NAV_PRICING_OUTPUT_DIR": str(home / "out"),
    }
    process = start(None, home, "pricing", "download", "--all", extra=extra)
    until = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < until:
        if any(LARGE in path and "region_index" not in path for path in served.paths()):
            break
        time.sleep(0.005)
    time.sleep(pause_s)
    process.send_signal(signal.SIGKILL)
    return finish(process)[0]


def test_a_fetch_killed_at_random_moments_never_leaves_half_an_index(
    served: PriceList, large: bytes, tmp_path: Path
) -> None:
    dice = random.Random(SEED)
    began_s = time.monotonic()
    assert fetch(served, tmp_path / "unkilled", LARGE)[0] == 0
    longest_s = KILLED_WITHIN * (time.monotonic() - began_s)
    assert fetch(served, tmp_path, SMALL)[0] == 0

    killed = []
    for _ in range(KILLS):
        pause_s = dice.uniform(0, longest_s)
        killed.append(kill_after(served, tmp_path, pause_s) == -signal.SIGKILL)
        assert indexed(tmp_path) in ({SMALL: 3}, {SMALL: 3, LARGE: PRODUCTS}), pause_s
        assert run(served, tmp_path, "search", "timedstorage")[0] == 0
        if LARGE in indexed(tmp_path):
            (tmp_path / "data" / "prices.sqlite3").unlink()
            assert fetch(served, tmp_path, SMALL)[0] == 0

    assert sum(killed) >= KILLS // 2
    served.forget()
    code, _, err = fetch(served, tmp_path, SMALL, LARGE)
    assert code == 0, err
    assert indexed(tmp_path) == {SMALL: 3, LARGE: PRODUCTS}
    assert (tmp_path / "out" / f"{LARGE}.json").read_bytes() == large
    assert served.body_bytes < len(large), "what was fetched before a kill is not fetched again"
