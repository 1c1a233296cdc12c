"""Sum objects by storage class, small ones apart: the numbers that storage is billed by."""

from collections.abc import Iterable, Sequence

import msgspec

from s3nav.browse.pages.page_codec import StoredPage


class ClassSums(msgspec.Struct, kw_only=True):
    """Objects of one storage class."""

    objects: int = 0
    size_bytes: int = 0
    small_objects: int = 0
    """Objects below the given size."""
    small_bytes: int = 0

    def add(self, sizes: Sequence[int], smaller_than: int) -> None:
        """Count objects of these sizes."""
        small = [size_bytes for size_bytes in sizes if size_bytes < smaller_than]
        self.objects += len(sizes)
        self.size_bytes += sum(sizes)
        self.small_objects += len(small)
        self.small_bytes += sum(small)


def class_sums(pages: Iterable[StoredPage], smaller_than: int) -> dict[str, ClassSums]:
    """Sums by class over some pages; small objects have fewer bytes than `smaller_than`."""
    found: dict[str, ClassSums] = {}
    for page in pages:
        names = set(page.classes)
        for name in names:
            sizes = page.sizes
            if len(names) > 1:
                rows = zip(page.sizes, page.classes, strict=True)
                sizes = [size_bytes for size_bytes, of in rows if of == name]
            found.setdefault(name, ClassSums()).add(sizes, smaller_than)
    return found
