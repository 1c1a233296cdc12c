"""A fetch of prices killed at random moments: the index holds whole versions, and it goes on."""

import random
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from queue import Queue

import pytest

from tests.support.headless import DEADLINE_S, finish, start
from tests.support.price_list import Answer, Asked, PriceList
from tests.support.price_runs import LARGE, SMALL, fetch, indexed, large_offer, list_with, run

PRODUCTS = 3_000
"""Of the large offer: 24 MB, about a second of indexing."""
KILLS = 5
"""While rows are written, and one more while the offer comes."""
WRITES = 20
"""Times that many rows are written while it is indexed, at least."""
SEED = 20261121

pytestmark = pytest.mark.slow


@pytest.fixture
def large(tmp_path: Path) -> bytes:
    return large_offer(tmp_path, PRODUCTS)


@pytest.fixture
def served(large: bytes) -> Iterator[PriceList]:
    with list_with(large) as served:
        yield served


def start_all(
    served: PriceList, home: Path, killed_at: tuple[str, int] | None = None
) -> "subprocess.Popen[str]":
    """Fetch everything."""
    served.forget()
    extra = {
        "S3NAV_PRICING_BASE_URL": served.base_url,
        "S3NAV_PRICING_CACHE_DIR": str(home / "cache"),
        "S3NAV_PRICING_OUTPUT_DIR": str(home / "out"),
    }
    return start(None, home, "pricing", "download", "--all", extra=extra, killed_at=killed_at)


def kill_halfway(served: PriceList, home: Path) -> int:
    """Fetch everything, and end it by SIGKILL when half of what is left of the offer has come."""
    started: Queue[subprocess.Popen[str]] = Queue()

    def fault(asked: Asked) -> Answer | None:
        if LARGE not in asked.path or "region_index" in asked.path:
            return None
        answer = served.honest(asked.path, asked.headers)
        return replace(answer, halfway=lambda: started.get(timeout=DEADLINE_S).kill())

    served.faults.append(fault)
    process = start_all(served, home)
    started.put(process)
    code = finish(process)[0]
    served.faults.remove(fault)
    return code


def test_a_fetch_killed_at_random_moments_never_leaves_half_an_index(
    served: PriceList, large: bytes, tmp_path: Path
) -> None:
    dice = random.Random(SEED)
    assert fetch(served, tmp_path, SMALL)[0] == 0

    for moment in (0, *dice.sample(range(1, WRITES + 1), KILLS)):
        if moment:
            code = finish(start_all(served, tmp_path, ("amid", moment)))[0]
        else:
            code = kill_halfway(served, tmp_path)
        assert code == -signal.SIGKILL, moment
        assert indexed(tmp_path) == {SMALL: 3}, moment
        assert run(served, tmp_path, "search", "timedstorage")[0] == 0

    served.forget()
    code, _, err = fetch(served, tmp_path, SMALL, LARGE)
    assert code == 0, err
    assert indexed(tmp_path) == {SMALL: 3, LARGE: PRODUCTS}
    assert (tmp_path / "out" / f"{LARGE}.json").read_bytes() == large
    assert served.body_bytes < len(large), "what was fetched before a kill is not fetched again"
