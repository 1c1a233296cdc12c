"""A parallel listing finds every key exactly once, on every server."""

import random
import threading

from s3nav.browse import list_parallel
from s3nav.model.objects import KeyPage, KeySpan
from s3nav.model.places import S3Uri
from tests.contract.conftest import Bench
from tests.contract.test_object_store import AWKWARD_KEYS
from tests.support.key_store import no_restart

SEED = 20261121


def keys_of(draw: random.Random) -> list[str]:
    """Folders of uneven size, keys that begin other keys, names that must be encoded."""
    skewed = [f"logs/{draw.choice('aaab')}/{draw.randrange(10**6):06}.gz" for _ in range(60)]
    stems = ["k", "k/", "k/a", "k/a/", "k/a/b", "k0", "ka"]
    digests = [f"{draw.getrandbits(64):016x}" for _ in range(40)]
    foreign = [f"ключ/{chr(draw.randrange(0x4E00, 0x9FFF))}{number}" for number in range(30)]
    return sorted({*skewed, *stems, *digests, *foreign, *AWKWARD_KEYS, "long/" + "x" * 240})


def listed(bench: Bench, todo: tuple[KeySpan, ...] = (KeySpan(),), prefix: str = "") -> list[str]:
    found: list[str] = []
    lock = threading.Lock()

    def sink(_: KeySpan, page: KeyPage) -> None:
        with lock:
            found.extend(page.keys)

    outcome = list_parallel(
        bench.store,
        S3Uri(bench.bucket, prefix),
        todo=todo,
        sink=sink,
        restart=no_restart,
        is_cancelled=lambda: False,
        retry_attempts=5,
        workers=5,
        page_size=7,
    )
    assert outcome.problems == ()
    assert outcome.complete
    assert outcome.keys == len(found)
    return sorted(found)


def test_a_bucket_that_is_not_there_is_a_problem_and_not_an_empty_listing(bench: Bench) -> None:
    outcome = list_parallel(
        bench.store,
        S3Uri(f"{bench.bucket}-none"),
        sink=lambda *_: None,
        restart=no_restart,
        is_cancelled=lambda: False,
        retry_attempts=5,
    )

    assert not outcome.complete
    assert [problem.error.reference for problem in outcome.problems] == ["no-such-bucket"]


def test_every_key_of_a_bucket_is_found_once(bench: Bench) -> None:
    keys = keys_of(random.Random(SEED))
    for key in keys:
        bench.put(key, b"x")

    assert listed(bench) == keys
    assert listed(bench, prefix="k") == [key for key in keys if key.startswith("k")]
    spans = (KeySpan(after="8", upto="k/a"), KeySpan(after="logs/a/5", upto=None))
    wanted = [key for key in keys if "8" < key <= "k/a" or key > "logs/a/5"]
    assert listed(bench, todo=spans) == wanted
