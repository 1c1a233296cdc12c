"""Digest a page for a scan, in the process that read it: a blob to store and sums to add."""

import msgspec

from s3nav.browse.pages.key_order import is_ordered
from s3nav.browse.pages.page_codec import StoredPage, pack, unpack
from s3nav.browse.pages.page_sums import PageSums, sum_page
from s3nav.model.objects import KeyPage


class PageDigest(msgspec.Struct, frozen=True, kw_only=True):
    """A page in the form that a scan stores."""

    blob: bytes
    sums: PageSums


class Digesting(msgspec.Struct, frozen=True, kw_only=True):
    """Digests the pages of one scan. It is pickled and sent to list workers with requests."""

    root: str
    now_s: int
    floor_bytes: int
    folded: frozenset[str]

    def __call__(self, page: KeyPage) -> PageDigest | None:
        """The digest of a page; None when it is empty or not in order."""
        if not page.keys or not is_ordered(page.keys, ""):
            return None
        return self.of(StoredPage.of(page))

    def of(self, page: StoredPage) -> PageDigest:
        """The digest of ordered columns."""
        return PageDigest(blob=pack(page), sums=self.sums(page))

    def sums(self, page: StoredPage) -> PageSums:
        """The sums of ordered columns."""
        return sum_page(
            page,
            root=self.root,
            now_s=self.now_s,
            floor_bytes=self.floor_bytes,
            folded=self.folded,
        )


def whole(page: KeyPage) -> KeyPage:
    """A page with all stored columns; they are unpacked from the digest if only keys were sent."""
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
