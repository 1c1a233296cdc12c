import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3nav.browse.navigation import DirectoryListing, NameColumn
from s3nav.model.errors import NotFoundError, UnavailableError
from s3nav.model.objects import ListingPage
from s3nav.model.places import S3Uri
from tests.support.memory_store import MemoryStore

names = st.lists(st.text(alphabet=st.characters(exclude_characters=""), max_size=8), max_size=30)


def test_a_missing_bucket_is_raised_and_leaves_the_listing_unfinished() -> None:
    listing = DirectoryListing(MemoryStore(), S3Uri("nowhere"))

    with pytest.raises(NotFoundError):
        listing.load_page()

    assert len(listing) == 0
    assert not listing.complete


def test_an_empty_level_is_complete_after_one_page() -> None:
    store = MemoryStore()
    store.make_bucket("b")
    listing = DirectoryListing(store, S3Uri("b"))

    assert listing.load_page() == 0
    assert listing.complete


def test_prefixes_and_objects_come_in_byte_order_with_their_facts() -> None:
    store = MemoryStore()
    for key in ("x/2.txt", "x/1/deep.txt", "x/3/deep.txt", "y.txt"):
        store.put("b", key, b"12345")
    listing = DirectoryListing(store, S3Uri("b", "x/"))

    listing.load_page()

    assert [listing.names[row] for row in range(len(listing))] == ["1/", "2.txt", "3/"]
    assert [listing.is_prefix(row) for row in range(3)] == [True, False, True]
    assert listing.sizes[1] == 5
    assert listing.storage_class(1) == "STANDARD"
    assert listing.modified_at(0) is None
    assert listing.total_bytes == 5
    assert str(listing.uri(2)) == "s3://b/x/3/"


def test_pages_append_until_the_level_is_complete() -> None:
    store = MemoryStore()
    for number in range(7):
        store.put("b", f"{number}.txt")
    listing = DirectoryListing(store, S3Uri("b"), page_size=3)

    sizes = [listing.load_page() for _ in range(4)]

    assert sizes == [3, 3, 1, 0]
    assert listing.complete
    assert store.count("list") == 3


def test_a_server_side_prefix_lists_only_what_starts_so_and_names_stay_whole() -> None:
    store = MemoryStore()
    for key in ("p/apple", "p/banana", "p/berry"):
        store.put("b", key)
    listing = DirectoryListing(store, S3Uri("b", "p/"), starts_with="b")

    listing.load_page()

    assert listing.names.all() == ["banana", "berry"]


@given(names)
def test_names_come_back_as_they_went_in(texts: list[str]) -> None:
    column = NameColumn()
    column.extend(texts[: len(texts) // 2])
    column.extend(texts[len(texts) // 2 :])

    assert [column[row] for row in range(len(column))] == texts
    assert column.all() == texts


@given(names, st.text(min_size=1, max_size=3), st.integers(0, 5))
def test_finding_by_all_names_at_once_equals_looking_at_each(
    texts: list[str], needle: str, start: int
) -> None:
    column = NameColumn()
    column.extend(texts)
    fold = str.casefold if not needle.isascii() else _ascii_lower

    found = list(column.containing(needle, start))

    assert found == [row for row in range(start, len(texts)) if fold(needle) in fold(texts[row])]


def _ascii_lower(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def test_a_level_whose_pages_repeat_is_an_error() -> None:
    store = MemoryStore()
    store.put("b", "x/1")
    page = ListingPage(objects=tuple(store.facts("b").values()), next_token="again")
    store.list_page = lambda request: page  # type: ignore[method-assign]
    listing = DirectoryListing(store, S3Uri("b"))
    listing.load_page()

    with pytest.raises(UnavailableError, match="its pages repeat"):
        listing.load_page()

    assert len(listing) == 1
