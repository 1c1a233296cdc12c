"""An S3 in memory that lists in another order than that of bytes, as some gateways do."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from hypothesis import strategies as st

from s3nav.model.objects import KeyPage, ListingPage, ListRequest, VersionPage, VersionsRequest
from tests.support.memory_store import MemoryStore

Order = Callable[[str], tuple[bytes, ...]]


def _by_encrypted_name(key: str) -> tuple[bytes, ...]:
    return tuple(hashlib.sha256(name.encode()).digest() for name in key.split("/"))


def _by_directory(key: str) -> tuple[bytes, ...]:
    return tuple(name.encode() for name in key.split("/"))


def _by_utf16(key: str) -> tuple[bytes, ...]:
    return (key.encode("utf-16-be"),)


def _by_folded_case(key: str) -> tuple[bytes, ...]:
    return (key.lower().encode(), key.encode())


ORDERS: Mapping[str, Order] = {
    "encrypted name": _by_encrypted_name,
    "directory": _by_directory,
    "utf-16": _by_utf16,
    "folded case": _by_folded_case,
}

_names = st.sampled_from(["a", "B", "b", "a+", "a-1", "A", "é", "\ue000", "\U0001f600", "z"])
awkward_keys = st.builds("/".join, st.lists(_names, min_size=1, max_size=3))
"""Keys that each of these orders sorts in another way than bytes do."""


def late_disorder(count: int) -> list[str]:
    """Keys whose first page is in order in every order but that of encrypted names."""
    first = [f"a/{number:04}" for number in range(count)]
    second = [f"obj/{number:04}" for number in range(count)]
    third = [f"obj+/{number:04}" for number in range(count)]
    last = ["x/Z", "x/a", "x/B", "x/\ue000", "x/\U0001f600"]
    return [*first, *second, *third, *last]


@dataclass
class OddStore(MemoryStore):
    """Lists in its own order, and starts there where StartAfter says."""

    order: Order = _by_directory
    page_limit: int = 1000
    compares_markers: bool = False
    """A page of versions has the first keys that are greater than the marker by their bytes."""
    sorts_levels: bool = False
    """Lists with a delimiter are in byte order nevertheless."""
    list_requests: list[ListRequest] = field(default_factory=list)
    _ranked: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, keys: Iterable[str], kind: str, page_limit: int = 1000) -> "OddStore":
        store = cls(order=ORDERS[kind], page_limit=page_limit)
        store.make_bucket("bucket")
        for key in keys:
            store.put("bucket", key, key.encode())
        return store

    def list_page(self, request: ListRequest) -> ListingPage:
        self._note("list", request.prefix)
        self.list_requests.append(request)
        names = self._names_of(request)
        if request.token is not None:
            start = int(request.token)
        else:
            after = self.order(request.start_after) if request.start_after else ()
            behind = (at for at, name in enumerate(names) if self.order(name) > after)
            start = next(behind, len(names))
        stop = start + min(request.page_size, self.page_limit)
        shown = names[start:stop]
        facts = (self.fact(request.bucket, name) for name in shown)
        return ListingPage(
            objects=tuple(fact for fact in facts if fact is not None),
            prefixes=tuple(n for n in shown if self.fact(request.bucket, n) is None),
            next_token=str(stop) if stop < len(names) else None,
        )

    def list_keys(self, request: ListRequest) -> KeyPage:
        plain = ListRequest(
            bucket=request.bucket,
            prefix=request.prefix,
            token=request.token,
            start_after=request.start_after,
            page_size=request.page_size,
        )
        return KeyPage.of(self.list_page(plain))

    def list_versions(self, request: VersionsRequest) -> VersionPage:
        names = self._names_of(ListRequest(bucket=request.bucket, prefix=request.prefix))
        if self.compares_markers:
            names = [name for name in names if name > request.key_marker]
        elif request.key_marker:
            names = (
                names[names.index(request.key_marker) + 1 :]
                if request.key_marker in names
                else [name for name in names if self.order(name) > self.order(request.key_marker)]
            )
        shown = names[: min(request.page_size, self.page_limit)]
        facts = [fact for fact in (self.fact(request.bucket, name) for name in shown) if fact]
        is_last = len(shown) == len(names)
        page = KeyPage.of(ListingPage(objects=tuple(facts), next_token=None if is_last else "more"))
        count = len(page.keys)
        return VersionPage(
            keys=page.keys,
            version_ids=["null"] * count,
            are_latest=[True] * count,
            are_markers=[False] * count,
            sizes=list(page.sizes),
            modified_s=list(page.modified_s),
            etags=page.etags,
            classes=page.classes,
            next_key=page.keys[-1] if page.next_token else None,
            next_version="null" if page.next_token else "",
        )

    def _names_of(self, request: ListRequest) -> list[str]:
        """The keys below a prefix, or the names of one level, in the order of this store."""
        known = self._ranked.get(request.bucket)
        if known is None or len(known) != len(self.keys_of(request.bucket)):
            known = sorted(self.keys_of(request.bucket), key=self.order)
            self._ranked[request.bucket] = known
        below = [key for key in known if key.startswith(request.prefix)]
        if not request.delimiter:
            return below
        start, delimiter = len(request.prefix), request.delimiter
        names = list(
            dict.fromkeys(
                key[: key.find(delimiter, start) + 1] if delimiter in key[start:] else key
                for key in below
            )
        )
        return sorted(names) if self.sorts_levels else names
