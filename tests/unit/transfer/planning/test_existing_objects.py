import pytest

from s3nav.model.errors import AccessDeniedError
from s3nav.transfer.planning.existing_objects import ExistingObjects
from tests.support.memory_store import MemoryStore, failing
from tests.support.odd_order import ORDERS, OddStore, late_disorder


def test_a_page_answers_for_all_keys_it_covers() -> None:
    store = MemoryStore()
    for number in range(900):
        store.put("bkt", f"p/{number:04}")
    there = ExistingObjects(store, "bkt", "p/")

    found = [there.find(f"p/{number:04}") is not None for number in range(0, 1000, 3)]

    assert found == [number < 900 for number in range(0, 1000, 3)]
    assert store.count("list") == 1
    assert store.count("head") == 0


def test_keys_far_apart_cost_two_requests_each_at_most() -> None:
    store = MemoryStore()
    for number in range(9000):
        store.put("bkt", f"p/{number:04}")
    there = ExistingObjects(store, "bkt", "p/")

    wanted = ["p/0000", "p/4000", "p/4000x", "p/8999", "p/9"]
    found = [there.find(key) is not None for key in wanted]

    assert found == [True, True, False, True, False]
    assert store.count("list") + store.count("head") <= 2 * len(wanted)


@pytest.mark.parametrize("kind", ORDERS)
def test_nothing_is_taken_as_absent_because_of_another_order(kind: str) -> None:
    keys = late_disorder(30)
    there = ExistingObjects(OddStore.of(keys, kind, 10), "bucket", "")

    found = [key for key in sorted([*keys, "obj", "obj/none", "zz"]) if there.find(key)]

    assert found == sorted(keys)


def test_credentials_that_may_not_read_believe_the_listing() -> None:
    store = MemoryStore()
    for number in range(1500):
        store.put("bkt", f"p/{number:04}")
    store.before = failing(AccessDeniedError("no"), "head")
    there = ExistingObjects(store, "bkt", "p/")

    assert there.find("p/0007x") is None
