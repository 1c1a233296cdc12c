"""Every request is counted once, for its job; a budget holds back requests that would exceed it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import pytest

from s3nav.middleware import StoreMiddleware
from s3nav.model.errors import BudgetError, NotFoundError, UnavailableError
from s3nav.model.objects import (
    ByteRange,
    GetRequest,
    ListRequest,
    ObjectFact,
    VersionsRequest,
)
from s3nav.model.ports.stores import SmallGets
from s3nav.model.request_counts import Usage, UsageBook, current_job_id
from s3nav.model.text.quantities import KIB, MIB
from s3nav.pricing import (
    Allowance,
    BillingOptions,
    Budget,
    DollarMeter,
    Estimator,
    Snapshot,
    Tariff,
)
from tests.support.memory_store import MemoryStore
from tests.support.quick_store import QuickStore

PLAIN = ("b", "STANDARD")


class GivenUpError(Exception):
    """What a request raises that its user has stopped."""


@dataclass
class Small:
    """A small object, as it was listed."""

    key: str
    bucket: str = "b"
    size_bytes: int = 600 * KIB
    etag: str = ""


@pytest.fixture
def memory() -> QuickStore:
    store = QuickStore()
    store.put("b", "k", b"x" * (600 * KIB))
    store.put("b", "cold", b"y", fact=ObjectFact(key="", size_bytes=0, storage_class="GLACIER_IR"))
    return store


@pytest.fixture
def meter() -> DollarMeter:
    return DollarMeter()


@pytest.fixture
def store(memory: QuickStore, meter: DollarMeter) -> StoreMiddleware:
    return StoreMiddleware(lambda: memory, meter=meter)


def fetch(store: StoreMiddleware, key: str = "k", **more: object) -> int:
    with store.get(GetRequest(bucket="b", key=key, **more)) as body:  # type: ignore[arg-type]
        return body.length_bytes


def test_gets_count_with_their_bytes_and_class(store: StoreMiddleware, meter: DollarMeter) -> None:
    fetch(store)
    fetch(store, span=ByteRange(start=0, stop=100))
    fetch(store, "cold")

    assert meter.all() == {
        PLAIN: Usage(gets=2, size_bytes=600 * KIB + 100),
        ("b", "GLACIER_IR"): Usage(gets=1, size_bytes=1),
    }


def quick(store: StoreMiddleware) -> SmallGets[Small]:
    gets: SmallGets[Small] | None = store.small_gets(requester_pays=False, waiting=lambda: None)
    assert gets is not None
    return gets


def test_small_gets_count_when_they_come_back(store: StoreMiddleware, meter: DollarMeter) -> None:
    gets = quick(store)
    gets.ask([Small("k"), Small("cold", size_bytes=1), Small("nothing")])
    assert meter.all() == {}

    arrivals = [gets.next() for _ in range(3)]

    assert [bool(arrival.error) for arrival in arrivals] == [False, False, True]
    assert gets.under_way == 0
    assert meter.all() == {
        PLAIN: Usage(gets=2, size_bytes=600 * KIB),
        ("b", "GLACIER_IR"): Usage(gets=1, size_bytes=1),
    }


def test_a_large_response_counts_when_it_is_read(
    memory: QuickStore, store: StoreMiddleware, meter: DollarMeter
) -> None:
    memory.slow = frozenset({"cold", "k"})
    gets = quick(store)
    gets.ask([Small("cold"), Small("k")])
    read, dropped = gets.next().asked, gets.next().asked
    assert read is not None
    assert dropped is not None
    assert meter.all() == {}

    read.body().close()
    read.close()
    dropped.close()
    dropped.close()

    assert meter.all() == {
        PLAIN: Usage(gets=1, size_bytes=600 * KIB),
        ("b", "GLACIER_IR"): Usage(gets=1, size_bytes=1),
    }


def test_requests_dropped_under_way_count(store: StoreMiddleware, meter: DollarMeter) -> None:
    gets = quick(store)
    gets.ask([Small("k"), Small("k")])
    gets.close()

    assert meter.all()[PLAIN].gets == 2


def test_a_store_without_a_quick_way_has_none(meter: DollarMeter) -> None:
    plain = StoreMiddleware(MemoryStore, meter=meter)
    gets: SmallGets[Small] | None = plain.small_gets(requester_pays=False, waiting=lambda: None)

    assert gets is None


def test_lists_and_heads_count(store: StoreMiddleware, meter: DollarMeter) -> None:
    store.list_page(ListRequest(bucket="b"))
    store.list_keys(ListRequest(bucket="b"))
    store.head("b", "cold")
    store.attributes("b", "k")
    store.part_bytes("b", "k", 1)

    assert meter.all() == {
        PLAIN: Usage(lists=2, heads=2),
        ("b", "GLACIER_IR"): Usage(heads=1),
    }


def test_pages_of_versions_count_as_lists(meter: DollarMeter) -> None:
    memory = MemoryStore()
    memory.put("b", "k", b"x")

    page = StoreMiddleware(lambda: memory, meter=meter).list_versions(VersionsRequest(bucket="b"))

    assert page.keys == ["k"]
    assert meter.of("")[PLAIN] == Usage(lists=1)


def test_client_errors_are_billed_and_server_errors_are_not(
    memory: QuickStore, store: StoreMiddleware, meter: DollarMeter
) -> None:
    with pytest.raises(NotFoundError):
        store.head("b", "nothing")
    with pytest.raises(NotFoundError):
        store.get(GetRequest(bucket="b", key="nothing"))

    def fail(_verb: str, _key: str) -> None:
        raise UnavailableError("503")

    memory.before = fail
    calls: list[Callable[[], object]] = [
        lambda: store.head("b", "k"),
        lambda: store.get(GetRequest(bucket="b", key="k")),
        lambda: store.list_page(ListRequest(bucket="b")),
    ]
    for call in calls:
        with pytest.raises(UnavailableError):
            call()

    assert meter.all() == {PLAIN: Usage(gets=1, heads=1)}


def test_requests_count_for_the_job_of_their_thread(
    store: StoreMiddleware, meter: DollarMeter
) -> None:
    def work(job_id: str) -> None:
        current_job_id.set(job_id)
        for _ in range(50):
            fetch(store, "cold")

    threads = [threading.Thread(target=work, args=(f"job-{n % 2}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(50)
    fetch(store, "cold")

    assert meter.of("job-0")["b", "GLACIER_IR"].gets == 150
    assert meter.of("job-1")["b", "GLACIER_IR"].gets == 150
    assert meter.all()["b", "GLACIER_IR"].gets == 301
    assert meter.of("no such job") == {}


def test_returned_usage_does_not_change_later(store: StoreMiddleware, meter: DollarMeter) -> None:
    fetch(store, "cold")
    before = meter.all()
    fetch(store, "cold")

    assert before["b", "GLACIER_IR"].gets == 1


def limited(meter: DollarMeter, usd: str, planned: UsageBook | None = None) -> Budget:
    """A budget of the job ``j`` without a free tier."""
    estimator = Estimator(
        Tariff({"bundled snapshot": Snapshot()}),
        BillingOptions(free_tier_used_bytes=1 << 50),
        lambda _bucket: "us-east-1",
    )
    allowance = Allowance(
        usd=Decimal(usd),
        planned=planned or {PLAIN: Usage(gets=1)},
        asked=lambda: meter.of("j"),
        requester_pays=False,
        part_bytes=MIB,
    )
    budget = Budget(allowance, estimator)
    meter.limit("j", budget)
    return budget


PRICE_OF_K = Decimal("0.0000004") + Decimal("0.09") * 600 * KIB / 2**30


def as_job(work: Callable[[], None]) -> None:
    before = current_job_id.set("j")
    try:
        work()
    finally:
        current_job_id.reset(before)


def test_exactly_what_the_budget_allows_is_fetched(
    memory: QuickStore, store: StoreMiddleware, meter: DollarMeter
) -> None:
    limited(meter, str(3 * PRICE_OF_K))

    def work() -> None:
        for _ in range(3):
            fetch(store, expected_bytes=600 * KIB)
        with pytest.raises(BudgetError, match="past the budget"):
            fetch(store, expected_bytes=600 * KIB)

    as_job(work)

    assert memory.requests.count(("get", "k")) == 3


def test_requests_in_flight_are_part_of_the_bill(
    memory: QuickStore, store: StoreMiddleware, meter: DollarMeter
) -> None:
    limited(meter, str(2 * PRICE_OF_K))

    def work() -> None:
        gets = quick(store)
        gets.ask([Small("k"), Small("k"), Small("k")])
        errors = [gets.next().error for _ in range(3)]
        assert sum(isinstance(error, BudgetError) for error in errors) == 1

    as_job(work)

    assert memory.sent == ["k", "k"]
    assert meter.of("j")[PLAIN].gets == 2


def test_a_get_of_unknown_size_is_priced_as_a_part(
    store: StoreMiddleware, meter: DollarMeter
) -> None:
    limited(meter, str(PRICE_OF_K))

    def work() -> None:
        with pytest.raises(BudgetError):
            fetch(store)

    as_job(work)


def test_other_jobs_are_not_held_back(store: StoreMiddleware, meter: DollarMeter) -> None:
    limited(meter, "0")

    assert fetch(store) == 600 * KIB


def test_lists_and_heads_are_reserved_from_the_budget(
    store: StoreMiddleware, meter: DollarMeter
) -> None:
    limited(meter, "0.0000004")

    def work() -> None:
        with pytest.raises(BudgetError):
            store.list_page(ListRequest(bucket="b"))
        store.head("b", "k")
        with pytest.raises(BudgetError):
            store.head("b", "k")

    as_job(work)


def test_many_threads_together_never_exceed_the_budget(
    store: StoreMiddleware, meter: DollarMeter
) -> None:
    usd = 25 * PRICE_OF_K + PRICE_OF_K / 2
    limited(meter, str(usd))
    refused: list[str] = []

    def work() -> None:
        current_job_id.set("j")
        for _ in range(10):
            try:
                fetch(store, expected_bytes=600 * KIB)
            except BudgetError as error:
                refused.append(error.message)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(50)

    assert meter.of("j")[PLAIN].gets == 25
    assert len(refused) == 55


def test_a_request_without_a_response_releases_its_reservation(
    memory: QuickStore, store: StoreMiddleware, meter: DollarMeter
) -> None:
    limited(meter, str(PRICE_OF_K))

    def fail(_verb: str, _key: str) -> None:
        raise UnavailableError("503")

    def work() -> None:
        memory.before = fail
        for _ in range(3):
            with pytest.raises(UnavailableError):
                fetch(store, expected_bytes=600 * KIB)
        memory.before = lambda _verb, _key: None
        fetch(store, expected_bytes=600 * KIB)

    as_job(work)


def test_a_response_that_is_given_up_counts_as_a_request_and_releases_its_reservation(
    memory: QuickStore, store: StoreMiddleware, meter: DollarMeter
) -> None:
    limited(meter, str(PRICE_OF_K + PRICE_OF_K / 2))
    memory.slow = frozenset({"k"})

    def give_up(_verb: str, _key: str) -> None:
        raise GivenUpError

    def work() -> None:
        gets = quick(store)
        gets.ask([Small("k")])
        response = gets.next().asked
        assert response is not None
        memory.before = give_up
        with pytest.raises(GivenUpError):
            response.body()
        memory.before = lambda _verb, _key: None
        fetch(store, expected_bytes=600 * KIB)

    as_job(work)

    assert meter.of("j")[PLAIN].gets == 2


def test_in_a_bucket_of_several_classes_the_most_expensive_is_reserved(
    store: StoreMiddleware, meter: DollarMeter
) -> None:
    planned = {PLAIN: Usage(gets=1), ("b", "GLACIER_IR"): Usage(gets=1)}
    limited(meter, "0.000005", planned)

    def work() -> None:
        with pytest.raises(BudgetError):  # 0.00001 if it is Glacier IR
            fetch(store, "cold", expected_bytes=1)

    as_job(work)
