"""Decide for each file or object: send it, skip it because it is there, or refuse to replace."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec.structs import replace

from s3nav.model.errors import LocalDiskError, NotFoundError, UsageError
from s3nav.model.objects import ListRequest, ObjectFact
from s3nav.model.places import S3Uri
from s3nav.model.ports import ObjectStore
from s3nav.transfer.items import FAILED, PENDING, SKIPPED, PlannedItem, nanoseconds
from s3nav.transfer.send_there import ETAG, WhatIsThere, same_as_file, same_objects
from s3nav.transfer.send_walk import KEY_BYTES_MAX, Found, check
from s3nav.transfer.send_wish import STDIN, Copying, Putting, Wish

REPLACES = "replaces other bytes"
EXISTS = "exists: other bytes are there, and `--overwrite` was not given"
SHOWN = 1_000
_UNSTORABLE = re.compile("[\0\1\ud800-\udfff]")


class SendPreview(msgspec.Struct, kw_only=True):
    """What an upload or a copy would do; nothing of it has been done."""

    send_files: int = 0
    send_bytes: int = 0
    skip_files: int = 0
    skip_bytes: int = 0
    replace_files: int = 0
    """Of those to send, how many replace an object with other bytes."""
    refused_files: int = 0
    """Not sent, because another object is there and may not be replaced."""
    reasons: dict[str, int] = msgspec.field(default_factory=dict)
    """Why files are skipped or refused, with how many."""
    sends: list[tuple[str, str]] = msgspec.field(default_factory=list)
    """From where and to where, the first thousand."""
    total_bytes: int = 0

    @property
    def total_files(self) -> int:
        """All that was chosen."""
        return self.send_files + self.skip_files + self.refused_files

    def count(self, item: PlannedItem, wish: Wish) -> None:
        """Take one decision into account."""
        self.total_bytes += item.size_bytes
        if item.state == PENDING:
            self.send_files += 1
            self.send_bytes += item.size_bytes
            self.replace_files += item.reason == REPLACES
            if len(self.sends) < SHOWN:
                self.sends.append(ends_of(item, wish))
            return
        if item.state == SKIPPED:
            self.skip_files += 1
            self.skip_bytes += item.size_bytes
        else:
            self.refused_files += 1
        self.reasons[item.reason] = self.reasons.get(item.reason, 0) + 1


def ends_of(item: PlannedItem, wish: Wish) -> tuple[str, str]:
    """Where an item comes from and where it goes."""
    place = str(S3Uri(item.bucket, item.key))
    if isinstance(wish, Copying):
        return place, str(S3Uri(wish.to.bucket, item.local))
    return item.local, place


def check_wish(wish: Wish) -> None:
    """Raise UsageError or NotFoundError for what cannot be meant; asks no network."""
    if isinstance(wish, Putting):
        check(wish)
    else:
        _check_copy(wish)


def decide(store: ObjectStore, wish: Wish) -> Iterator[PlannedItem]:
    """Yield every file or object with its decision; writes nothing.

    An item of an upload has the target's bucket and key and an absolute local path; one of a copy
    has the source's bucket and key, and the target's key in `local`. Raises S3NavError.
    """
    if isinstance(wish, Putting):
        walks = check(wish)
        for prefix, walk in walks:
            there = WhatIsThere(store, wish.to.bucket, prefix)
            for found in walk:
                yield _decide_put(store, wish, there.find(found.key), found)
    else:
        yield from _decide_copies(store, wish)


def _decide_put(
    store: ObjectStore, wish: Putting, there: ObjectFact | None, found: Found
) -> PlannedItem:
    item = PlannedItem(
        wish.to.bucket, found.key, found.path, found.size_bytes, "", found.modified_ns, "", ""
    )
    if found.left_out:
        item.state, item.reason = SKIPPED, found.left_out
    elif not os.access(found.path, os.R_OK) and found.path != STDIN:
        raise LocalDiskError(
            f"may not read `{found.path}`",
            remedy="change its mode, or leave it out",
            slug="unreadable",
        )
    elif there is not None:
        same = ""
        if found.path != STDIN and there.size_bytes == found.size_bytes:
            try:
                place = S3Uri(wish.to.bucket, found.key)
                same = same_as_file(store, place, Path(found.path)) or ""
            except OSError as error:
                raise LocalDiskError(
                    f"cannot read `{found.path}`: {error.strerror}", slug="unreadable"
                ) from error
        _judge(item, same, overwrite=wish.overwrite)
    return item


def _judge(item: PlannedItem, same: str, *, overwrite: bool) -> None:
    """Decide about an item whose target exists."""
    if same:
        item.state, item.reason = SKIPPED, f"already there: same size and {same}"
    elif overwrite:
        item.reason = REPLACES
    else:
        item.state, item.reason = FAILED, EXISTS


def _decide_copies(store: ObjectStore, wish: Copying) -> Iterator[PlannedItem]:
    base = wish.source.key if wish.recursive else ""
    there = WhatIsThere(store, wish.to.bucket, wish.to.key)
    for fact in _sources(store, wish):
        key = _copied_key(wish, fact.key, base)
        item = PlannedItem(
            wish.source.bucket,
            fact.key,
            key,
            fact.size_bytes,
            fact.etag,
            nanoseconds(fact.modified_at),
            fact.checksum_algorithm,
            fact.checksum_type,
        )
        found = there.find(key)
        if found is not None:
            same = ""
            if found.size_bytes == fact.size_bytes:
                same = ETAG if found.etag == fact.etag else _compare(store, wish, fact.key, key)
            _judge(item, same, overwrite=wish.overwrite)
        yield item


def _compare(store: ObjectStore, wish: Copying, source_key: str, key: str) -> str:
    """Compare two objects of the same size by their checksums; parts change an ETag."""
    try:
        return same_objects(
            store.head(wish.source.bucket, source_key), store.head(wish.to.bucket, key)
        )
    except NotFoundError:
        return ""


def _check_copy(wish: Copying) -> None:
    if wish.recursive:
        if wish.to.key and not wish.to.key.endswith("/"):
            raise UsageError(
                f"`{wish.to}` names one object", remedy=f"end it with a slash: {wish.to}/"
            )
        is_inside = wish.to.bucket == wish.source.bucket and (
            wish.to.key.startswith(wish.source.key) or wish.source.key.startswith(wish.to.key)
        )
        if is_inside:
            raise UsageError(f"`{wish.source}` and `{wish.to}` overlap", slug="overlap")
    elif not wish.source.key or wish.source.key.endswith("/"):
        raise UsageError(
            f"`{wish.source}` is a prefix, not an object",
            remedy="`--recursive` copies all below it",
        )
    elif wish.source == S3Uri(wish.to.bucket, _copied_key(wish, wish.source.key, "")):
        raise UsageError(f"`{wish.source}` would be copied onto itself", slug="overlap")


def with_slash(wish: Copying) -> Copying:
    """A recursive copy of ``s3://b/x`` means what is below ``x/``."""
    if wish.recursive and wish.source.key and not wish.source.key.endswith("/"):
        return replace(wish, source=wish.source.child("/"))
    return wish


