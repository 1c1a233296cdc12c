"""Decide for each chosen object whether to fetch or to skip it, and check the free disk space.

Needs no journal: estimates, dry runs and the planner all read their plan here.
"""

import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from s3nav.middleware import StoreMiddleware
from s3nav.model.errors import LocalDiskError, UsageError
from s3nav.model.objects import DEFAULT_STORAGE_CLASS
from s3nav.model.places import S3Uri
from s3nav.model.ports.stores import ObjectStore
from s3nav.model.request_counts import (
    FREE_BYTES_PER_REQUEST,
    UsageBook,
    add_to,
    count_in,
    excess_of,
)
from s3nav.retries import RequestRetries
from s3nav.transfer.journal import PENDING, PlannedItem, Verification
from s3nav.transfer.local_files import DISK_FULL, Namer, NamingRules
from s3nav.transfer.planning.decompressed_names import Suffixes, skip_unpacked
from s3nav.transfer.planning.existing_files import ExistingFiles
from s3nav.transfer.planning.parts import cut, is_whole
from s3nav.transfer.planning.stopped_plan import never, stop_check
from s3nav.transfer.selection import Compare, Filters, Selection, SelectionStats
from s3nav.transfer.source_listing import Chosen, check_selection, choose

if TYPE_CHECKING:
    from s3nav.transfer.journal import StoredRow

RENAMED_SHOWN = 1_000
_PROBE = ".s3nav-Probe"


class Renamed(msgspec.Struct, frozen=True, kw_only=True):
    """An object whose path below the target is not ``bucket/key``."""

    source: str
    local: str


class Preview(msgspec.Struct, kw_only=True):
    """What a download would do; nothing of it has been done."""

    fetch_files: int = 0
    fetch_bytes: int = 0
    skip_files: int = 0
    skip_bytes: int = 0
    reasons: dict[str, int] = msgspec.field(default_factory=dict)
    """Why files are skipped, with how many."""
    renamed: list[Renamed] = msgspec.field(default_factory=list)
    """The first thousand."""
    renamed_files: int = 0
    get_requests: int = 0
    usage: UsageBook = msgspec.field(default_factory=dict)
    """What fetching will ask S3 for, by bucket and storage class."""
    tally: SelectionStats = msgspec.field(default_factory=SelectionStats)
    """What choosing cost and left out."""
    free_bytes: int | None = None
    """On the disk of the target; None when it cannot be told."""

    @property
    def total_files(self) -> int:
        """All chosen objects."""
        return self.fetch_files + self.skip_files

    @property
    def total_bytes(self) -> int:
        """Of all chosen objects."""
        return self.fetch_bytes + self.skip_bytes

    @property
    def asked(self) -> UsageBook:
        """What the whole job asks S3 for: what choosing has asked, and the GETs planned."""
        book = {key: usage.copy() for key, usage in self.usage.items()}
        for bucket, lists in self.tally.lists_by_bucket.items():
            count_in(book, bucket, DEFAULT_STORAGE_CLASS).lists += lists
        add_to(book, self.tally.inventory)
        return book

    def count(
        self, items: Sequence[PlannedItem], part_bytes: int, *, is_proven: bool = True
    ) -> None:
        """Take decisions into account; a proof needs a HEAD of what is fetched in parts."""
        sizes = [item.size_bytes for item in items]
        usual = not any(item.state or item.local for item in items)
        if usual and is_whole(max(sizes, default=0), part_bytes):
            self.fetch_files += len(items)
            self.fetch_bytes += sum(sizes)
            self.get_requests += len(items)
            self._price(items, sizes)
            return
        for item in items:
            self._count(item, part_bytes, is_proven=is_proven)

    def _price(self, items: Sequence[PlannedItem], sizes: Sequence[int]) -> None:
        """Objects of one page, each fetched whole: nearly always of one class."""
        kinds = {(item.bucket, item.storage_class) for item in items}
        if len(kinds) > 1:
            for item in items:
                self._price([item], [item.size_bytes])
            return
        for bucket, storage_class in kinds:
            usage = count_in(self.usage, bucket, storage_class)
            usage.objects += len(items)
            usage.gets += len(items)
            usage.size_bytes += sum(sizes)
            if max(sizes) > FREE_BYTES_PER_REQUEST:
                usage.excess_bytes += sum(map(excess_of, sizes))

    def _count(self, item: PlannedItem, part_bytes: int, *, is_proven: bool) -> None:
        if item.state == PENDING:
            self.fetch_files += 1
            self.fetch_bytes += item.size_bytes
            if is_whole(item.size_bytes, part_bytes):
                self.get_requests += 1
                self._price([item], [item.size_bytes])
            else:
                gets = len(cut(item.size_bytes, part_bytes))
                self.get_requests += gets
                usage = count_in(self.usage, item.bucket, item.storage_class)
                usage.objects += 1
                usage.gets += gets
                usage.heads += is_proven
                usage.size_bytes += item.size_bytes
                usage.excess_bytes += excess_of(item.size_bytes, part_bytes)
        else:
            self.skip_files += 1
            self.skip_bytes += item.size_bytes
            self.reasons[item.reason] = self.reasons.get(item.reason, 0) + 1
        if item.local and not item.codec:
            self.renamed_files += 1
            if len(self.renamed) < RENAMED_SHOWN:
                source = f"s3://{item.bucket}/{item.key}"
                self.renamed.append(Renamed(source=source, local=item.local))


