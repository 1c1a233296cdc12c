"""What every ObjectStore does, in memory, with moto and with a Ceph gateway."""

import hashlib
import os
import threading

import pytest

from s3nav.model.errors import NotFoundError, ObjectChangedError
from s3nav.model.objects import ByteRange, GetRequest, ListRequest
from s3nav.model.ports.stores import ObjectStore
from tests.contract.conftest import Bench

AWKWARD_KEYS = [
    " leading space",
    "../x",
    "a b/c+d%20e",
    "a//b",
    "a/./b",
    "dir/",
    "naïve/ключ/日本語/🚀",
    "question?mark#hash&amp;=equals",
    "quote'\"<tag>",
    "tab\tnew",
    "tilde~star*(paren)!$,;:@[x]",
    "trailing space ",
    "unreserved-._~",
]


def read_all(store: ObjectStore, request: GetRequest, *, piece_bytes: int = 1 << 20) -> bytes:
    buffer = memoryview(bytearray(piece_bytes))
    pieces = []
    with store.get(request) as body:
        while count := body.readinto(buffer):
            pieces.append(bytes(buffer[:count]))
        assert sum(map(len, pieces)) == body.length_bytes
    return b"".join(pieces)


def all_keys(store: ObjectStore, request: ListRequest) -> tuple[list[str], list[str], int]:
    keys: list[str] = []
    prefixes: list[str] = []
    pages = 0
    token: str | None = None
    while True:
        page = store.list_page(
            ListRequest(
                bucket=request.bucket,
                prefix=request.prefix,
                delimiter=request.delimiter,
                start_after=request.start_after,
                page_size=request.page_size,
                token=token,
            )
        )
        pages += 1
        keys += [fact.key for fact in page.objects]
        prefixes += page.prefixes
        token = page.next_token
        if token is None:
            return keys, prefixes, pages


def test_a_missing_bucket_is_not_found_when_listed(bench: Bench) -> None:
    with pytest.raises(NotFoundError) as caught:
        bench.store.list_page(ListRequest(bucket=f"{bench.bucket}-none"))

    assert caught.value.reference == "no-such-bucket"


def test_a_missing_bucket_has_no_region(bench: Bench) -> None:
    with pytest.raises(NotFoundError):
        bench.store.bucket_region(f"{bench.bucket}-none")


def test_a_missing_object_is_not_found_by_get(bench: Bench) -> None:
    with pytest.raises(NotFoundError) as caught:
        bench.store.get(GetRequest(bucket=bench.bucket, key="none"))

    assert caught.value.reference == "no-such-key"


def test_a_missing_object_is_not_found_by_head(bench: Bench) -> None:
    with pytest.raises(NotFoundError):
        bench.store.head(bench.bucket, "none")


def test_another_etag_than_expected_is_a_changed_object(bench: Bench) -> None:
    bench.put("k", b"new")

    with pytest.raises(ObjectChangedError):
        bench.store.get(GetRequest(bucket=bench.bucket, key="k", if_match="0" * 32))


def test_the_expected_etag_lets_a_get_pass(bench: Bench) -> None:
    bench.put("k", b"content")
    etag = bench.store.head(bench.bucket, "k").etag

    content = read_all(bench.store, GetRequest(bucket=bench.bucket, key="k", if_match=etag))

    assert content == b"content"


def test_an_empty_bucket_lists_nothing(bench: Bench) -> None:
    page = bench.store.list_page(ListRequest(bucket=bench.bucket))

    assert (page.objects, page.prefixes, page.next_token) == ((), (), None)


def test_buckets_are_listed_by_name(bench: Bench) -> None:
    facts = bench.store.list_buckets()

    mine = next(fact for fact in facts if fact.name == bench.bucket)
    assert mine.created_at is not None
    assert mine.created_at.tzinfo is not None
    assert [fact.name for fact in facts] == sorted(fact.name for fact in facts)


def test_a_bucket_has_a_region(bench: Bench) -> None:
    assert bench.store.bucket_region(bench.bucket)


def test_awkward_keys_are_listed_byte_for_byte_in_byte_order(bench: Bench) -> None:
    for key in AWKWARD_KEYS:
        bench.put(key, b"x")

    keys, _, _ = all_keys(bench.store, ListRequest(bucket=bench.bucket))

    assert keys == sorted(AWKWARD_KEYS, key=str.encode)


@pytest.mark.parametrize("key", AWKWARD_KEYS)
def test_awkward_keys_are_fetched(bench: Bench, key: str) -> None:
    bench.put(key, key.encode())

    assert read_all(bench.store, GetRequest(bucket=bench.bucket, key=key)) == key.encode()
    assert bench.store.head(bench.bucket, key).size_bytes == len(key.encode())


