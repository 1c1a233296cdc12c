"""Decide for each file or object: send it, skip it because it is there, or refuse to replace."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from s3nav.model.errors import LocalDiskError
from s3nav.model.objects import ObjectFact
from s3nav.model.places import S3Uri
from s3nav.model.ports.stores import ObjectStore
from s3nav.model.request_counts import UsageBook, count_in
from s3nav.model.writes import copy_parts, put_parts
from s3nav.transfer.journal import PENDING, SKIPPED, PlannedItem
from s3nav.transfer.planning import (
    REPLACES,
    ExistingObjects,
    apply_overwrite_policy,
    never,
    same_as_file,
)
from s3nav.transfer.upload.copy_sources import check_copy, decide_copies
from s3nav.transfer.upload.local_walk import Found, check
from s3nav.transfer.upload.upload_request import STDIN, CopyObjects, UploadFiles, UploadRequest

SHOWN = 1_000


class UploadPreview(msgspec.Struct, kw_only=True):
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
    writes: int = 0
    """Requests that make objects: PUT, COPY and the end of an upload in parts."""
    part_writes: int = 0
    """Requests that send parts or begin an upload in parts."""
    reads: UsageBook = msgspec.field(default_factory=dict)
    """What a copy reads, by bucket and class; its bytes do not come here."""

    @property
    def total_files(self) -> int:
        """All files or objects of the request."""
        return self.send_files + self.skip_files + self.refused_files

    def count(self, item: PlannedItem, request: UploadRequest) -> None:
        """Take one decision into account."""
        self.total_bytes += item.size_bytes
        if item.state == PENDING:
            self.send_files += 1
            self.send_bytes += item.size_bytes
            self.replace_files += item.reason == REPLACES
            self._count_requests(item, is_copy=isinstance(request, CopyObjects))
            if len(self.sends) < SHOWN:
                self.sends.append(ends_of(item, request))
            return
        if item.state == SKIPPED:
            self.skip_files += 1
            self.skip_bytes += item.size_bytes
        else:
            self.refused_files += 1
        self.reasons[item.reason] = self.reasons.get(item.reason, 0) + 1

    def _count_requests(self, item: PlannedItem, *, is_copy: bool) -> None:
        parts = copy_parts(item.size_bytes) if is_copy else put_parts(item.size_bytes)
        self.writes += 1
        self.part_writes += parts + 1 if parts else 0
        if is_copy:
            usage = count_in(self.reads, item.bucket, item.storage_class)
            usage.heads += 1
            usage.objects += 1
            usage.size_bytes += item.size_bytes


def ends_of(item: PlannedItem, request: UploadRequest) -> tuple[str, str]:
    """Where an item comes from and where it goes."""
    place = str(S3Uri(item.bucket, item.key))
    if isinstance(request, CopyObjects):
        return place, str(S3Uri(request.to.bucket, item.local))
    return item.local, place


def check_request(request: UploadRequest) -> None:
    """Raise UsageError or NotFoundError for a request that makes no sense; S3 is not asked."""
    if isinstance(request, UploadFiles):
        check(request)
    else:
        check_copy(request)


def decide(
    store: ObjectStore, request: UploadRequest, is_stopped: Callable[[], bool] = never
) -> Iterator[PlannedItem]:
    """Yield every file or object with its decision; writes nothing.

    An item of an upload has the target's bucket and key and an absolute local path; one of a copy
    has the source's bucket and key, and the target's key in `local`. Raises S3NavError,
    PlanStoppedError in the middle of a file that is compared.
    """
    if isinstance(request, UploadFiles):
        walks = check(request)
        for prefix, walk in walks:
            existing = ExistingObjects(store, request.to.bucket, prefix)
            for found in walk:
                yield _decide_put(store, request, existing.find(found.key), found, is_stopped)
    else:
        yield from decide_copies(store, request)


def _decide_put(
    store: ObjectStore,
    request: UploadFiles,
    existing: ObjectFact | None,
    found: Found,
    is_stopped: Callable[[], bool],
) -> PlannedItem:
    item = PlannedItem(
        request.to.bucket, found.key, found.path, found.size_bytes, "", found.modified_ns, "", ""
    )
    if found.left_out:
        item.state, item.reason = SKIPPED, found.left_out
    elif not os.access(found.path, os.R_OK) and found.path != STDIN:
        raise LocalDiskError(
            f"cannot read `{found.path}`: permission denied",
            remedy="change its mode, or leave it out",
            slug="unreadable",
        )
    elif existing is not None:
        same = ""
        if found.path != STDIN and existing.size_bytes == found.size_bytes:
            try:
                place = S3Uri(request.to.bucket, found.key)
                same = same_as_file(store, place, Path(found.path), is_stopped=is_stopped) or ""
            except OSError as error:
                raise LocalDiskError(
                    f"cannot read `{found.path}`: {error.strerror}", slug="unreadable"
                ) from error
        apply_overwrite_policy(item, same, overwrite=request.overwrite)
    return item
