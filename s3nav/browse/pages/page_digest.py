"""What a scan makes of a page: a blob to keep and sums to add. Made where the page was read."""

import msgspec

from s3nav.browse.pages.key_order import is_ordered
from s3nav.browse.pages.page_codec import StoredPage, pack, unpack
from s3nav.browse.pages.page_sums import PageSums, sum_page
from s3nav.model.objects import KeyPage


class PageDigest(msgspec.Struct, frozen=True, kw_only=True):
    """A page as a scan takes it in."""

    blob: bytes
    sums: PageSums


class Digesting(msgspec.Struct, frozen=True, kw_only=True):
    """How to digest the pages of one scan, as of now; another process is told it with a request."""

    root: str
    now_s: int
    floor_bytes: int
    folded: frozenset[str]

    def __call__(self, page: KeyPage) -> PageDigest | None:
        """The digest of a page as it was read; None for one that is empty or in no order."""
        if not page.keys or not is_ordered(page.keys, ""):
            return None
        return self.of(StoredPage.of(page))

    def of(self, page: StoredPage) -> PageDigest:
        """The digest of columns in order."""
        return PageDigest(blob=pack(page), sums=self.sums(page))

    def sums(self, page: StoredPage) -> PageSums:
        """What columns in order add to the totals."""
        return sum_page(
            page,
            root=self.root,
            now_s=self.now_s,
            floor_bytes=self.floor_bytes,
            folded=self.folded,
        )


def whole(page: KeyPage) -> KeyPage:
    """A page with all columns that a scan keeps, of one that may have come with its keys alone."""
    if not isinstance(page.digest, PageDigest) or len(page.sizes) == len(page.keys):
        return page
    kept = unpack(page.digest.blob)
    return KeyPage(
        keys=kept.keys,
        sizes=kept.sizes,
        modified_s=kept.modified_s,
        etags=[""] * len(kept.keys),
        classes=kept.classes,
        next_token=page.next_token,
    )
