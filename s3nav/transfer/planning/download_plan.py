"""Decide for each selected object whether to fetch or skip it, and check the free disk space.

Estimates, dry runs and the planner all read their plan here. It opens no journal.
"""

import contextlib
import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from s3nav.middleware import StoreMiddleware
from s3nav.model.errors import LocalDiskError, NotFoundError, UsageError
from s3nav.model.places import S3Uri
from s3nav.model.ports.stores import ObjectStore
from s3nav.retries import RequestRetries
from s3nav.transfer.journal import PlannedItem, Verification
from s3nav.transfer.local_files import DISK_FULL, Namer, NamingRules
from s3nav.transfer.planning.decompressed_names import Suffixes, skip_unpacked
from s3nav.transfer.planning.existing_files import ExistingFiles
from s3nav.transfer.planning.plan_preview import Preview, never, stop_check
from s3nav.transfer.selection import Compare, Selection, SelectionStats
from s3nav.transfer.source_listing import Chosen, check_selection, choose

if TYPE_CHECKING:
    from s3nav.transfer.journal import StoredRow

_PROBE = ".s3nav-Probe"
NAMES_EXAMINED = 100
"""Entries of a directory among which a name with letters is looked for."""


class PlanReader:
    """Lists, names and checks the objects of selections. Stores nothing, fetches nothing."""

    def __init__(
        self,
        store: ObjectStore,
        *,
        part_bytes: int,
        retry_attempts: int,
        stored_files: Callable[[str, str], "list[StoredRow]"] = lambda _bucket, _key: [],
        is_shared: Callable[[Path], bool] = lambda _target: False,
        may_write: bool = False,
    ) -> None:
        """`stored_files` returns the recorded files of an object; only --decompress needs it.

        `is_shared` says whether a target may have files of another S3: an equal size and time
        prove nothing there.

        With `may_write`, a file may be created for a moment to find out how the target's file
        system compares names; estimates and dry runs touch nothing.
        """
        self._store = store
        self._part_bytes = part_bytes
        self._retry_attempts = retry_attempts
        self._stored_files = stored_files
        self._is_shared = is_shared
        self._may_write = may_write

    def read(
        self,
        selection: Selection,
        preview: Preview,
        *,
        is_stopped: Callable[[], bool] = never,
    ) -> Iterator[Sequence[PlannedItem]]:
        """Yield the items of a download, up to a thousand at a time; fills `preview` as it goes.

        Raises UsageError, NotFoundError, the errors of the store, and PlanStoppedError within a
        second after `is_stopped` returns True.
        """
        check_selection(selection)
        check_target(selection.target)
        preview.free_bytes = free_bytes(selection.target)
        check = stop_check(is_stopped)
        retries = RequestRetries(self._retry_attempts)
        store = StoreMiddleware(lambda: self._store, retries=retries, check=check)
        is_verified = selection.verify is not Verification.NONE
        rules = naming_rules(selection.target, may_write=self._may_write)
        for items in self._decide(store, selection, rules, preview.stats, check):
            preview.count(items, self._part_bytes, is_verified=is_verified)
            yield items
        if selection.fail_if_empty:
            _refuse_empty(preview)

    def _decide(
        self,
        store: ObjectStore,
        selection: Selection,
        rules: NamingRules,
        stats: SelectionStats,
        check: Callable[[], None],
    ) -> Iterator[Sequence[PlannedItem]]:
        """Yield the selected objects, up to a thousand at a time, with local paths and decisions.

        `check` is called while an inventory is read, and may raise.
        """
        existing = ExistingFiles(
            selection.target,
            selection.recorded,
            folds=rules.folds,
            verify=partial(_verify, store, selection),
            believes_time=cache(lambda: self._believes_time(selection)),
        )
        pages = _named(choose(store, selection, stats, check), rules)
        if selection.decompress:
            pages = _without_suffixes(pages, Suffixes(folds=rules.folds))
        for items in pages:
            if not selection.overwrite:
                existing.skip(items)
                if selection.decompress:
                    skip_unpacked(items, selection.target.absolute(), self._stored_files)
            yield items

    def _believes_time(self, selection: Selection) -> bool:
        return selection.compare is not Compare.CHECKSUM and not self._is_shared(selection.target)


