"""An S3 of versions without contents, with the ways in which endpoints list them differently."""

import bisect
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from s3nav.model.objects import ListingPage, ListRequest, VersionPage, VersionsRequest
from tests.support.key_store import KeyStore


@dataclass
class VersionStore:
    """Holds this number of versions of each key."""

    counts: Mapping[str, int]
    page_limit: int = 1000
    skips_first: bool = False
    """As moto: loses the row behind a key marker that stands alone."""
    ignores_lone_marker: bool = False
    trouble: Callable[[VersionsRequest], None] = lambda request: None
    """Called before each answer; may raise."""
    requests: list[VersionsRequest] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        keys = sorted(self.counts, key=lambda key: key.encode("utf-8", "surrogatepass"))
        self.rows = [(key, f"v{number}") for key in keys for number in range(self.counts[key])]
        self._keys = [key for key, _ in self.rows]
        self._folders = KeyStore.of(keys)

    def list_page(self, request: ListRequest) -> ListingPage:
        return self._folders.list_page(request)

    def list_versions(self, request: VersionsRequest) -> VersionPage:
        with self._lock:
            self.requests.append(request)
        self.trouble(request)
        at = self._start(request)
        limit = min(request.page_size, self.page_limit)
        found = [row for row in self.rows[at : at + limit] if row[0].startswith(request.prefix)]
        behind = self.rows[at + limit : at + limit + 1]
        is_last = not behind or not behind[0][0].startswith(request.prefix)
        count = len(found)
        return VersionPage(
            keys=[key for key, _ in found],
            version_ids=[version for _, version in found],
            are_latest=[version == "v0" for _, version in found],
            are_markers=[False] * count,
            sizes=[int(version[1:]) for _, version in found],
            modified_s=[0] * count,
            etags=[""] * count,
            classes=["STANDARD"] * count,
            next_key=None if is_last else found[-1][0],
            next_version="" if is_last else found[-1][1],
        )

    def _start(self, request: VersionsRequest) -> int:
        first = bisect.bisect_left(self._keys, request.prefix)
        if request.version_marker:
            at = self.rows.index((request.key_marker, request.version_marker)) + 1
        elif request.key_marker and not self.ignores_lone_marker:
            at = bisect.bisect_right(self._keys, request.key_marker)
            if self.skips_first:
                at = bisect.bisect_left(self._keys, request.key_marker) + 1
        else:
            at = 0
        return max(at, first)
