"""Profiles as rows."""

from collections.abc import Iterator, Sequence

from s3nav.present.formatting import MISSING, Cell, Column, Icons, safe_text, text_of
from s3nav.tui.ports import IdentityFact, ProfileRow
from s3nav.tui.widgets.row_table import ColumnLayout, SortValue

COLUMNS = (
    ColumnLayout(Column("name", "PROFILE"), width=20, flex=2, most=40),
    ColumnLayout(Column("kind", "KIND"), width=12, drop=2),
    ColumnLayout(Column("region", "REGION"), width=14, drop=3),
    ColumnLayout(Column("source", "SOURCE"), width=18, drop=1),
    ColumnLayout(Column("state", "WHO"), width=20, flex=5),
)


class ProfileRows:
    """Every profile; the one in use is marked, checked ones say who they are."""

    columns: Sequence[ColumnLayout] = COLUMNS
    pinned = 0

    def __init__(self, profiles: Sequence[ProfileRow], icons: Icons) -> None:
        self.profiles = profiles
        self.icons = icons
        self.current = ""
        self.checking = ""
        self.found: dict[str, IdentityFact | str] = {}
        """Profile to who it is, or to the headline of what went wrong."""

    def __len__(self) -> int:
        return len(self.profiles)

    def key(self, row: int) -> str:
        """Name and source: a name may stand in two places."""
        return f"{self.profiles[row].source}\0{self.profiles[row].name}"

    def cell(self, row: int, column: str) -> Cell:
        """See RowSource."""
        profile = self.profiles[row]
        if column == "name":
            name = safe_text(profile.name)
            return (
                ((f"{self.icons.here} {name}", "accent"),) if self.is_current(row) else f"  {name}"
            )
        if column == "state":
            return self._state(profile)
        value = {"kind": profile.kind, "region": profile.region or MISSING}.get(column)
        return ((safe_text(profile.source if value is None else value), "dim"),)

    def is_current(self, row: int) -> bool:
        """True for the profile in use."""
        return self.profiles[row].name == self.current

    def sort_values(self, column: str) -> Sequence[SortValue]:
        """See RowSource."""
        return [text_of(self.cell(row, column)).strip().casefold() for row in range(len(self))]

    def matching(self, text: str, start: int) -> Iterator[int]:
        """See RowSource; names, kinds, regions and sources count."""
        folded = text.casefold()
        for row in range(start, len(self)):
            profile = self.profiles[row]
            words = (profile.name, profile.kind, profile.region or "", profile.source)
            if any(folded in word.casefold() for word in words):
                yield row

    def problem(self, row: int) -> str:
        """What is wrong with a profile, in full; empty when nothing is known against it."""
        profile = self.profiles[row]
        found = self.found.get(profile.name)
        return safe_text(found if isinstance(found, str) else "" if found else profile.problem)

    def _state(self, profile: ProfileRow) -> Cell:
        if profile.name == self.checking:
            return (("asking who this is…", "accent"),)
        found = self.found.get(profile.name)
        if isinstance(found, str):
            return ((f"{self.icons.failed} {safe_text(found)}", "bad"),)
        if found is not None:
            return ((f"{self.icons.done} ", "good"), (who(found), ""))
        if profile.problem:
            return ((f"{self.icons.failed} {safe_text(profile.problem)}", "bad"),)
        return (("enter asks", "dim"),)


def who(identity: IdentityFact) -> str:
    """The ARN, or what is known instead."""
    return safe_text(identity.arn or identity.account or f"accepted, from {identity.source}")
