"""An S3 of keys without contents, with all the ways in which a listing can be troubled."""

import bisect
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from msgspec.structs import replace

from s3nav.model.objects import KeyPage, ListingPage, ListRequest, ObjectFact
from tests.support.memory_store import MemoryStore

END = "\U0010ffff"


@dataclass
class KeyStore(MemoryStore):
    """Lists `keys`, whatever the bucket; sizes are the keys' numbers in their order."""

    keys: list[str] = field(default_factory=list)
    page_limit: int = 1000
    knows_start_after: bool = True
    has_order: bool = True
    latency_s: float = 0.0
    trouble: Callable[[ListRequest], None] = lambda request: None
    """Called before each answer; may raise."""
    damage: Callable[[ListRequest, KeyPage], KeyPage] = lambda request, page: page
    at_once: int = 0
    most_at_once: int = 0
    list_requests: list[ListRequest] = field(default_factory=list)
    _counting: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, keys: Iterable[str], page_limit: int = 1000) -> "KeyStore":
        return cls(keys=sorted(set(keys), key=str.encode), page_limit=page_limit)

    def list_keys(self, request: ListRequest) -> KeyPage:
        page = self._answer(replace(request, delimiter=""))
        columns = KeyPage.of(page)
        if not self.has_order:
            columns = replace(columns, keys=columns.keys[::-1], sizes=columns.sizes[::-1])
        return self.damage(request, columns)

    def list_page(self, request: ListRequest) -> ListingPage:
        return self._answer(request)

    def _answer(self, request: ListRequest) -> ListingPage:
        with self._counting:
            self.list_requests.append(request)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.latency_s:
                time.sleep(self.latency_s)
            self.trouble(request)
            return self._page(request)
        finally:
            with self._counting:
                self.at_once -= 1

    def _page(self, request: ListRequest) -> ListingPage:
        after = request.token or (request.start_after if self.knows_start_after else "")
        at = bisect.bisect_right(self.keys, after) if after else 0
        at = max(at, bisect.bisect_left(self.keys, request.prefix))
        objects: list[ObjectFact] = []
        prefixes: list[str] = []
        last = ""
        limit = min(request.page_size, self.page_limit)
        while at < len(self.keys) and len(objects) + len(prefixes) < limit:
            key = self.keys[at]
            if not key.startswith(request.prefix):
                break
            rest = key[len(request.prefix) :]
            folder, found, _ = rest.partition(request.delimiter) if request.delimiter else (0, 0, 0)
            if found:
                prefixes.append(f"{request.prefix}{folder}{request.delimiter}")
                last = prefixes[-1] + END
                at = bisect.bisect_left(self.keys, last)
            else:
                objects.append(ObjectFact(key=key, size_bytes=at))
                last = key
                at += 1
        more = at < len(self.keys) and self.keys[at].startswith(request.prefix)
        return ListingPage(
            objects=tuple(objects), prefixes=tuple(prefixes), next_token=last if more else None
        )


def no_restart() -> None:
    """For listings of endpoints in byte order."""
    raise AssertionError("a listing in order was started again")
