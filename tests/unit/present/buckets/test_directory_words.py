"""What the cockpit says of a directory, in the unit of all sizes."""

import pytest

from s3nav.browse import DirectoryListing
from s3nav.model.places import S3Uri
from s3nav.present.buckets import directory_facts, directory_words
from tests.support.memory_store import MemoryStore


def listed(*keys: str, whole: bool = True, starts_with: str = "") -> DirectoryListing:
    """A directory of objects of 1,000 bytes each; its first page alone unless `whole`."""
    store = MemoryStore()
    store.make_bucket("b")
    for key in keys:
        store.put("b", key, b"x" * 1_000)
    listing = DirectoryListing(store, S3Uri("b"), starts_with=starts_with)
    while not listing.complete:
        listing.load_page()
        if not whole:
            break
    return listing


def status(listing: DirectoryListing, *, is_listing: bool = False, is_sorted: bool = False) -> str:
    spans = directory_words.directory_status(
        listing, is_sorted=is_sorted, unsorted=1, is_listing=is_listing, size_style="auto"
    )
    return "".join(text for text, _ in spans)


def test_a_directory_that_is_not_listed_to_its_end_says_how_to_go_on() -> None:
    listing = listed(*(f"{number:04}" for number in range(1_500)), whole=False)

    assert status(listing) == ("1,000 of ? listed · 1,000 objects here, 1.0 MB · m lists more")
    assert "m lists more" not in status(listing, is_listing=True)
    assert " · sorted 999 of ?" in status(listing, is_sorted=True)


def test_a_directory_listed_to_its_end_counts_its_objects() -> None:
    assert status(listed("a", "p/x")) == "2 listed · 1 object here, 1.0 KB"


def test_a_directory_of_prefixes_has_no_size() -> None:
    assert status(listed("p/x")) == "1 listed"


def test_a_narrowed_directory_says_by_what() -> None:
    assert " · only a\\x1b…" in status(listed("a\x1b", starts_with="a\x1b"))


def test_a_selection_names_objects_and_prefixes_apart() -> None:
    listing = listed("a", "b", "p/x", "q/x")
    rows = range(len(listing))
    prefixes = [row for row in rows if listing.is_prefix(row)]
    objects = [row for row in rows if not listing.is_prefix(row)]

    def words(chosen: list[int]) -> str:
        return directory_words.directory_selection_words(listing, chosen, "auto")

    assert words([]) == ""
    assert words(objects[:1]) == "1 object · 1.0 KB"
    assert words(prefixes) == "2 prefixes with all below"
    assert words([*objects, *prefixes[:1]]) == "2 objects · 2.0 KB · 1 prefix with all below"


@pytest.mark.parametrize(
    ("listing", "title"),
    [
        (listed("a"), "no name here matches the filter"),
        (listed(starts_with="z"), "no name here starts with z"),
        (listed(), "nothing here"),
    ],
    ids=["filtered", "narrowed", "empty"],
)
def test_a_directory_without_rows_says_why(listing: DirectoryListing, title: str) -> None:
    assert directory_words.empty_notice(listing).title == title


def test_a_listing_that_takes_long_says_how_long() -> None:
    assert directory_words.loading_notice(None, 0).title == "listing…"
    assert directory_words.loading_notice(S3Uri("b"), 7).title == "listing… 7 s"


def test_the_size_of_a_directory_is_in_the_unit_of_all_sizes() -> None:
    store = MemoryStore()
    store.put("b", "key", b"x" * 2_000_000)
    listing = DirectoryListing(store, S3Uri("b"))
    while not listing.complete:
        listing.load_page()

    assert dict(directory_facts(listing, "auto"))["size"] == "2.0 MB in this directory"
    assert dict(directory_facts(listing, "binary"))["size"] == "1.9 MiB in this directory"


def test_the_facts_of_an_incomplete_directory_are_so_far() -> None:
    listing = listed(*(f"{number:04}" for number in range(1_500)), whole=False)

    facts = dict(directory_facts(listing, "auto"))

    assert facts["objects"] == "1,000 so far"
    assert facts["size"] == "1.0 MB in this directory so far"