def test_pages_follow_each_other_without_gap_or_overlap(bench: Bench) -> None:
    names = [f"n{number:03}" for number in range(25)]
    for name in names:
        bench.put(name)

    keys, _, pages = all_keys(bench.store, ListRequest(bucket=bench.bucket, page_size=10))

    assert keys == names
    assert pages == 3


def test_a_delimiter_folds_keys_into_prefixes(bench: Bench) -> None:
    for key in ("a/1", "a/2", "b c/1", "top", "z/y/x"):
        bench.put(key)

    keys, prefixes, _ = all_keys(
        bench.store, ListRequest(bucket=bench.bucket, delimiter="/", page_size=2)
    )

    assert keys == ["top"]
    assert prefixes == ["a/", "b c/", "z/"]


def test_a_prefix_limits_a_listing(bench: Bench) -> None:
    for key in ("a/1", "a/b/2", "ab", "b"):
        bench.put(key)

    keys, _, _ = all_keys(bench.store, ListRequest(bucket=bench.bucket, prefix="a/"))

    assert keys == ["a/1", "a/b/2"]


def test_a_listing_starts_after_a_key_that_need_not_exist(bench: Bench) -> None:
    for key in ("a", "b", "c"):
        bench.put(key)

    keys, _, _ = all_keys(bench.store, ListRequest(bucket=bench.bucket, start_after="aa"))

    assert keys == ["b", "c"]


def test_a_listing_names_size_etag_and_time(bench: Bench) -> None:
    bench.put("k", b"content")

    (fact,) = bench.store.list_page(ListRequest(bucket=bench.bucket)).objects

    assert fact.size_bytes == 7
    assert fact.etag == hashlib.md5(b"content", usedforsecurity=False).hexdigest()
    assert fact.modified_at is not None
    assert fact.modified_at.utcoffset() is not None
    assert fact.storage_class == "STANDARD"


def test_an_empty_object_has_no_bytes(bench: Bench) -> None:
    bench.put("empty")

    assert read_all(bench.store, GetRequest(bucket=bench.bucket, key="empty")) == b""


@pytest.mark.parametrize("size_bytes", [1, 65_535, 65_536, 65_537, 3_000_001])
def test_bytes_arrive_as_they_were_put(bench: Bench, size_bytes: int) -> None:
    content = os.urandom(size_bytes)
    bench.put("k", content)

    fetched = read_all(bench.store, GetRequest(bucket=bench.bucket, key="k"), piece_bytes=100_000)

    assert fetched == content


@pytest.mark.parametrize(("start", "stop"), [(0, 1), (10, 20), (90, 100), (95, 500)])
def test_a_span_is_a_piece_of_the_whole(bench: Bench, start: int, stop: int) -> None:
    content = bytes(range(100))
    bench.put("k", content)
    request = GetRequest(bucket=bench.bucket, key="k", span=ByteRange(start=start, stop=stop))

    with bench.store.get(request) as body:
        size_bytes = body.head.size_bytes

    assert read_all(bench.store, request) == content[start:stop]
    assert size_bytes == 100


def test_a_body_names_what_it_belongs_to(bench: Bench) -> None:
    bench.put("k", b"content")

    with bench.store.get(GetRequest(bucket=bench.bucket, key="k")) as body:
        head = body.head

    assert head.etag == hashlib.md5(b"content", usedforsecurity=False).hexdigest()
    assert head.modified_at is not None
    assert head.size_bytes == 7


def test_a_body_left_half_read_does_not_spoil_the_next(bench: Bench) -> None:
    bench.put("k", os.urandom(1_000_000))
    bench.put("other", b"other")

    with bench.store.get(GetRequest(bucket=bench.bucket, key="k")) as body:
        body.readinto(memoryview(bytearray(10)))

    assert read_all(bench.store, GetRequest(bucket=bench.bucket, key="other")) == b"other"


def test_threads_share_a_store(bench: Bench) -> None:
    contents = {f"k{number}": os.urandom(20_000 + number) for number in range(8)}
    for key, content in contents.items():
        bench.put(key, content)
    wrong: list[str] = []

    def fetch(key: str) -> None:
        request = GetRequest(bucket=bench.bucket, key=key)
        wrong.extend(key for _ in range(5) if read_all(bench.store, request) != contents[key])

    threads = [threading.Thread(target=fetch, args=[key]) for key in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_a_store_can_be_closed_twice(bench: Bench) -> None:
    bench.put("k", b"x")
    read_all(bench.store, GetRequest(bucket=bench.bucket, key="k"))

    bench.store.close()
    bench.store.close()
