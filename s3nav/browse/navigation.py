"""List one directory of a bucket page by page, into columns.

A million rows as Python objects would be slow to build and large. So names share one growing piece
of memory, and search runs over that memory instead of over names.
"""

from array import array
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from msgspec.structs import replace

from s3nav.model.objects import ListingPage, ListRequest, ObjectFact
from s3nav.model.places import PageWatch, S3Uri, key_bytes, key_text
from s3nav.model.ports.stores import ObjectStore

DELIMITER = "/"
NEVER = -1
"""In place of the time and size of a prefix."""
_SEPARATOR = b"\xff"
"""Between names; UTF-8 never contains it, so a match cannot cross names."""


class NameColumn:
    """Texts in one growing piece of memory, each accessible by its number."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("q")

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, row: int) -> str:
        start = self._ends[row - 1] + 1 if row else 0
        return key_text(bytes(self._bytes[start : self._ends[row]]))

    def extend(self, names: list[str]) -> None:
        """Append names; readers in other threads see only complete names."""
        end = len(self._bytes)
        ends: list[int] = []
        pieces = [key_bytes(name) for name in names]
        for piece in pieces:
            end += len(piece)
            ends.append(end)
            end += 1
        self._bytes += _SEPARATOR.join(pieces) + (_SEPARATOR if pieces else b"")
        self._ends.extend(ends)

    def all(self) -> list[str]:
        """A copy of all names, in order."""
        return [key_text(piece) for piece in bytes(self._bytes).split(_SEPARATOR)[: len(self)]]

    def containing(self, text: str, start: int = 0) -> Iterator[int]:
        """Rows from `start` on whose name contains `text`, ignoring case, in order."""
        if not text.isascii():
            folded = text.casefold()
            for row in range(start, len(self)):
                if folded in self[row].casefold():
                    yield row
            return
        if start >= len(self):
            return
        begin = self._ends[start - 1] + 1 if start else 0
        yield from self._find(text.lower().encode(), begin, start)

    def _find(self, needle: bytes, begin: int, start: int) -> Iterator[int]:
        """Search all names at once, then step through rows alongside the hits."""
        haystack = bytes(self._bytes[begin:]).lower()
        row, last, at = start, len(self), haystack.find(needle)
        while at >= 0 and row < last:
            while row < last and self._ends[row] - begin < at:
                row += 1
            if row < last:
                yield row
                at = haystack.find(needle, self._ends[row] - begin + 1)
                row += 1


class DirectoryListing:
    """The objects and prefixes in a directory. One thread loads pages; any thread may read."""

    def __init__(
        self,
        store: ObjectStore,
        place: S3Uri,
        *,
        starts_with: str = "",
        page_size: int = 1000,
        requester_pays: bool = False,
    ) -> None:
        self.place = place
        """The key is empty or ends with the delimiter."""
        self.starts_with = starts_with
        """Only names with this beginning are listed."""
        self.complete = False
        self.pages = 0
        self.names = NameColumn()
        """Names relative to the directory; those of prefixes end with the delimiter."""
        self.sizes = array("q")
        self.modified = array("q")
        """Seconds since 1970, UTC; NEVER for a prefix."""
        self.prefix_count = 0
        self.total_bytes = 0
        """Total size of the objects listed so far, without those in prefixes."""
        self._classes = array("I")
        self._class_names = [""]
        self._list: Callable[[ListRequest], ListingPage] = store.list_page
        self._request = ListRequest(
            bucket=place.bucket,
            prefix=place.key + starts_with,
            delimiter=DELIMITER,
            page_size=page_size,
            requester_pays=requester_pays,
        )
        self._token: str | None = None
        self._watch = PageWatch()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def load_page(self) -> int:
        """Fetch one page and append it; returns its rows. Raises S3NavError."""
        if self.complete:
            return 0
        page = self._list(replace(self._request, token=self._token))
        self._watch.see([fact.key for fact in page.objects], page.prefixes)
        self._append(page)
        self._token = page.next_token
        self.complete = page.next_token is None
        return len(page.objects) + len(page.prefixes)

    def storage_class(self, row: int) -> str:
        """The storage class of a row; empty for a prefix."""
        return self._class_names[self._classes[row]]

    def storage_classes(self) -> list[str]:
        """The storage class of every row, in order."""
        return [self._class_names[number] for number in self._classes[: self._count]]

    def is_prefix(self, row: int) -> bool:
        """Whether the row is a prefix."""
        return self.sizes[row] == NEVER

    def uri(self, row: int) -> S3Uri:
        """The URI of the row's object or prefix."""
        return self.place.child(self.names[row])

    def modified_at(self, row: int) -> datetime | None:
        """Aware, UTC; None for a prefix."""
        seconds = self.modified[row]
        return None if seconds == NEVER else datetime.fromtimestamp(seconds, UTC)

    def _append(self, page: ListingPage) -> None:
        """Merge objects and prefixes of a page in byte order; publish the row count last."""
        rows: list[tuple[str, ObjectFact | None]] = [(o.key, o) for o in page.objects]
        if page.prefixes:
            rows += [(prefix, None) for prefix in page.prefixes]
            rows.sort(key=lambda row: key_bytes(row[0]))
        skipped = len(self.place.key)
        self.sizes.extend([NEVER if o is None else o.size_bytes for _, o in rows])
        self.modified.extend([_seconds(o) for _, o in rows])
        self._classes.extend([self._class_number(o) for _, o in rows])
        self.names.extend([key[skipped:] for key, _ in rows])
        self.total_bytes += sum(o.size_bytes for o in page.objects)
        self.prefix_count += len(page.prefixes)
        self.pages += 1
        self._count += len(rows)

    def _class_number(self, found: ObjectFact | None) -> int:
        name = "" if found is None else found.storage_class
        if name not in self._class_names:
            self._class_names.append(name)
        return self._class_names.index(name)


def _seconds(found: ObjectFact | None) -> int:
    if found is None or found.modified_at is None:
        return NEVER
    return int(found.modified_at.timestamp())
