"""Counts equal what was put there, on every S3: twenty random sets of keys."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from s3nav.browse import Scans
from s3nav.model.errors import NotFoundError
from s3nav.model.places import S3Uri
from tests.contract.conftest import Bench

SETS = 20
LARGE_SETS = (7,)
"""Of more than one page."""
LARGE, SMALL = 1_050, 25
SIGNS = "ab0 -_.é日+%&'()"


def random_keys(dice: random.Random, objects: int) -> dict[str, bytes]:
    """Keys of some depths, often alike, now and then the beginning of one another."""
    keys: dict[str, bytes] = {}
    while len(keys) < objects:
        depth = dice.randrange(4)
        words = ["".join(dice.choices(SIGNS, k=dice.randint(1, 3))) for _ in range(depth + 1)]
        name = "/".join(words) + (f"{dice.randrange(10**6):06}" if objects > SMALL else "")
        keys[name] = b"x" * dice.randrange(20)
        if dice.random() < 0.1:
            keys[f"{name}/"] = b""
    return keys


def test_a_missing_bucket_cannot_be_counted(bench: Bench, scans: Scans) -> None:
    with pytest.raises(NotFoundError):
        scans.count(S3Uri(f"{bench.bucket}-none"))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_twenty_random_sets_of_keys_are_counted_to_the_byte(bench: Bench, scans: Scans) -> None:
    everything: dict[str, bytes] = {}
    for number in range(SETS):
        objects = LARGE if number in LARGE_SETS else SMALL
        for key, content in random_keys(random.Random(number), objects).items():
            everything[f"set-{number:02}/{key}"] = content
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(bench.put, everything, everything.values()))

    for number in range(SETS):
        place = S3Uri(bench.bucket, f"set-{number:02}/")
        put = {key: len(body) for key, body in everything.items() if key.startswith(place.key)}
        record = scans.count(place).record
        assert record.is_complete
        assert (record.objects, record.size_bytes) == (len(put), sum(put.values())), place

    whole = scans.count(S3Uri(bench.bucket)).record
    listed = [key for page in scans.pages(whole.scan_id) for key in page.keys]
    assert listed == sorted(everything, key=str.encode)
    for total in scans.totals(whole.scan_id):
        inside = [len(body) for key, body in everything.items() if key.startswith(total.prefix)]
        assert (total.objects, total.size_bytes) == (len(inside), sum(inside)), total.prefix
