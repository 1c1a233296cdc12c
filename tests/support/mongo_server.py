"""A server that speaks MongoDB's protocol, for tests: a real one where there is one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

VARIABLE = "S3NAV_TEST_MONGODB"


@contextmanager
def mongo_server(storage: Path, *, port: int = 0) -> Iterator[str]:
    """Its connection string. A server on a named port is always our own, and keeps its data.

    Skips the test when there is none at all.
    """
    if os.environ.get(VARIABLE) and port == 0:
        yield os.environ[VARIABLE]
        return
    secantus = pytest.importorskip("secantus", reason=f"needs secantusdb, or {VARIABLE}")
    with secantus.SecantusDBServer(
        port=port, storage_path=str(storage), ttl_sweep_seconds=1, cache_size="64M"
    ) as server:
        yield server.uri
