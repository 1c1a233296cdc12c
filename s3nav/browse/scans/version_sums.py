"""Sum up all versions below a prefix: current ones, old ones, delete markers."""

import threading
from collections.abc import Callable

import msgspec

from s3nav.browse.listing import VersionsOutcome, list_versions_parallel
from s3nav.browse.pages import ClassSums
from s3nav.browse.scans.scan_run import find_region
from s3nav.model.objects import VersionPage
from s3nav.model.places import S3Uri
from s3nav.model.ports.stores import ObjectStore


class CountedVersions(msgspec.Struct, frozen=True, kw_only=True):
    """Versions by storage class, as far as they were listed."""

    place: S3Uri
    region: str | None
    current: dict[str, ClassSums]
    old: dict[str, ClassSums]
    """Noncurrent versions (user guide, "S3 Versioning"): replaced, or hidden by a delete marker."""
    delete_markers: int
    outcome: VersionsOutcome


class VersionSums:
    """Sums of pages. Thread safe."""

    def __init__(self, smaller_than: int) -> None:
        self._lock = threading.Lock()
        self._smaller_than = smaller_than
        self.current: dict[str, ClassSums] = {}
        self.old: dict[str, ClassSums] = {}
        self.delete_markers = 0
        self.rows = 0
        """Versions added so far, including delete markers."""

    def clear(self) -> None:
        """Forget all pages."""
        with self._lock:
            self.current.clear()
            self.old.clear()
            self.delete_markers = self.rows = 0

    def add(self, page: VersionPage) -> None:
        """Count the rows of a page."""
        sizes: dict[tuple[bool, str], list[int]] = {}
        markers = 0
        for is_marker, is_latest, name, size_bytes in zip(
            page.are_markers, page.are_latest, page.classes, page.sizes, strict=True
        ):
            if is_marker:
                markers += 1
            else:
                sizes.setdefault((is_latest, name), []).append(size_bytes)
        with self._lock:
            self.rows += len(page.keys)
            self.delete_markers += markers
            for (is_latest, name), found in sizes.items():
                sums = self.current if is_latest else self.old
                sums.setdefault(name, ClassSums()).add(found, self._smaller_than)


def count_versions(
    store: ObjectStore,
    place: S3Uri,
    sums: VersionSums,
    *,
    is_cancelled: Callable[[], bool],
    retry_attempts: int,
    requester_pays: bool = False,
) -> CountedVersions:
    """List all versions below a place into `sums`; blocks.

    Raises S3NavError when nothing could be listed.
    """
    outcome = list_versions_parallel(
        store,
        place,
        sink=sums.add,
        restart=sums.clear,
        is_cancelled=is_cancelled,
        retry_attempts=retry_attempts,
        requester_pays=requester_pays,
    )
    if outcome.problems and not sums.rows:
        raise outcome.problems[0].error
    return CountedVersions(
        place=place,
        region=find_region(store, place.bucket, is_cancelled, retry_attempts),
        current=sums.current,
        old=sums.old,
        delete_markers=sums.delete_markers,
        outcome=outcome,
    )
