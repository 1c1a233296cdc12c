import pytest

from s3nav.browse import DirectoryListing
from s3nav.model.places import S3Uri
from s3nav.transfer import Source
from s3nav.tui.panes.buckets.directory_rows import SelectedRows
from tests.support.memory_store import MemoryStore


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    for key in ("logs/a", "notes", "numbers"):
        store.put("b", key, b"12345")
    return store


def listing(store: MemoryStore, starts_with: str = "") -> DirectoryListing:
    listing = DirectoryListing(store, S3Uri("b"), starts_with=starts_with)
    while not listing.complete:
        listing.load_page()
    return listing


def test_a_whole_directory_is_one_source(store: MemoryStore) -> None:
    selected = SelectedRows(listing(store), (0, 1, 2), "binary")

    assert selected.sources() == (Source(place=S3Uri("b")),)


def test_all_names_with_the_same_start_are_not_the_whole_directory(store: MemoryStore) -> None:
    selected = SelectedRows(listing(store, "n"), (0, 1), "binary")

    assert selected.places() == (S3Uri("b", "notes"), S3Uri("b", "numbers"))


def test_an_object_is_taken_literally_and_a_prefix_with_all_below(store: MemoryStore) -> None:
    selected = SelectedRows(listing(store), (0, 1), "binary")

    assert [(source.place.key, source.literal) for source in selected.sources()] == [
        ("logs/", False),
        ("notes", True),
    ]
    assert selected.words == "1 object · 5 B · 1 prefix with all below"