def _sources(store: ObjectStore, wish: Copying) -> Iterator[ObjectFact]:
    bucket, key = wish.source.bucket, wish.source.key
    if not wish.recursive:
        # The object named exactly so would be the first key with this prefix.
        page = store.list_page(ListRequest(bucket=bucket, prefix=key, page_size=1))
        if not page.objects or page.objects[0].key != key:
            raise NotFoundError(
                f"no object `{wish.source}`",
                remedy=f"`s3nav --headless ls s3://{bucket}/` lists what is there",
                slug="no-such-key",
            )
        yield page.objects[0]
        return
    token: str | None = None
    found = False
    while True:
        page = store.list_page(ListRequest(bucket=bucket, prefix=key, token=token))
        for fact in page.objects:
            found = True
            yield fact
        token = page.next_token
        if token is None:
            break
    if not found:
        raise NotFoundError(f"nothing is below `{wish.source}`", slug="no-such-key")


def _copied_key(wish: Copying, key: str, base: str) -> str:
    if wish.recursive:
        target = wish.to.key + key[len(base) :]
    elif not wish.to.key or wish.to.key.endswith("/"):
        target = wish.to.key + key.rpartition("/")[2]
    else:
        return wish.to.key
    if _UNSTORABLE.search(target) or len(target.encode()) > KEY_BYTES_MAX:
        raise UsageError(
            f"the key of `s3://{wish.source.bucket}/{key}` would be too long, or cannot be written",
            remedy="choose a shorter prefix, or copy the others by their own prefixes",
            slug="bad-name",
        )
    return target
