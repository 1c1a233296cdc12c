"""An S3 whose bytes come from a list of sizes and seeds, so that two processes see the same."""

import functools
import hashlib
import json
import os
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from s3nav.model.objects import GetRequest
from tests.support.memory_store import MemoryBody, MemoryStore

BUCKET = "crash"


@functools.cache
def content_of(seed: int, size_bytes: int) -> bytes:
    return random.Random(seed).randbytes(size_bytes)


@dataclass
class SeededStore(MemoryStore):
    """A MemoryStore that also writes each GET to a file that outlives the process."""

    log: Path = field(default_factory=Path)
    pace_s: float = 0.0

    def get(self, request: GetRequest) -> MemoryBody:
        span = request.span
        line = json.dumps([request.key, span.start if span else 0, span is not None])
        descriptor = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            os.write(descriptor, line.encode() + b"\n")
        finally:
            os.close(descriptor)
        if self.pace_s:
            time.sleep(self.pace_s)
        return super().get(request)


def seeded_store(log: Path, sizes: Mapping[str, int], *, pace_s: float = 0.0) -> SeededStore:
    store = SeededStore(log=log, pace_s=pace_s)
    for seed, (key, size_bytes) in enumerate(sizes.items()):
        store.put(BUCKET, key, content_of(seed, size_bytes))
    return store


def fetched(log: Path) -> list[tuple[str, int, bool]]:
    """Key, start and whether it was a range, of each GET so far, in order."""
    if not log.exists():
        return []
    lines = log.read_text().splitlines()
    return [(key, start, ranged) for key, start, ranged in map(json.loads, lines)]


def digest_tree(directory: Path) -> dict[str, str]:
    """Path below `directory` to the SHA-256 of each file."""
    return {
        str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }
