"""Pane 1: who you are, and who else you could be."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.message import Message

from s3nav.model.errors import S3NavError
from s3nav.present import problem_lines as problems
from s3nav.present.cockpit_head import profile_name
from s3nav.present.formatting import Icons, Notice, count
from s3nav.tui.actions import Group, Place, bindings
from s3nav.tui.ask import ask
from s3nav.tui.panes.pane import Pane
from s3nav.tui.panes.profiles.profile_rows import ProfileRows
from s3nav.tui.ports import CockpitSession, IdentityFact, ProfileRow
from s3nav.tui.widgets.row_table import RowTable

LOADING = Notice(title="reading profiles…", lines=("~/.aws, the s3nav store and the environment",))
EMPTY = Notice(
    title="no profiles yet",
    lines=("`aws configure` makes one; or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",),
)
FILTERED = Notice(title="no profile matches the filter", lines=("esc clears it",))


class ProfilesPane(Pane):
    """A row a profile; enter works with it."""

    BINDINGS = bindings(Group.PROFILES)

    class Wanted(Message):
        """The user wants to work with a profile."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class Identified(Message):
        """The check of the current credentials ended."""

        def __init__(self, identity: IdentityFact | None) -> None:
            super().__init__()
            self.identity = identity

    def __init__(self, session: CockpitSession, icons: Icons, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._session = session
        self._icons = icons
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
        """Say what is going on before anything is known."""
        self.table.say(LOADING)

    def load(self) -> None:
        """Read the profiles and ask who the current one is."""
        ask(self, self._session.profiles, self._show, self.show_problem, group="profiles")
        self.check()

    def check(self) -> None:
        """Ask S3 who the current credentials are."""
        name = profile_name(self._session.settings)
        self._rows.checking = name
        self.table.values_changed()

        def known(identity: IdentityFact) -> None:
            self._answer(name, identity)
            self.post_message(self.Identified(identity))

        def unknown(error: S3NavError) -> None:
            self._answer(name, problems.headline(error))
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
            [(f"{count(rows)} profiles · {count(usable)} without a known problem", "dim")]
        )
        self.table.say(FILTERED if rows else EMPTY)

    def action_use(self) -> None:
        """Work with the profile under the cursor."""
        row = self.table.cursor_row
        if row is not None:
            self.post_message(self.Wanted(self._rows.profiles[row].name))

    def on_row_grid_moved(self) -> None:
        """A long problem is read in the status line."""
        self.show_status()

    def on_row_table_opened(self) -> None:
        """A double click is enter."""
        self.action_use()

    def _show(self, profiles: Sequence[ProfileRow]) -> None:
        rows = ProfileRows(profiles, self._icons)
        rows.found, rows.checking = self._rows.found, self._rows.checking
        rows.current = profile_name(self._session.settings)
        self._rows = rows
        names = [profile.name for profile in profiles]
        self.table.show(rows, cursor=names.index(rows.current) if rows.current in names else 0)
        self.show_status()

    def _answer(self, name: str, found: IdentityFact | str) -> None:
        self._rows.found[name] = found
        self._rows.current = profile_name(self._session.settings)
        if self._rows.checking == name:
            self._rows.checking = ""
        self.table.values_changed()
        self.show_status()