class PlanReader:
    """Lists, names and checks the objects of selections. Writes nothing, GETs nothing."""

    def __init__(
        self,
        store: ObjectStore,
        *,
        part_bytes: int,
        retry_attempts: int,
        stored_files: Callable[[str, str], "list[StoredRow]"] = lambda _bucket, _key: [],
    ) -> None:
        """`stored_files` gives the files that came from an object; only --decompress asks it."""
        self._store = store
        self._part_bytes = part_bytes
        self._retry_attempts = retry_attempts
        self._stored_files = stored_files

    def read(
        self,
        selection: Selection,
        preview: Preview,
        *,
        is_stopped: Callable[[], bool] = never,
    ) -> Iterator[Sequence[PlannedItem]]:
        """Yield what a download would do, by thousands; `preview` is filled meanwhile.

        Raises UsageError, NotFoundError, what the store raises, and PlanStoppedError within a
        second of `is_stopped`.
        """
        check_selection(selection)
        check_target(selection.target)
        preview.free_bytes = free_bytes(selection.target)
        check = stop_check(is_stopped)
        retries = RequestRetries(self._retry_attempts)
        store = StoreMiddleware(lambda: self._store, retries=retries, check=check)
        is_proven = selection.verify is not Verification.NONE
        for items in _decide(store, selection, preview.tally, self._stored_files, check):
            preview.count(items, self._part_bytes, is_proven=is_proven)
            yield items
        _refuse_nothing(preview, selection.filters)


def _decide(
    store: ObjectStore,
    selection: Selection,
    tally: SelectionStats,
    landed: Callable[[str, str], "list[StoredRow]"],
    check: Callable[[], None] = lambda: None,
) -> Iterator[Sequence[PlannedItem]]:
    """Yield the chosen objects, by thousands, with their local paths and decisions.

    Lists, fetches nothing. `landed` is what the journal kept of the files of an object; `check` is
    called while an inventory is read, and may raise.
    """
    rules = naming_rules(selection.target)
    proves = selection.compare is Compare.CHECKSUM
    prove = partial(_prove, store, selection) if proves else None
    present = ExistingFiles(selection.target, selection.arrived, folds=rules.folds, prove=prove)
    pages = _named(choose(store, selection, tally, check), rules)
    if selection.decompress:
        pages = _without_suffixes(pages, Suffixes(folds=rules.folds))
    for items in pages:
        if not selection.overwrite:
            present.skip(items)
            if selection.decompress:
                skip_unpacked(items, selection.target.absolute(), landed)
        yield items


