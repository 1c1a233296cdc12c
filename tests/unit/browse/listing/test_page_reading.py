"""When a listing is worth more processes than one."""

from collections.abc import Iterator

import pytest

from s3nav.browse.listing.listing_pace import (
    BUSY_SHARE,
    CHECK_EVERY_S,
    PAGES_BEFORE_WORKERS,
    PageReading,
)
from s3nav.model.objects import KeyPage, ListRequest
from tests.support.key_store import KeyStore

REQUEST = ListRequest(bucket="bucket", page_size=2)


class Reader:
    def __init__(self, store: KeyStore) -> None:
        self.processes = 3
        self.read = self.closed = 0
        self._store = store

    def list_keys(self, request: ListRequest) -> KeyPage:
        self.read += 1
        return self._store.list_keys(request)

    def close(self) -> None:
        self.closed += 1


class FastStore(KeyStore):
    """Has a reader, or none to spare."""

    def with_reader(self, *, has_one: bool = True) -> "FastStore":
        self.reader = Reader(self) if has_one else None
        self.wanted = 0
        return self

    def page_reader(self) -> Reader | None:
        self.wanted += 1
        return self.reader


def ticking(step_s: float) -> Iterator[float]:
    now = 0.0
    while True:
        yield now
        now += step_s


def reading(store: KeyStore, *, busy_share: float) -> PageReading:
    clock = ticking(CHECK_EVERY_S * 1.01)
    cpu_clock = ticking(CHECK_EVERY_S * 1.01 * busy_share)
    return PageReading(store, clock=clock.__next__, cpu_clock=cpu_clock.__next__)


def test_a_long_listing_that_keeps_a_core_busy_gets_others() -> None:
    store = FastStore(keys=["a", "b", "c"]).with_reader()
    pages = reading(store, busy_share=BUSY_SHARE + 0.1)
    assert store.reader is not None

    for _ in range(PAGES_BEFORE_WORKERS):
        assert pages.processes == 1
        pages.list_keys(REQUEST)

    assert pages.processes == 3
    assert pages.list_keys(REQUEST).keys == ["a", "b"]
    assert (store.wanted, store.reader.read) == (1, 1)
    pages.close()
    pages.close()
    assert store.reader.closed == 1
    assert pages.processes == 1


def test_one_that_waits_for_the_network_does_not() -> None:
    store = FastStore(keys=["a", "b", "c"]).with_reader()
    pages = reading(store, busy_share=BUSY_SHARE - 0.1)

    for _ in range(3 * PAGES_BEFORE_WORKERS):
        pages.list_keys(REQUEST)

    assert store.wanted == 0


def test_pages_that_are_not_full_are_no_long_listing() -> None:
    store = FastStore(keys=["a"]).with_reader()
    pages = reading(store, busy_share=1.0)

    for _ in range(3 * PAGES_BEFORE_WORKERS):
        pages.list_keys(REQUEST)

    assert store.wanted == 0


@pytest.mark.parametrize("store", [KeyStore(), FastStore().with_reader(has_one=False)])
def test_a_store_without_list_workers_is_asked_once_and_reads_alone(store: KeyStore) -> None:
    store.keys = ["a", "b", "c"]
    pages = reading(store, busy_share=1.0)

    for _ in range(3 * PAGES_BEFORE_WORKERS):
        assert pages.list_keys(REQUEST).keys == ["a", "b"]

    assert pages.processes == 1
    assert getattr(store, "wanted", 1) == 1
    pages.close()
