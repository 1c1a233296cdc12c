"""What to download: sources, filters and target, before anything is listed."""

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Literal

import msgspec

from s3nav.model.places import S3Uri
from s3nav.model.ports.inventory import Inventory
from s3nav.transfer.journal import Verification
from s3nav.transfer.selection.manifest import Manifest
from s3nav.transfer.selection.plan_file import PlanFile
from s3nav.transfer.selection.shards import Shard

DateFrom = Literal["modified", "key"]


class Compare(StrEnum):
    """How to decide that a file has the content of its object."""

    SIZE_TIME = "size-time"
    CHECKSUM = "checksum"
    """Read the file again and compare a checksum; ignore the time."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One place to take objects from.

    A key that ends with ``/`` or is empty is a prefix: everything below it. Any other key is the
    object of that name and everything below ``key/``. ``*``, ``?`` and ``[…]`` are a glob over
    whole keys, unless `literal`.
    """

    place: S3Uri
    literal: bool = False
    """The key was picked from a listing: no wildcards, no objects below it."""
    may_be_absent: bool = False
    """No error if it is empty: the same prefix is searched in several buckets."""
    may_be_denied: bool = False
    """Skip it with a notice if access is denied: all buckets were requested."""


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """Which of the listed objects to keep. An empty tuple or None means no filter."""

    extensions: tuple[str, ...] = ()
    """Lower case with the dot: ``.png``."""
    include: tuple[str, ...] = ()
    """Globs over whole keys; one must match."""
    exclude: tuple[str, ...] = ()
    include_regex: tuple[str, ...] = ()
    """Regular expressions searched anywhere in the key; one must match."""
    exclude_regex: tuple[str, ...] = ()
    min_size_bytes: int | None = None
    max_size_bytes: int | None = None
    storage_classes: tuple[str, ...] = ()
    start_date: date | None = None
    """First day kept, UTC."""
    end_date: date | None = None
    """Last day kept, UTC, the whole day."""
    date_from: DateFrom = "modified"
    """Which date `start_date` and `end_date` apply to: last modified, or written in the key."""
    date_pattern: str = ""
    """How dates are written in keys, as ``%Y/%m/%d``; empty: detected for each source."""


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that defines a download."""

    sources: tuple[Source, ...] = ()
    target: Path
    """The download directory; objects go to target/bucket/key."""
    manifest: Manifest | None = None
    """Objects named one by one, in place of sources."""
    inventory: Inventory | None = None
    """Read in place of listing its bucket. Sources narrow it; without sources, all of it."""
    plan: PlanFile | None = None
    """A plan to replay, in place of sources and filters."""
    shard: Shard | None = None
    """One shard of the plan; None for the whole plan."""
    filters: Filters = Filters()
    overwrite: bool = False
    compare: Compare = Compare.SIZE_TIME
    """How to decide that an existing file is current. Downloads set the time of the object."""
    requester_pays: bool = False
    verify: Verification = Verification.AUTO
    decompress: bool = False
    """Decompress objects that end in ``.gz .zst .lz4 .bz2``; files lose the suffix."""
    recorded: frozenset[str] = frozenset()
    """``bucket/key`` of objects that aws-data-downloader recorded as downloaded."""
    fail_if_empty: bool = False
    """Whether it is an error that nothing is selected."""
    title: str = ""
    """Shown in the queue; empty: made from the sources."""

    @property
    def is_listed(self) -> bool:
        """True when what it holds depends on when it is listed."""
        return not (self.manifest or self.inventory or self.plan)
