"""Pages that come with their keys alone, because the rest is in their digest."""

from msgspec.structs import replace

from s3nav.browse.listing.intervals import clip
from s3nav.browse.pages.page_sums import Digesting
from s3nav.model.objects import KeyPage

DIGESTING = Digesting(root="", now_s=1_800_000_000, floor_bytes=-1, folded=frozenset())
READ = KeyPage(
    keys=["a", "b\n", "c", "d"],
    sizes=[1, 2, 3, 1 << 40],
    modified_s=[1_700_000_000, -1, 1_700_000_001, 1_700_000_002],
    etags=["1", "2", "3", "4"],
    classes=["STANDARD", "GLACIER", "STANDARD", "STANDARD"],
    next_token="more",
)
SENT = KeyPage(keys=READ.keys, next_token="more", digest=DIGESTING(READ))


def test_a_page_that_ends_behind_its_interval_is_clipped_with_all_its_columns() -> None:
    page, is_last = clip(SENT, "c")

    assert is_last
    assert page.digest is None
    assert replace(page, sizes=list(page.sizes), modified_s=list(page.modified_s)) == replace(
        READ.clipped(0, 3), etags=[""] * 3
    )


def test_a_page_that_ends_with_its_interval_is_taken_as_it_came() -> None:
    assert clip(SENT, "d") == (SENT, True)
    assert clip(SENT, "e") == (SENT, False)