def _verify(store: ObjectStore, selection: Selection, item: PlannedItem, path: Path) -> str:
    """See `existing_files.Verify`; a file that cannot be read is fetched again."""
    from s3nav.transfer.planning.existing_objects import same_as_file  # noqa: PLC0415  # seldom needed

    if item.version_id:
        return ""  # a HEAD without a version answers for the current one
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


def _refuse_empty(preview: Preview) -> None:
    """Raise NotFoundError when nothing is selected."""
    if preview.total_files:
        return
    reasons = [f"{files} {why}" for why, files in preview.stats.left_out.items()]
    raise NotFoundError(
        f"no object is selected: {', '.join(reasons) or 'there is none'}",
        remedy="relax the filters, name another place, or leave out --fail-if-empty",
        slug="empty-selection",
    )


def check_target(target: Path) -> None:
    """Raise UsageError when the target is a file."""
    if target.exists() and not target.is_dir():
        raise UsageError(
            f"`{target}` is not a directory",
            remedy="choose another --download-dir",
            slug="target-is-a-file",
        )


def check_room(preview: Preview, target: Path) -> None:
    """Raise LocalDiskError when the files to fetch need more than the disk has."""
    free = preview.free_bytes
    if free is not None and preview.fetch_bytes > free:
        raise LocalDiskError(
            f"{preview.fetch_bytes:,} bytes to fetch, but {free:,} bytes free at `{target}`",
            remedy="free some space, select less, or choose another --download-dir",
            slug=DISK_FULL,
        )


def free_bytes(target: Path) -> int | None:
    """Free bytes for this user on the disk of `target`, which need not exist; None if unknown."""
    for place in (target, *target.parents):
        try:
            answer = os.statvfs(place)
        except FileNotFoundError:
            continue
        except OSError:
            return None
        return answer.f_bavail * answer.f_frsize
    return None


def naming_rules(target: Path, *, may_write: bool = False) -> NamingRules:
    """Find out whether the file system of the target treats `A` and `a` as one name.

    Without `may_write`, only existing names are looked up; an empty directory may then be judged
    by its parents.
    """
    place = next((p for p in (target, *target.parents) if p.is_dir()), Path("/"))
    folds = _probe_folding(place) if may_write else _look_up_folding(place)
    return NamingRules(is_windows=sys.platform == "win32", folds=folds)


def fingerprint(selection: Selection) -> str:
    """A hash that is equal for selections of the same objects to the same target."""
    content = msgspec.json.encode(
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
    return hashlib.sha256(content).hexdigest()


def _probe_folding(place: Path) -> bool:
    """Create a file and look it up in another spelling; False for a read-only place."""
    probe = place / f"{_PROBE}-{os.getpid()}"
    try:
        probe.touch(exist_ok=True)
    except OSError:
        return False
    try:
        return probe.with_name(probe.name.swapcase()).exists()
    finally:
        probe.unlink(missing_ok=True)


def _look_up_folding(place: Path) -> bool:
    """Look an existing name up in another spelling; without one, judge by the platform."""
    for path in _names_with_letters(place):
        try:
            return os.path.samestat(os.lstat(path.with_name(path.name.swapcase())), os.lstat(path))
        except OSError:
            return False
    return sys.platform in {"darwin", "win32"}


def _names_with_letters(place: Path) -> Iterator[Path]:
    """Entries of a directory, then the directory and its parents on the same file system."""
    with contextlib.suppress(OSError):
        with os.scandir(place) as entries:
            paths = [Path(entry.path) for entry in islice(entries, NAMES_EXAMINED)]
        paths += [place, *place.parents]
        device = place.stat().st_dev
        for path in paths:
            if path.name.isascii() and path.name.swapcase() != path.name:
                if path.parent.stat().st_dev != device:
                    return
                yield path
