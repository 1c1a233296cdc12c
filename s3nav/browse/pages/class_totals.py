"""What lies in each storage class, and how much of it is small: what storage is billed by."""

from collections.abc import Iterable, Sequence

import msgspec

from s3nav.browse.pages.page_codec import StoredPage


class ClassSums(msgspec.Struct, kw_only=True):
    """Objects of one storage class."""

    objects: int = 0
    size_bytes: int = 0
    small_objects: int = 0
    """Of less than the bytes that were asked for."""
    small_bytes: int = 0

    def add(self, sizes: Sequence[int], smaller_than: int) -> None:
        """Count objects of these sizes."""
        small = [size_bytes for size_bytes in sizes if size_bytes < smaller_than]
        self.objects += len(sizes)
        self.size_bytes += sum(sizes)
        self.small_objects += len(small)
        self.small_bytes += sum(small)


def class_sums(pages: Iterable[StoredPage], smaller_than: int) -> dict[str, ClassSums]:
    """Every object of some pages by its class; small ones have less than so many bytes."""
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
