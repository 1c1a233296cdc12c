"""Jobs, and the files of a job, as rows."""

from collections.abc import Callable, Iterator, Sequence

from s3nav.model.events import JobState
from s3nav.model.places import SCHEME
from s3nav.present.formatting import (
    MISSING,
    Cell,
    Column,
    Icons,
    Tone,
    count,
    duration,
    percent,
    progress_bar,
    rate,
    safe_text,
    size,
    sparkline,
    text_of,
)
from s3nav.transfer import ItemRecord, ItemState
from s3nav.tui.bridge import JobView
from s3nav.tui.widgets.row_table import ColumnLayout, SortValue

BAR_CELLS, SPARK_CELLS = 16, 12
QUEUE_COLUMNS = (
    ColumnLayout(Column("state", ""), width=1, sortable=False),
    ColumnLayout(Column("title", "JOB"), width=24, flex=3, most=70, elide="middle"),
    ColumnLayout(Column("bar", "PROGRESS"), width=BAR_CELLS, sortable=False),
    ColumnLayout(Column("percent", "", is_number=True), width=5, dim_unit=True, sortable=False),
    ColumnLayout(Column("rate", "RATE", is_number=True), width=11, dim_unit=True),
    ColumnLayout(Column("eta", "LEFT", is_number=True), width=8, dim_unit=True),
    ColumnLayout(Column("spark", "LAST MINUTE"), width=SPARK_CELLS, sortable=False, drop=4),
    ColumnLayout(Column("files", "FILES", is_number=True), width=19, drop=1),
    ColumnLayout(Column("failed", "FAILED", is_number=True), width=6, drop=2),
    ColumnLayout(Column("size", "SIZE", is_number=True), width=10, dim_unit=True, drop=3),
    ColumnLayout(Column("word", "STATE"), width=9, drop=5),
)
FILE_COLUMNS = (
    ColumnLayout(Column("state", ""), width=1, sortable=False),
    ColumnLayout(Column("name", "FILE"), width=24, flex=1, elide="middle"),
    ColumnLayout(Column("size", "SIZE", is_number=True), width=11, dim_unit=True),
    ColumnLayout(Column("word", "STATE"), width=8),
    ColumnLayout(Column("verified", "VERIFIED BY"), width=14, drop=2),
    ColumnLayout(Column("reason", "WHY"), width=20, flex=1, drop=3),
)
_TONES: dict[JobState, Tone] = {
    JobState.RUNNING: "accent",
    JobState.DONE: "good",
    JobState.FAILED: "bad",
    JobState.PAUSED: "warn",
}


class QueueRows:
    """Every job of the journal, in the order of the queue."""

    columns: Sequence[ColumnLayout] = QUEUE_COLUMNS
    pinned = 0

    def __init__(self, views: Sequence[JobView], icons: Icons, *, size_style: str) -> None:
        self.views = views
        self._icons = icons
        self._size_style = size_style
        self._painters: dict[str, Callable[[JobView], Cell]] = {
            "state": self._state,
            "title": lambda view: safe_text(view.record.title.removeprefix(SCHEME)),
            "bar": self._bar,
            "percent": lambda view: percent(view.fraction),
            "rate": self._rate,
            "eta": self._eta,
            "spark": self._spark,
            "files": self._files,
            "failed": self._failed,
            "size": lambda view: size(view.record.total_bytes, size_style),
            "word": self._word,
        }

    def __len__(self) -> int:
        return len(self.views)

    def key(self, row: int) -> str:
        """The job id."""
        return self.views[row].record.job_id

    def cell(self, row: int, column: str) -> Cell:
        """See RowSource."""
        return self._painters[column](self.views[row])

    def sort_values(self, column: str) -> Sequence[SortValue]:
        """See RowSource."""
        match column:
            case "rate":
                return [view.progress.bytes_per_s for view in self.views]
            case "eta":
                return [view.progress.eta_s or 0.0 for view in self.views]
            case "size":
                return [view.record.total_bytes for view in self.views]
            case "files":
                return [view.record.total_files for view in self.views]
            case "failed":
                return [view.progress.failed_files for view in self.views]
            case _:
                return [text_of(self.cell(row, column)) for row in range(len(self))]

    def matching(self, text: str, start: int) -> Iterator[int]:
        """See RowSource; searches titles and states."""
        folded = text.casefold()
        for row in range(start, len(self)):
            record = self.views[row].record
            if folded in record.title.casefold() or folded in record.state.value:
                yield row

    def _bar(self, view: JobView) -> Cell:
        filled, empty = progress_bar(view.fraction, BAR_CELLS, ascii_only=self._icons.is_ascii)
        moves = view.record.state is JobState.RUNNING
        return ((filled, "accent" if moves else "dim"), (empty, "dim"))

    def _eta(self, view: JobView) -> Cell:
        if view.record.state is not JobState.RUNNING:
            return ((MISSING, "dim"),)
        return "?" if view.progress.eta_s is None else duration(view.progress.eta_s)

    def _state(self, view: JobView) -> Cell:
        state = view.record.state
        return ((state_sign(state, self._icons), tone_of(state)),)

    def _word(self, view: JobView) -> Cell:
        return ((view.record.state.value, tone_of(view.record.state) or "dim"),)

    def _rate(self, view: JobView) -> Cell:
        if view.record.state is not JobState.RUNNING:
            return ((MISSING, "dim"),)
        return rate(view.progress.bytes_per_s, self._size_style)

    def _spark(self, view: JobView) -> Cell:
        line = sparkline(view.samples, SPARK_CELLS, ascii_only=self._icons.is_ascii)
        return ((line, "accent" if view.record.state is JobState.RUNNING else "dim"),)

    def _files(self, view: JobView) -> Cell:
        ended = view.progress.done_files + view.progress.skipped_files
        return ((count(ended), ""), (f" of {count(view.record.total_files)}", "dim"))

    def _failed(self, view: JobView) -> Cell:
        failed = view.progress.failed_files
        return ((count(failed), "bad"),) if failed else (("0", "dim"),)


