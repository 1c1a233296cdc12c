"""Scrapes, resources, changes and days as rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

from s3nav.model.events import ScrapeProgress
from s3nav.model.scrape_queries import ScrapeState
from s3nav.present.formatting import (
    MISSING,
    Cell,
    Column,
    Icons,
    Tone,
    count,
    duration,
    progress_bar,
    safe_text,
    text_of,
)
from s3nav.present.scrape_words import FAILED_STATUSES, GLOBAL, MARKS, failed_queries
from s3nav.scrape import Change, DayCount, Resource, ScrapeRecord, Share
from s3nav.tui.widgets.row_table import ColumnLayout, SortValue

T = TypeVar("T")
BAR_CELLS = 24

RUN_COLUMNS = (
    ColumnLayout(Column("state", ""), width=1),
    ColumnLayout(Column("started", "STARTED"), width=16),
    ColumnLayout(Column("word", "STATE"), width=11),
    ColumnLayout(Column("resources", "RESOURCES", is_number=True), width=9),
    ColumnLayout(Column("documents", "DOCUMENTS", is_number=True), width=9, drop=3),
    ColumnLayout(Column("not", "NOT ANSWERED", is_number=True), width=12, drop=1),
    ColumnLayout(Column("took", "TOOK", is_number=True), width=6, drop=4),
    ColumnLayout(Column("services", "SERVICES"), width=14, flex=3, most=60),
    ColumnLayout(Column("regions", "REGIONS"), width=12, flex=2, most=40, drop=2),
    ColumnLayout(Column("account", "ACCOUNT"), width=12, drop=5),
    ColumnLayout(Column("engine", "ENGINE"), width=12, drop=6),
)
RESOURCE_COLUMNS = (
    ColumnLayout(Column("type", "TYPE"), width=14, flex=1, most=26),
    ColumnLayout(Column("id", "ID"), width=18, flex=3, most=60, elide="middle"),
    ColumnLayout(Column("name", "NAME"), width=10, flex=2, most=40),
    ColumnLayout(Column("region", "REGION"), width=12, drop=1),
    ColumnLayout(Column("created", "CREATED"), width=10, drop=3),
    ColumnLayout(Column("tags", "TAGS"), width=12, flex=2, drop=2),
    ColumnLayout(Column("arn", "ARN"), width=20, flex=3, drop=4, elide="middle"),
)
CHANGE_COLUMNS = (
    ColumnLayout(Column("mark", ""), width=1),
    ColumnLayout(Column("verdict", "WHAT"), width=7),
    ColumnLayout(Column("service", "SERVICE"), width=10, drop=3),
    ColumnLayout(Column("region", "REGION"), width=12, drop=2),
    ColumnLayout(Column("type", "TYPE"), width=12, flex=1, most=26, drop=4),
    ColumnLayout(Column("id", "ID"), width=18, flex=3, most=60, elide="middle"),
    ColumnLayout(Column("details", "DETAILS"), width=16, flex=4, drop=1),
)
ACTIVITY_COLUMNS = (
    ColumnLayout(Column("name", ""), width=16, flex=1, most=32),
    ColumnLayout(Column("bar", "RESOURCES"), width=BAR_CELLS),
    ColumnLayout(Column("resources", "", is_number=True), width=10),
    ColumnLayout(Column("documents", "DOCUMENTS", is_number=True), width=9),
    ColumnLayout(Column("scrapes", "SCRAPES", is_number=True), width=8, drop=1),
)
_VERDICT_TONES: dict[str, Tone] = {
    "added": "good",
    "removed": "bad",
    "changed": "accent",
    "unknown": "warn",
}
_STATE_TONES: dict[ScrapeState, Tone] = {
    ScrapeState.RUNNING: "accent",
    ScrapeState.QUEUED: "dim",
    ScrapeState.DONE: "good",
    ScrapeState.FAILED: "bad",
    ScrapeState.INTERRUPTED: "bad",
    ScrapeState.CANCELLED: "warn",
}


class _Rows(Generic[T]):
    """A RowSource over facts: subclasses name a function for each column."""

    columns: Sequence[ColumnLayout] = ()
    pinned = 0

    def __init__(self, facts: Sequence[T]) -> None:
        self.facts = facts
        self._painters: Mapping[str, Callable[[T], Cell]] = self._cells()
        self._numbers: Mapping[str, Callable[[T], SortValue]] = self._sorts()

    def __len__(self) -> int:
        return len(self.facts)

    def cell(self, row: int, column: str) -> Cell:
        """See RowSource."""
        return self._painters[column](self.facts[row])

    def sort_values(self, column: str) -> Sequence[SortValue]:
        """See RowSource."""
        number = self._numbers.get(column)
        if number is not None:
            return [number(fact) for fact in self.facts]
        return [text_of(self.cell(row, column)) for row in range(len(self))]

    def matching(self, text: str, start: int) -> Iterator[int]:
        """See RowSource; searches the text of all columns."""
        folded = text.casefold()
        for row in range(start, len(self)):
            shown = " ".join(text_of(self.cell(row, layout.column.key)) for layout in self.columns)
            if folded in shown.casefold():
                yield row

    def _cells(self) -> Mapping[str, Callable[[T], Cell]]:
        raise NotImplementedError

    def _sorts(self) -> Mapping[str, Callable[[T], SortValue]]:
        return {}


class RunRows(_Rows[ScrapeRecord]):
    """Every scrape, the newest first; running ones with their current counters."""

    columns = RUN_COLUMNS

    def __init__(
        self,
        records: Sequence[ScrapeRecord],
        icons: Icons,
        progress: Mapping[str, ScrapeProgress],
    ) -> None:
        self._icons = icons
        self._progress = progress
        super().__init__(records)

    def key(self, row: int) -> str:
        """The scrape's id."""
        return self.facts[row].scrape_id

    def _cells(self) -> Mapping[str, Callable[[ScrapeRecord], Cell]]:
        return {
            "state": self._sign,
            "started": lambda one: f"{one.start_time:%Y-%m-%d %H:%M}",
            "word": lambda one: ((self._state(one).value, _STATE_TONES[self._state(one)]),),
            "resources": lambda one: count(self._resources(one)),
            "documents": lambda one: count(self._documents(one)),
            "not": self._not_answered,
            "took": self._took,
            "services": lambda one: _names(one.services),
            "regions": lambda one: _names(one.regions) or "all enabled",
            "account": lambda one: ((safe_text(one.account) or MISSING, "dim"),),
            "engine": lambda one: ((one.engine, "dim"),),
        }

    def _sorts(self) -> Mapping[str, Callable[[ScrapeRecord], SortValue]]:
        return {
            "resources": self._resources,
            "documents": self._documents,
            "not": self._failed,
            "took": lambda one: one.duration_seconds or 0.0,
        }

    def _state(self, record: ScrapeRecord) -> ScrapeState:
        newest = self._progress.get(record.scrape_id)
        return newest.state if newest and not record.state.is_final else record.state

    def _sign(self, record: ScrapeRecord) -> Cell:
        state, icons = self._state(record), self._icons
        sign = {
            ScrapeState.RUNNING: icons.running,
            ScrapeState.QUEUED: icons.waiting,
            ScrapeState.DONE: icons.done,
            ScrapeState.CANCELLED: icons.cancelled,
        }.get(state, icons.failed)
        return ((sign, _STATE_TONES[state]),)

    def _resources(self, record: ScrapeRecord) -> int:
        newest = self._progress.get(record.scrape_id)
        return max(record.total_resources_saved, newest.resources if newest else 0)

    def _documents(self, record: ScrapeRecord) -> int:
        newest = self._progress.get(record.scrape_id)
        return max(record.documents, newest.documents if newest else 0)

    def _failed(self, record: ScrapeRecord) -> int:
        newest = self._progress.get(record.scrape_id)
        by_status = newest.by_status if newest else ()
        now = sum(number for status, number in by_status if status in FAILED_STATUSES)
        return max(failed_queries(record), now)

    def _not_answered(self, record: ScrapeRecord) -> Cell:
        failed = self._failed(record)
        return ((count(failed), "warn"),) if failed else (("0", "dim"),)

    def _took(self, record: ScrapeRecord) -> Cell:
        newest = self._progress.get(record.scrape_id)
        if record.duration_seconds is not None:
            return duration(record.duration_seconds)
        return duration(newest.elapsed_s) if newest else ((MISSING, "dim"),)