def _prove(store: ObjectStore, selection: Selection, item: PlannedItem, path: Path) -> str:
    """See `there.Prove`; a file that cannot be read is fetched again."""
    from s3nav.transfer.planning.existing_objects import same_as_file  # noqa: PLC0415  # seldom needed

    if item.version_id:
        return ""  # only what is current can be asked about
    try:
        same = same_as_file(
            store, S3Uri(item.bucket, item.key), path, requester_pays=selection.requester_pays
        )
    except OSError:
        return ""
    return same or ""


def _named(chosen: Iterator[Chosen], rules: NamingRules) -> Iterator[Sequence[PlannedItem]]:
    namer = Namer(rules)
    for bucket, facts in chosen:
        yield namer.take(bucket, facts)
    yield namer.rest()


def _without_suffixes(
    pages: Iterator[Sequence[PlannedItem]], suffixes: Suffixes
) -> Iterator[Sequence[PlannedItem]]:
    for items in pages:
        yield list(suffixes.take(items))
    yield list(suffixes.rest())


def _refuse_nothing(preview: Preview, filters: Filters) -> None:
    """Raise UsageError when filters leave nothing; an empty bucket is an empty job."""
    if preview.total_files or filters == Filters():
        return
    reasons = [f"{files} {why}" for why, files in preview.tally.left_out.items()]
    raise UsageError(
        f"no object passes the filters: {', '.join(reasons) or 'there is none of these dates'}",
        remedy="loosen the filters, or name another place",
        slug="empty-selection",
    )


def check_target(target: Path) -> None:
    """Raise UsageError when the target is a file."""
    if target.exists() and not target.is_dir():
        raise UsageError(
            f"`{target}` is not a directory",
            remedy="name another --download-dir",
            slug="target-is-a-file",
        )


def check_room(preview: Preview, target: Path) -> None:
    """Raise LocalDiskError when the files to fetch need more than the disk has."""
    free = preview.free_bytes
    if free is not None and preview.fetch_bytes > free:
        raise LocalDiskError(
            f"{preview.fetch_bytes:,} bytes to fetch and {free:,} bytes free at `{target}`",
            remedy="free some space, choose less, or choose another --download-dir",
            slug=DISK_FULL,
        )


def free_bytes(target: Path) -> int | None:
    """Free bytes for this user where `target` is, or would be made; None when unknown."""
    for place in (target, *target.parents):
        try:
            answer = os.statvfs(place)
        except FileNotFoundError:
            continue
        except OSError:
            return None
        return answer.f_bavail * answer.f_frsize
    return None


def naming_rules(target: Path) -> NamingRules:
    """Ask the file system of the target whether it takes `A` and `a` as one name."""
    place = next((p for p in (target, *target.parents) if p.is_dir()), Path("/"))
    return NamingRules(is_windows=sys.platform == "win32", folds=_folds(place))


def fingerprint(selection: Selection) -> str:
    """The same for selections that choose the same objects for the same target."""
    wish = msgspec.json.encode(
        [
            sorted((str(source.place), source.literal) for source in set(selection.sources)),
            str(selection.target.absolute()),
            selection.filters,
            selection.requester_pays,
            selection.decompress,
            selection.manifest.digest if selection.manifest else "",
            selection.plan.digest if selection.plan else "",
            *([selection.inventory.digest] if selection.inventory else ()),
            *([str(selection.shard)] if selection.shard else ()),
        ],
        order="sorted",
    )
    return hashlib.sha256(wish).hexdigest()


def _folds(place: Path) -> bool:
    """Make a file and look for it under another spelling; a read-only place does not matter."""
    probe = place / f"{_PROBE}-{os.getpid()}"
    try:
        probe.touch(exist_ok=True)
    except OSError:
        return False
    try:
        return probe.with_name(probe.name.swapcase()).exists()
    finally:
        probe.unlink(missing_ok=True)