class FileRows:
    """The items of one job, as far as they are read."""

    columns: Sequence[ColumnLayout] = FILE_COLUMNS
    pinned = 0

    def __init__(self, icons: Icons, *, size_style: str) -> None:
        self.items: list[ItemRecord] = []
        self._icons = icons
        self._size_style = size_style

    def __len__(self) -> int:
        return len(self.items)

    def key(self, row: int) -> str:
        """The S3 URI."""
        return self.items[row].source

    def cell(self, row: int, column: str) -> Cell:
        """See RowSource."""
        item = self.items[row]
        sign, tone = _item_sign(item.state, self._icons)
        match column:
            case "state":
                return ((sign, tone),)
            case "name":
                return safe_text(_name_of(item))
            case "size":
                return size(item.size_bytes, self._size_style)
            case "word":
                return ((item.state.value, tone),)
            case "verified":
                return ((item.verified_by or MISSING, "dim"),)
            case _:
                return (
                    (safe_text(item.reason), "bad" if item.state is ItemState.FAILED else "dim"),
                )

    def sort_values(self, column: str) -> Sequence[SortValue]:
        """See RowSource."""
        match column:
            case "size":
                return [item.size_bytes for item in self.items]
            case "word":
                return [item.state.value for item in self.items]
            case "verified":
                return [item.verified_by for item in self.items]
            case "reason":
                return [item.reason for item in self.items]
            case _:
                return [item.source for item in self.items]

    def matching(self, text: str, start: int) -> Iterator[int]:
        """See RowSource; searches keys, states and reasons."""
        folded = text.casefold()
        for row in range(start, len(self)):
            item = self.items[row]
            if (
                folded in item.source.casefold()
                or folded in f"{item.state} {item.reason}".casefold()
            ):
                yield row


def state_sign(state: JobState, icons: Icons) -> str:
    """The icon of a job's state."""
    return {
        JobState.PLANNED: icons.waiting,
        JobState.RUNNING: icons.running,
        JobState.PAUSED: icons.paused,
        JobState.DONE: icons.done,
        JobState.FAILED: icons.failed,
        JobState.CANCELLED: icons.cancelled,
    }[state]


def tone_of(state: JobState) -> Tone:
    """The tone of a job's state."""
    return _TONES.get(state, "")


def _name_of(item: ItemRecord) -> str:
    """The key without its bucket; for an upload, the local file."""
    if item.source.startswith(SCHEME):
        return item.source.removeprefix(SCHEME).partition("/")[2]
    return item.source


def _item_sign(state: ItemState, icons: Icons) -> tuple[str, Tone]:
    match state:
        case ItemState.DONE:
            return icons.done, "good"
        case ItemState.FAILED:
            return icons.failed, "bad"
        case ItemState.SKIPPED:
            return icons.cancelled, "dim"
        case _:
            return icons.waiting, "dim"