class ResourceRows(_Rows[Resource]):
    """Resources, as far as they are read."""

    columns = RESOURCE_COLUMNS

    def __init__(self) -> None:
        self.found: list[Resource] = []
        super().__init__(self.found)

    def key(self, row: int) -> str:
        """The resource's place in its document."""
        one = self.facts[row]
        return f"{one.service}\0{one.region}\0{one.operation}\0{one.pointer}"

    def _cells(self) -> Mapping[str, Callable[[Resource], Cell]]:
        return {
            "type": lambda one: ((safe_text(one.type), "dim"),),
            "id": lambda one: safe_text(one.id),
            "name": lambda one: safe_text(one.name),
            "region": lambda one: ((one.region or GLOBAL, "dim"),),
            "created": lambda one: safe_text(one.created[:10]) or ((MISSING, "dim"),),
            "tags": lambda one: ((safe_text(_tags(one.tags)), "dim"),),
            "arn": lambda one: ((safe_text(one.arn), "dim"),),
        }


class ChangeRows(_Rows[Change]):
    """What differs between two scrapes."""

    columns = CHANGE_COLUMNS

    def key(self, row: int) -> str:
        """Kind and number of the change."""
        return f"{self.facts[row].verdict}\0{row}"

    def _cells(self) -> Mapping[str, Callable[[Change], Cell]]:
        def toned(one: Change, text: str) -> Cell:
            return ((text, _VERDICT_TONES[one.verdict]),)

        return {
            "mark": lambda one: toned(one, MARKS[one.verdict]),
            "verdict": lambda one: toned(one, one.verdict),
            "service": lambda one: safe_text(one.resource.service),
            "region": lambda one: ((one.resource.region or GLOBAL, "dim"),),
            "type": lambda one: ((safe_text(one.resource.type), "dim"),),
            "id": lambda one: safe_text(one.resource.id or one.resource.name),
            "details": lambda one: ((safe_text(_details(one)), "dim"),),
        }


