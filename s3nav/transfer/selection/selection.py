"""What a user chose to download, before anything has been listed."""

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
    """What makes a file the same as an object."""

    SIZE_TIME = "size-time"
    CHECKSUM = "checksum"
    """The bytes, read again; the time does not count."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One place to take objects from.

    A key that ends with ``/`` or is empty is a prefix: everything below it. Any other key is the
    object of that name and everything below ``key/``. ``*``, ``?`` and ``[…]`` are a glob over
    whole keys, unless `literal`.
    """

    place: S3Uri
    literal: bool = False
    """True when the key was picked from a listing and stands for exactly itself."""
    may_be_absent: bool = False
    """One of several buckets that a prefix was asked for in: nothing there is no error."""
    may_be_denied: bool = False
    """One of all buckets: without access it is left out, and told."""


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """Which of the listed objects to keep. An empty tuple or None keeps all."""

    extensions: tuple[str, ...] = ()
    """Lower case with the dot: ``.png``."""
    include: tuple[str, ...] = ()
    """Globs over whole keys; one must match."""
    exclude: tuple[str, ...] = ()
    include_regex: tuple[str, ...] = ()
    """Regular expressions found anywhere in the key; one must be."""
    exclude_regex: tuple[str, ...] = ()
    min_size_bytes: int | None = None
    max_size_bytes: int | None = None
    storage_classes: tuple[str, ...] = ()
    start_date: date | None = None
    """First day kept, UTC."""
    end_date: date | None = None
    """Last day kept, UTC, the whole day."""
    date_from: DateFrom = "modified"
    """Which date the two above are about: of the last change, or written in the key."""
    date_pattern: str = ""
    """How the key writes it, as in ``%Y/%m/%d``; empty: found from the keys of each source."""


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a download needs to know of the user's wish."""

    sources: tuple[Source, ...] = ()
    target: Path
    """The download directory; objects go to target/bucket/key."""
    manifest: Manifest | None = None
    """Objects named one by one, in place of sources."""
    inventory: Inventory | None = None
    """Takes the place of listing its bucket; sources narrow it, none is all of it."""
    plan: PlanFile | None = None
    """A reviewed plan to be replayed, in place of sources and filters."""
    shard: Shard | None = None
    """One share of the plan; None for all of it."""
    filters: Filters = Filters()
    overwrite: bool = False
    compare: Compare = Compare.SIZE_TIME
    """What makes a file that is there the same; the engine gives files the time of their object."""
    requester_pays: bool = False
    verify: Verification = Verification.AUTO
    decompress: bool = False
    """Decompress objects that end with ``.gz .zst .lz4 .bz2``; files lose the ending."""
    arrived: frozenset[str] = frozenset()
    """``bucket/key`` of what another downloader recorded as fetched; its size is checked."""
    title: str = ""
    """Shown in the queue; empty: made from the sources."""
