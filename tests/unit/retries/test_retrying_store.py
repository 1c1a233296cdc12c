"""A store whose failed requests are made again, and whose user may give up."""

from collections.abc import Callable

import pytest

from s3nav.model.errors import UnavailableError
from s3nav.model.objects import GetRequest, ListRequest
from s3nav.retries import Backoff, RetryingStore, request_retries
from tests.support.memory_store import MemoryStore

LIST = ListRequest(bucket="roads")


class GivenUpError(Exception):
    """What a check raises."""


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_retries, "USUAL_BACKOFF", Backoff(first_s=0.001))


@pytest.fixture
def failing() -> tuple[MemoryStore, list[str]]:
    """A store that answers each third request, and what it was asked."""
    store, asked = MemoryStore(), []
    store.put("roads", "a", b"1")

    def before(verb: str, _: str) -> None:
        asked.append(verb)
        if len(asked) % 3:
            raise UnavailableError("broken")

    store.before = before
    return store, asked


@pytest.mark.parametrize(
    "ask",
    [
        lambda store: store.list_page(LIST),
        lambda store: store.list_keys(LIST),
        lambda store: store.head("roads", "a"),
    ],
)
def test_each_request_is_made_again(
    failing: tuple[MemoryStore, list[str]], ask: Callable[[RetryingStore], object]
) -> None:
    store, asked = failing

    assert ask(RetryingStore(store, retry_attempts=2)) is not None
    assert len(asked) == 3


def test_a_get_is_made_once_because_its_reader_knows_what_has_arrived(
    failing: tuple[MemoryStore, list[str]],
) -> None:
    store, asked = failing

    with pytest.raises(UnavailableError):
        RetryingStore(store, retry_attempts=2).get(GetRequest(bucket="roads", key="a"))

    assert len(asked) == 1


def test_a_check_ends_the_request_before_it_is_made(
    failing: tuple[MemoryStore, list[str]],
) -> None:
    store, asked = failing

    def check() -> None:
        raise GivenUpError

    with pytest.raises(GivenUpError):
        RetryingStore(store, retry_attempts=2, check=check).head("roads", "a")

    assert asked == []


def test_a_listing_heeds_its_own_check_as_well(failing: tuple[MemoryStore, list[str]]) -> None:
    store, asked = failing
    checked: list[str] = []

    def give_up() -> None:
        if asked:
            raise GivenUpError

    retrying = RetryingStore(store, retry_attempts=2, check=lambda: checked.append("store"))
    with pytest.raises(GivenUpError):
        retrying.list_page(ListRequest(bucket="roads", waiting=give_up))

    assert len(asked) == 1
    assert checked