class ActivityRows(_Rows[DayCount | Share]):
    """Days or services, each with a bar for its resources."""

    columns = ACTIVITY_COLUMNS

    def __init__(self, facts: Sequence[DayCount | Share], icons: Icons) -> None:
        self._most = max((fact.resources for fact in facts), default=0) or 1
        self._icons = icons
        super().__init__(facts)

    def key(self, row: int) -> str:
        """The day or the service."""
        return _activity_name(self.facts[row])

    def _cells(self) -> Mapping[str, Callable[[DayCount | Share], Cell]]:
        return {
            "name": lambda one: safe_text(_activity_name(one)),
            "bar": self._bar,
            "resources": lambda one: count(one.resources),
            "documents": lambda one: ((count(one.documents), "dim"),),
            "scrapes": lambda one: count(one.scrapes) if isinstance(one, DayCount) else "",
        }

    def _sorts(self) -> Mapping[str, Callable[[DayCount | Share], SortValue]]:
        return {
            "bar": lambda one: one.resources,
            "resources": lambda one: one.resources,
            "documents": lambda one: one.documents,
        }

    def _bar(self, one: DayCount | Share) -> Cell:
        filled, empty = progress_bar(
            one.resources / self._most, BAR_CELLS, ascii_only=self._icons.is_ascii
        )
        return ((filled, "accent"), (empty, "dim"))


def _names(names: Sequence[str] | str) -> str:
    return names if isinstance(names, str) else safe_text(", ".join(names))


def _tags(tags: Mapping[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in tags.items())


def _details(change: Change) -> str:
    if change.reason:
        return f"unknown: {change.reason}"
    return ", ".join(field.path for field in change.fields) or change.resource.name


def _activity_name(fact: DayCount | Share) -> str:
    return f"{fact.day:%Y-%m-%d}" if isinstance(fact, DayCount) else fact.name or GLOBAL
