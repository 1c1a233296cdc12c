"""Counts equal ground truth: random sets of each kind of key, on every S3 and a synthetic one.

    S3NAV_TEST_SETS=20 python -m pytest tests/contract/test_random_counts.py

tries twenty sets of each kind in place of two; -s prints what was counted.
"""

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from s3nav.aws import open_store
from s3nav.browse import ScanRetention, Scans
from s3nav.model.places import S3Uri
from s3nav.model.ports.stores import ObjectStore
from s3nav.persistence import Directories
from tests.benchmarks.listing_server import BUCKET, CLASSES, running, size_of
from tests.contract.conftest import Bench, Server
from tests.support.random_keys import KINDS, prefixes_of, random_set
from tests.support.tiers import rest_is_slow

SETS = int(os.environ.get("S3NAV_TEST_SETS", "2"))
OBJECTS = 30
LARGE_OBJECTS, LARGE_SETS = 1_050, 1
"""More than one page, of the kind that has all keys below one prefix."""
SYNTHETIC_OBJECTS = 4_000

pytestmark = pytest.mark.timeout(600)


def opened(store: ObjectStore, file: Path) -> Scans:
    return Scans(
        open_store=lambda: store,
        scans_file=file,
        publish=lambda _: None,
        retry_attempts=5,
        retention=ScanRetention(),
    )


@pytest.fixture
def scans(bench: Bench, directories: Directories) -> Iterator[Scans]:
    made = opened(bench.store, directories.scans_file)
    yield made
    made.close()


def check(scans: Scans, place: S3Uri, sizes: dict[str, int], classes: dict[str, str]) -> None:
    """Objects, bytes, classes, and both by prefix at every depth."""
    record = scans.count(place).record
    assert record.is_complete
    assert (record.objects, record.size_bytes) == (len(sizes), sum(sizes.values())), place
    by_class = Counter(classes[key] for key in sizes)
    class_bytes: Counter[str] = Counter()
    objects: Counter[str] = Counter()
    bytes_below: Counter[str] = Counter()
    for key, size in sizes.items():
        class_bytes[classes[key]] += size
        for prefix in prefixes_of(key):
            if prefix.startswith(place.key):
                objects[prefix] += 1
                bytes_below[prefix] += size
    counted = {name: (total.objects, total.size_bytes) for name, total in record.by_class.items()}
    assert counted == {name: (by_class[name], class_bytes[name]) for name in by_class}
    found = {
        total.prefix: (total.objects, total.size_bytes) for total in scans.totals(record.scan_id)
    }
    assert found == {prefix: (objects[prefix], bytes_below[prefix]) for prefix in objects}


@pytest.mark.parametrize("kind", rest_is_slow(KINDS))
def test_random_sets_are_counted_to_the_byte(bench: Bench, scans: Scans, kind: str) -> None:
    sets = {}
    for number in range(SETS):
        many = kind == "giant" and number < LARGE_SETS
        below = f"set-{number:02}/"
        sets[below] = random_set(kind, number, LARGE_OBJECTS if many else OBJECTS, below=below)
    everything = {key: size for each in sets.values() for key, size in each.items()}
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(bench.put, everything, (b"x" * size for size in everything.values())))

    standard = dict.fromkeys(everything, "STANDARD")
    for below, sizes in sets.items():
        check(scans, S3Uri(bench.bucket, below), sizes, standard)
    check(scans, S3Uri(bench.bucket), everything, standard)
    sys.stdout.write(
        f"{kind}: {len(sets)} sets, {len(everything)} objects, each equal to what was put\n"
    )


@pytest.mark.parametrize("kind", rest_is_slow(KINDS))
def test_random_sets_of_a_synthetic_server_are_counted_to_the_byte(
    kind: str, tmp_path: Path
) -> None:
    total = 0
    for number in range(SETS):
        keys = sorted(random_set(kind, number, SYNTHETIC_OBJECTS))
        (tmp_path / "keys.json").write_text(json.dumps(keys), encoding="utf-8")
        sizes = {key: size_of(at) for at, key in enumerate(keys)}
        classes = {key: CLASSES[at % len(CLASSES)] for at, key in enumerate(keys)}
        directories = Directories(config=tmp_path, data=tmp_path / str(number))
        with running(0, "flat", 0, file=tmp_path / "keys.json") as server:
            settings = Server(server.url, "key", "secret").settings()
            store = open_store(settings, directories)
            scans = opened(store, directories.scans_file)
            try:
                check(scans, S3Uri(BUCKET), sizes, classes)
            finally:
                scans.close()
                store.close()
        total += len(keys)
    sys.stdout.write(f"{kind}: {SETS} sets, {total} objects, each equal to what the server has\n")
