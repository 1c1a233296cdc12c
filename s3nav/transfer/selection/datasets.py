"""Turn the named path sets of a dataset into sources, and find the day of each object in them."""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from s3nav.model.errors import UsageError
from s3nav.model.objects import UNKNOWN_S
from s3nav.model.places import S3Uri
from s3nav.model.text.plain_messages import nearest
from s3nav.settings import Dataset
from s3nav.transfer.selection.key_dates import DatePattern, find_pattern
from s3nav.transfer.selection.selection import DateFrom, Source
from s3nav.transfer.selection.sources import Matcher, searches_of

ALL = "all"
"""Stands for all path sets of a dataset."""
_DAY_S = 86_400
_EPOCH = date(1970, 1, 1).toordinal()


def find_dataset(datasets: Mapping[str, Dataset], name: str | None) -> Dataset:
    """The dataset of that name; without a name, the only one. Raises UsageError."""
    if not datasets:
        raise UsageError(
            "no dataset is configured",
            remedy="write a [datasets.NAME] section with bucket and paths into the settings file",
            slug="no-dataset",
        )
    if name is None:
        if len(datasets) == 1:
            return next(iter(datasets.values()))
        raise UsageError(
            "several datasets are configured, and none is named",
            remedy=f"--dataset {'|'.join(datasets)}",
            slug="no-dataset",
        )
    if name not in datasets:
        raise UsageError(
            f"no dataset `{name}`",
            remedy=nearest(name, datasets) or f"configured: {', '.join(datasets)}",
            slug="no-dataset",
        )
    return datasets[name]


def path_sources(dataset: Dataset, names: Sequence[str]) -> tuple[Source, ...]:
    """A source for each named path set, in the order of `names`; for ``all`` or no name, every set.

    Raises UsageError for an unknown name; the remedy is the closest known one.
    """
    if not dataset.paths:
        raise UsageError(f"the dataset of bucket `{dataset.bucket}` has no paths", slug="no-paths")
    for name in names:
        if name not in dataset.paths and name != ALL:
            known = (*dataset.paths, ALL)
            raise UsageError(
                f"no path set `{name}`",
                remedy=nearest(name, known) or f"configured: {', '.join(known)}",
                slug="no-path-set",
            )
    chosen = dataset.paths if not names or ALL in names else dict.fromkeys(names)
    return tuple(Source(place=S3Uri(dataset.bucket, dataset.paths[name])) for name in chosen)


class PathSet(msgspec.Struct, frozen=True, kw_only=True):
    """One named path of a dataset."""

    name: str
    place: S3Uri
    """As in the settings; may be a glob."""
    listed: S3Uri
    """The prefix to list: every key of the path set begins with it."""
    matches: Matcher | None
    """Whether a listed key belongs to the path set; None if all do."""


def path_sets(dataset: Dataset, names: Sequence[str]) -> tuple[PathSet, ...]:
    """The named path sets, as `path_sources` chooses them. Raises UsageError."""
    sources = path_sources(dataset, names)
    chosen = dataset.paths if not names or ALL in names else dict.fromkeys(names)
    found = []
    for name, source in zip(chosen, sources, strict=True):
        search = searches_of((source,))[0]
        found.append(
            PathSet(
                name=name,
                place=source.place,
                listed=S3Uri(search.bucket, search.head),
                matches=None if search.covers_head else search.matches,
            )
        )
    return tuple(found)


class KeyDays:
    """The day written in a key."""

    def __init__(self, pattern: str = "") -> None:
        """Without a pattern, `learn` finds one. Raises UsageError for a pattern without a day."""
        self._pattern = DatePattern.parse(pattern) if pattern else None
        if self._pattern and not {"d", "j"} & self._pattern.regex.groupindex.keys():
            raise UsageError(
                f"`{pattern}` has no day",
                remedy="write it with %d or %j, as in %Y/%m/%d, or use --date-from modified",
                slug="bad-date-pattern",
            )

    @property
    def pattern(self) -> str:
        """The pattern in use; empty while none is known."""
        return self._pattern.text if self._pattern else ""

    def learn(self, keys: Sequence[str]) -> bool:
        """Find the pattern that most of these keys follow; returns whether one is known."""
        if self._pattern is None and (text := find_pattern(keys)):
            self._pattern = DatePattern.parse(text)
        return self._pattern is not None

    def day_of(self, key: str, modified_s: int) -> date | None:
        """The day of an object; None if its key has no date."""
        days = self._pattern.days_of(key) if self._pattern else None
        return days.first if days else None


class ChangeDays:
    """The day, UTC, on which an object was last changed."""

    pattern = ""

    def learn(self, keys: Sequence[str]) -> bool:
        """True: no pattern is needed."""
        return True

    def day_of(self, key: str, modified_s: int) -> date | None:
        """The day of an object; None if the listing has no time for it."""
        return None if modified_s == UNKNOWN_S else date.fromordinal(_EPOCH + modified_s // _DAY_S)


DaysOfPaths = KeyDays | ChangeDays


def days_of_paths(
    dataset: Dataset, date_from: DateFrom | None = None, date_pattern: str | None = None
) -> DaysOfPaths:
    """How to find the day of an object, as a download of the dataset does. Raises UsageError.

    It learns the pattern of one path set, so each path set needs its own.
    """
    if date_from == "modified":
        if date_pattern:
            raise UsageError("--date-pattern needs dates in keys", remedy="add --date-from key")
        return ChangeDays()
    pattern = date_pattern or dataset.date_pattern
    return KeyDays(pattern) if pattern or date_from == "key" else ChangeDays()
