"""Pane 1: the credential profiles, and which one is used."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.message import Message

from s3nav.model.errors import S3NavError
from s3nav.present import problem_lines as problems
from s3nav.present.cockpit_head import profile_name
from s3nav.present.formatting import (
    MISSING,
    Cell,
    Column,
    Icons,
    Notice,
    count,
    number_of,
    safe_text,
    text_of,
)
from s3nav.settings import GIVEN_KEYS
from s3nav.tui.actions import Group, Place, bindings
from s3nav.tui.ask import ask
from s3nav.tui.panes.pane import Pane
from s3nav.tui.ports import CockpitSession
from s3nav.tui.widgets.row_table import ColumnLayout, RowTable, SortValue

if TYPE_CHECKING:
    from s3nav.aws import Identity, ProfileFact

COLUMNS = (
    ColumnLayout(Column("name", "PROFILE"), width=20, flex=2, most=40),
    ColumnLayout(Column("kind", "KIND"), width=12, drop=2),
    ColumnLayout(Column("region", "REGION"), width=14, drop=3),
    ColumnLayout(Column("source", "SOURCE"), width=18, drop=1),
    ColumnLayout(Column("state", "WHO"), width=20, flex=5),
)


class ProfileRows:
    """Every profile. The one in use has an icon; checked ones show their identity."""

    columns: Sequence[ColumnLayout] = COLUMNS
    pinned = 0

    def __init__(
        self, profiles: Sequence["ProfileFact"], icons: Icons, *, given_keys: str = GIVEN_KEYS
    ) -> None:
        self.profiles = profiles
        self.icons = icons
        self._given_keys = given_keys
        self.current = ""
        self.checking = ""
        self.found: dict[str, Identity | str] = {}
        """By profile, its identity or the headline of the error."""

    def __len__(self) -> int:
        return len(self.profiles)

    def key(self, row: int) -> str:
        """Source and name: two sources may have the same name."""
        return f"{self.profiles[row].source}\0{self.profiles[row].name}"

    def cell(self, row: int, column: str) -> Cell:
        """See RowSource."""
        profile = self.profiles[row]
        if column == "name":
            name = safe_text(self._given_keys if profile.name == GIVEN_KEYS else profile.name)
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
        """See RowSource; searches names, kinds, regions and sources."""
        folded = text.casefold()
        for row in range(start, len(self)):
            profile = self.profiles[row]
            words = (profile.name, profile.kind, profile.region or "", profile.source)
            if any(folded in word.casefold() for word in words):
                yield row

    def problem(self, row: int) -> str:
        """What is wrong with a profile; empty if nothing is known."""
        profile = self.profiles[row]
        found = self.found.get(profile.name)
        return safe_text(found if isinstance(found, str) else "" if found else profile.problem)

    def _state(self, profile: "ProfileFact") -> Cell:
        if profile.name == self.checking:
            return (("checking…", "accent"),)
        found = self.found.get(profile.name)
        if isinstance(found, str):
            return ((f"{self.icons.failed} {safe_text(found)}", "bad"),)
        if found is not None:
            return ((f"{self.icons.done} ", "good"), (who(found), ""))
        if profile.problem:
            return ((f"{self.icons.failed} {safe_text(profile.problem)}", "bad"),)
        return (("enter checks", "dim"),)


def who(identity: "Identity") -> str:
    """The ARN, else the account, else the source of the credentials."""
    return safe_text(identity.arn or identity.account or f"accepted, from {identity.source}")


LOADING = Notice(title="reading profiles…", lines=("~/.aws, the s3nav store and the environment",))
EMPTY = Notice(
    title="no profiles",
    lines=("`aws configure` makes one; or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",),
)
FILTERED = Notice(title="no profile matches the filter", lines=("esc clears it",))


class ProfilesPane(Pane):
    """A row for each profile; enter uses it."""

    BINDINGS = bindings(Group.PROFILES)

    class Wanted(Message):
        """The user wants to use a profile."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class Identified(Message):
        """The check of the current credentials ended."""

        def __init__(self, identity: "Identity | None") -> None:
            super().__init__()
            self.identity = identity

    def __init__(
        self,
        session: CockpitSession,
        icons: Icons,
        *,
        given_keys: str,
        id: str,  # noqa: A002 - Textual's name for it
    ) -> None:
        super().__init__(id=id)
        self._session = session
        self._icons = icons
        self._given_keys = given_keys
        self._rows = ProfileRows((), icons)

    def compose(self) -> ComposeResult:
        """Table, status, prompt."""
        yield RowTable(self._rows, icons=self._icons)
        yield from self.foot()

    @property
    def place(self) -> Place:
        """See Pane."""
        return Place.PROFILES

    def on_mount(self) -> None:
        """Show that profiles are being read."""
        self.table.say(LOADING)

    def load(self) -> None:
        """Read the profiles, and check the current one."""
        ask(self, self._session.profiles, self._show, self.show_problem, group="profiles")
        self.check()

    def check(self) -> None:
        """Ask S3 for the identity of the current credentials."""
        name = profile_name(self._session.settings)
        self._rows.checking = name
        self.table.values_changed()

        def known(identity: "Identity") -> None:
            self._keep(name, identity)
            self.post_message(self.Identified(identity))

        def unknown(error: S3NavError) -> None:
            self._keep(name, problems.headline(error))
            self.post_message(self.Identified(None))

        ask(self, self._session.identity, known, unknown, group="identity")

    def refresh_place(self) -> None:
        """See Pane."""
        self.load()

    def show_status(self) -> None:
        """See Pane."""
        rows, row = len(self._rows), self.table.cursor_row
        problem = self._rows.problem(row) if row is not None else ""
        if problem:
            self.set_status([(f"{self._icons.failed} {problem}", "bad")])
            return
        usable = sum(not profile.problem for profile in self._rows.profiles)
        self.set_status(
            [(f"{number_of(rows, 'profile')} · {count(usable)} without a known problem", "dim")]
        )
        self.table.say(FILTERED if rows else EMPTY)

    def action_use(self) -> None:
        """Use the profile under the cursor."""
        row = self.table.cursor_row
        if row is not None:
            self.post_message(self.Wanted(self._rows.profiles[row].name))

    def on_row_table_moved(self) -> None:
        """Show a long problem in the status line."""
        self.show_status()

    def on_row_table_opened(self) -> None:
        """Handle a double click like enter."""
        self.action_use()

    def _show(self, profiles: Sequence["ProfileFact"]) -> None:
        rows = ProfileRows(profiles, self._icons, given_keys=self._given_keys)
        rows.found, rows.checking = self._rows.found, self._rows.checking
        rows.current = profile_name(self._session.settings)
        self._rows = rows
        names = [profile.name for profile in profiles]
        self.table.show(rows, cursor=names.index(rows.current) if rows.current in names else 0)
        self.show_status()

    def _keep(self, name: str, found: "Identity | str") -> None:
        self._rows.found[name] = found
        self._rows.current = profile_name(self._session.settings)
        if self._rows.checking == name:
            self._rows.checking = ""
        self.table.values_changed()
        self.show_status()
