"""The path sets of the datasets in the settings, as rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from s3nav.browse import Availability, DayCount
from s3nav.model.errors import S3NavError
from s3nav.present.formatting import MISSING, Cell, Column, Icons, count, safe_text, size
from s3nav.settings import Dataset
from s3nav.transfer import DaysOfPaths, PathSet, path_sets
from s3nav.tui.widgets.row_table import ColumnLayout, SortValue

COLUMNS = (
    ColumnLayout(Column("dataset", "DATASET"), width=8, flex=1, most=20),
    ColumnLayout(Column("paths", "PATHS"), width=8, flex=1, most=20),
    ColumnLayout(Column("place", "PLACE"), width=16, flex=6, most=48, drop=3, elide="middle"),
    ColumnLayout(Column("objects", "OBJECTS", is_number=True), width=15),
    ColumnLayout(Column("size", "SIZE", is_number=True), width=10, dim_unit=True, drop=1),
    ColumnLayout(Column("first", "FIRST"), width=10, drop=2),
    ColumnLayout(Column("last", "LAST"), width=10),
    ColumnLayout(Column("days", "DAYS", is_number=True), width=6, drop=4),
    ColumnLayout(Column("missing", "MISSING", is_number=True), width=9),
)


class PathRow(msgspec.Struct, kw_only=True):
    """A path set, and the state of counting it."""

    dataset_name: str
    dataset: Dataset
    path: PathSet
    is_waiting: bool = False
    counting: DayCount | None = None
    reader: DaysOfPaths | None = None
    found: Availability | None = None

    @property
    def problem(self) -> S3NavError | None:
        """Why it was not listed completely; None if it was."""
        return self.found.problem if self.found else None


def rows_of(datasets: Mapping[str, Dataset]) -> tuple[list[PathRow], list[str]]:
    """The rows, and the problems of datasets without a valid path set."""
    rows, wrong = [], []
    for name, dataset in datasets.items():
        try:
            found = path_sets(dataset, ())
        except S3NavError as error:
            wrong.append(f"{name}: {error.message}")
            continue
        rows += [PathRow(dataset_name=name, dataset=dataset, path=path) for path in found]
    return rows, wrong


class AvailabilityRows:
    """A RowSource over path sets."""

    columns: Sequence[ColumnLayout] = COLUMNS
    pinned = 0

    def __init__(self, rows: Sequence[PathRow], icons: Icons, *, size_style: str) -> None:
        self.rows = rows
        self._icons = icons
        self._size_style = size_style

    def __len__(self) -> int:
        return len(self.rows)

    def key(self, row: int) -> str:
        """The dataset and the path set."""
        return f"{self.rows[row].dataset_name} {self.rows[row].path.name}"

    def cell(self, row: int, column: str) -> Cell:
        """See RowSource."""
        one = self.rows[row]
        match column:
            case "dataset":
                return safe_text(one.dataset_name)
            case "paths":
                return safe_text(one.path.name)
            case "place":
                return ((safe_text(str(one.path.place)), "dim"),)
            case "objects":
                return self._objects(one)
        found = one.found
        if found is None or not (found.complete or found.objects or found.undated.objects):
            return (("", "dim"),)
        cells: dict[str, Callable[[], Cell]] = {
            "size": lambda: self._least(size(found.size_bytes, self._size_style), found),
            "first": lambda: str(found.first or MISSING),
            "last": lambda: str(found.last or MISSING),
            "days": lambda: count(len(found.days)),
            "missing": lambda: self._missing(found),
        }
        return cells[column]()

    def sort_values(self, column: str) -> Sequence[SortValue]:
        """See RowSource."""
        return [self._value(row, column) for row in self.rows]

    def matching(self, text: str, start: int) -> Iterator[int]:
        """See RowSource; searches names and places."""
        for row in range(start, len(self)):
            if text.casefold() in f"{self.key(row)} {self.rows[row].path.place}".casefold():
                yield row

    def _objects(self, one: PathRow) -> Cell:
        if one.counting is not None:
            return ((f"{self._icons.running} {count(one.counting.objects)}", "accent"),)
        if one.is_waiting:
            return ((f"{self._icons.waiting} waiting", "dim"),)
        if one.found is None:
            return (("not counted", "dim"),)
        if one.problem is not None and not one.found.objects:
            return ((f"{self._icons.failed} {one.problem.reference}", "bad"),)
        return self._least(count(one.found.objects), one.found)

    def _least(self, text: str, found: Availability) -> Cell:
        sign = ">= " if self._icons.is_ascii else "≥ "
        return text if found.complete else ((sign + text, "warn"),)

    def _missing(self, found: Availability) -> Cell:
        if found.looked_at is None and found.complete and not found.undated.objects:
            return ((MISSING, "dim"),)
        if found.missing_days is None:
            return (("unknown", "warn"),)
        return ((count(found.missing_days), "warn" if found.missing_days else "good"),)

    def _value(self, one: PathRow, column: str) -> SortValue:
        found = one.found
        words = {
            "dataset": one.dataset_name,
            "paths": one.path.name,
            "place": str(one.path.place),
            "first": str((found and found.first) or ""),
            "last": str((found and found.last) or ""),
        }
        if column in words:
            return words[column]
        if found is None:
            return -1
        numbers = {
            "objects": found.objects,
            "size": found.size_bytes,
            "days": len(found.days),
            "missing": -1 if found.missing_days is None else found.missing_days,
        }
        return numbers[column]
