"""What the cockpit says of a directory, in the unit of all sizes."""

from s3nav.browse import DirectoryListing
from s3nav.model.places import S3Uri
from s3nav.present.buckets import directory_facts
from tests.support.memory_store import MemoryStore


def test_the_size_of_a_directory_is_in_the_unit_of_all_sizes() -> None:
    store = MemoryStore()
    store.put("b", "key", b"x" * 2_000_000)
    listing = DirectoryListing(store, S3Uri("b"))
    while not listing.complete:
        listing.load_page()

    assert dict(directory_facts(listing, "auto"))["size"] == "2.0 MB in this directory"
    assert dict(directory_facts(listing, "binary"))["size"] == "1.9 MiB in this directory"
