"""A request passes check, retries, opening and meter, in this order; each piece works alone."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import pytest
from msgspec.structs import replace

from s3nav.middleware import StoreMiddleware
from s3nav.model.errors import BudgetError, CredentialsError, UnavailableError
from s3nav.model.objects import ByteRange, GetRequest, KeyPage, ListRequest, VersionsRequest
from s3nav.model.ports.stores import ObjectStore, SmallGets, Wanted
from s3nav.model.request_counts import Charge, RequestKind
from s3nav.retries import Backoff, RequestRetries, no_check, request_retries
from tests.support.memory_store import MemoryStore
from tests.support.quick_store import QuickStore

T = TypeVar("T")
LIST = ListRequest(bucket="roads")
GET = GetRequest(bucket="roads", key="a", expected_bytes=7)
PART = replace(GET, span=ByteRange(start=0, stop=3))
Ask = Callable[[StoreMiddleware], object]
REPEATED: dict[str, Ask] = {
    "list_buckets": lambda store: store.list_buckets(),
    "list_page": lambda store: store.list_page(LIST),
    "list_keys": lambda store: store.list_keys(LIST),
    "list_versions": lambda store: store.list_versions(VersionsRequest(bucket="roads")),
    "head": lambda store: store.head("roads", "a"),
    "part_bytes": lambda store: store.part_bytes("roads", "a", 1),
    "attributes": lambda store: store.attributes("roads", "a"),
}
each_repeated = pytest.mark.parametrize("ask", REPEATED.values(), ids=REPEATED)


class GivenUpError(Exception):
    """What a check raises."""


class Troubled:
    """Notes the requests to a store, and fails the first two."""

    def __init__(self, store: MemoryStore) -> None:
        self.asked: list[str] = []
        store.put("roads", "a", b"1")
        store.before = self._before

    def _before(self, verb: str, _: str) -> None:
        self.asked.append(verb)
        if len(self.asked) < 3:
            raise UnavailableError("broken")


@dataclass
class Meter:
    """Notes what it was asked to count."""

    charges: list[tuple[RequestKind, str, int | None]] = field(default_factory=list)
    billed: list[tuple[str, int]] = field(default_factory=list)
    wrapped: list[object] = field(default_factory=list)
    refuses: bool = False

    def send(self, charge: Charge[T], send: Callable[[], T]) -> T:
        if self.refuses:
            raise BudgetError("used up")
        self.charges.append((charge.kind, charge.bucket, charge.expected_bytes))
        answer = send()
        self.billed.append(charge.billed(answer))
        return answer

    def small_gets(self, gets: SmallGets[Wanted]) -> SmallGets[Wanted]:
        self.wrapped.append(gets)
        return gets


class Reader:
    """Reads the pages of a store, in several processes."""

    processes = 3

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.is_open = True

    def list_keys(self, request: ListRequest) -> KeyPage:
        return self._store.list_keys(request)

    def close(self) -> None:
        self.is_open = False


@dataclass
class ReaderStore(MemoryStore):
    """Has a page reader."""

    def __post_init__(self) -> None:
        self.reader = Reader(self)

    def page_reader(self) -> Reader:
        return self.reader


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_retries, "USUAL_BACKOFF", Backoff(first_s=0.001))


@pytest.fixture
def store() -> MemoryStore:
    return ReaderStore()


@pytest.fixture
def troubled(store: MemoryStore) -> Troubled:
    return Troubled(store)


@pytest.fixture
def meter() -> Meter:
    return Meter()


def retrying(
    store: MemoryStore, *, check: Callable[[], None] = no_check, meter: Meter | None = None
) -> StoreMiddleware:
    retries = RequestRetries(retry_attempts=2)
    return StoreMiddleware(lambda: store, retries=retries, check=check, meter=meter)


def give_up() -> None:
    raise GivenUpError


# Retries


@each_repeated
def test_each_request_is_made_again(store: MemoryStore, troubled: Troubled, ask: Ask) -> None:
    ask(retrying(store))

    assert len(troubled.asked) == 3


def test_pages_of_the_reader_are_requested_again(store: MemoryStore, troubled: Troubled) -> None:
    reader = retrying(store).page_reader()
    assert reader is not None

    assert reader.list_keys(LIST).keys == ["a"]
    assert len(troubled.asked) == 3


def test_a_get_is_made_once_because_its_reader_knows_what_has_arrived(
    store: MemoryStore, troubled: Troubled
) -> None:
    with pytest.raises(UnavailableError):
        retrying(store).get(GET)

    assert len(troubled.asked) == 1


@each_repeated
def test_without_retries_a_request_is_made_once(
    store: MemoryStore, troubled: Troubled, ask: Ask
) -> None:
    with pytest.raises(UnavailableError):
        ask(StoreMiddleware(lambda: store))

    assert len(troubled.asked) == 1


# Check


@each_repeated
def test_a_check_ends_the_request_before_it_is_made(
    store: MemoryStore, troubled: Troubled, ask: Ask
) -> None:
    with pytest.raises(GivenUpError):
        ask(StoreMiddleware(lambda: store, check=give_up))

    assert troubled.asked == []


def test_a_listing_heeds_its_own_check_as_well(store: MemoryStore, troubled: Troubled) -> None:
    checked: list[str] = []

    def give_up_later() -> None:
        if troubled.asked:
            raise GivenUpError

    checking = retrying(store, check=lambda: checked.append("store"))
    with pytest.raises(GivenUpError):
        checking.list_page(ListRequest(bucket="roads", waiting=give_up_later))

    assert len(troubled.asked) == 1
    assert checked


def test_a_silent_listing_heeds_both_checks(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    waited: list[Callable[[], None] | None] = []

    def list_keys(request: ListRequest) -> KeyPage:
        waited.append(request.waiting)
        return KeyPage()

    monkeypatch.setattr(store, "list_keys", list_keys)
    checking = StoreMiddleware(lambda: store, check=lambda: checked.append("store"))
    checking.list_keys(ListRequest(bucket="roads", waiting=lambda: checked.append("request")))
    checked.clear()

    for wait in waited:
        assert wait is not None
        wait()

    assert checked == ["store", "request"]


# Opening


def test_the_store_is_opened_once_by_the_first_request(store: MemoryStore) -> None:
    store.put("roads", "a", b"1")
    opened: list[str] = []

    def open_store() -> ObjectStore:
        opened.append("store")
        return store

    lazy = StoreMiddleware(open_store)
    assert opened == []
    lazy.head("roads", "a")
    lazy.list_page(LIST)

    assert opened == ["store"]


@pytest.mark.parametrize(
    "ask",
    [
        *REPEATED.values(),
        lambda store: store.get(GET),
        lambda store: store.page_reader(),
        lambda store: store.small_gets(requester_pays=False, waiting=give_up),
    ],
)
def test_each_request_opens_again_until_that_succeeds_and_is_not_counted(
    store: MemoryStore, meter: Meter, ask: Ask
) -> None:
    store.put("roads", "a", b"1")
    opened: list[str] = []

    def open_store() -> ObjectStore:
        opened.append("store")
        if len(opened) < 3:
            raise CredentialsError("no keys")
        return store

    lazy = StoreMiddleware(open_store, meter=meter)
    for _ in range(2):
        with pytest.raises(CredentialsError):
            ask(lazy)
    assert meter.charges == []
    ask(lazy)

    assert len(opened) == 3


# Meter


@pytest.mark.parametrize(
    ("ask", "charge", "billed"),
    [
        (REPEATED["list_page"], (RequestKind.LIST, "roads", None), ("STANDARD", 0)),
        (REPEATED["list_keys"], (RequestKind.LIST, "roads", None), ("STANDARD", 0)),
        (REPEATED["list_versions"], (RequestKind.LIST, "roads", None), ("STANDARD", 0)),
        (REPEATED["head"], (RequestKind.HEAD, "roads", None), ("STANDARD", 0)),
        (REPEATED["part_bytes"], (RequestKind.HEAD, "roads", None), ("STANDARD", 0)),
        (REPEATED["attributes"], (RequestKind.HEAD, "roads", None), ("STANDARD", 0)),
        (lambda store: store.get(GET), (RequestKind.GET, "roads", 7), ("STANDARD", 1)),
        (lambda store: store.get(PART), (RequestKind.GET, "roads", 3), ("STANDARD", 1)),
    ],
)
def test_each_request_is_counted_as_its_kind(
    store: MemoryStore, meter: Meter, ask: Ask, charge: object, billed: object
) -> None:
    store.put("roads", "a", b"1")

    ask(StoreMiddleware(lambda: store, meter=meter))

    assert meter.charges == [charge]
    assert meter.billed == [billed]


@pytest.mark.parametrize("name", [name for name in REPEATED if name != "list_buckets"])
def test_each_attempt_is_counted(
    store: MemoryStore, troubled: Troubled, meter: Meter, name: str
) -> None:
    REPEATED[name](retrying(store, meter=meter))

    assert len(meter.charges) == len(troubled.asked) == 3
    assert len(meter.billed) == 1


def test_a_request_that_was_given_up_is_not_counted(store: MemoryStore, meter: Meter) -> None:
    with pytest.raises(GivenUpError):
        StoreMiddleware(lambda: store, check=give_up, meter=meter).list_page(LIST)

    assert meter.charges == []


def test_a_request_that_the_meter_refuses_is_not_sent_and_not_repeated(
    store: MemoryStore, troubled: Troubled, meter: Meter
) -> None:
    meter.refuses = True

    with pytest.raises(BudgetError):
        retrying(store, meter=meter).head("roads", "a")

    assert troubled.asked == []


def test_pages_of_the_reader_are_counted(meter: Meter) -> None:
    store = ReaderStore()
    store.put("roads", "a", b"1")
    reader = StoreMiddleware(lambda: store, meter=meter).page_reader()
    assert reader is not None

    page = reader.list_keys(LIST)

    assert page.keys == ["a"]
    assert meter.charges == [(RequestKind.LIST, "roads", None)]
    assert reader.processes == 3
    reader.close()
    assert not store.reader.is_open


def test_the_meter_counts_pipelined_gets(meter: Meter) -> None:
    gets = small_gets(StoreMiddleware(QuickStore, meter=meter))

    assert gets is not None
    assert meter.wrapped == [gets]


# What not every store can do


def test_without_a_meter_pipelined_gets_are_those_of_the_store(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store, own = QuickStore(), object()
    monkeypatch.setattr(store, "small_gets", lambda **_: own)

    assert small_gets(StoreMiddleware(lambda: store)) is own


def test_a_store_without_pipelined_gets_or_a_reader_has_none_through_the_middleware(
    meter: Meter,
) -> None:
    plain = StoreMiddleware(MemoryStore, meter=meter)

    assert small_gets(plain) is None
    assert plain.page_reader() is None
    assert meter.wrapped == []


def small_gets(store: StoreMiddleware) -> object:
    return store.small_gets(requester_pays=False, waiting=lambda: None)
