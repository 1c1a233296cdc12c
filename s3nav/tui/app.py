"""The Textual app: opens dialogs for panes, runs palette and command line, ends the cockpit."""

import gc
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import ClassVar

from textual import events
from textual.app import App, ComposeResult, ScreenStackError
from textual.binding import BindingType
from textual.command import Provider
from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.driver import Driver
from textual.screen import Screen

from s3nav.browse import count_buckets
from s3nav.model.errors import S3NavError
from s3nav.model.places import S3Connection, S3Uri
from s3nav.model.text.plain_messages import one_line
from s3nav.model.waits import UI_PRIORITY
from s3nav.present.cockpit_head import TABS
from s3nav.present.cockpit_opening import NOTHING_TYPED, Opening, opening_words
from s3nav.present.formatting import safe_text
from s3nav.present.headless_line import connection_words, job_line
from s3nav.tui import terminal
from s3nav.tui.actions import Action, Group, actions_at, bindings
from s3nav.tui.ask import Answered
from s3nav.tui.bridge import DRAIN_EVERY_S, Bridge
from s3nav.tui.commands import PaletteProvider, Reachable, parse_command, reachable_at
from s3nav.tui.frame import COMMAND_SIGN, Frame
from s3nav.tui.modals.confirm import ConfirmModal
from s3nav.tui.modals.help import HelpModal
from s3nav.tui.modals.problem import ProblemModal
from s3nav.tui.panes.buckets import BucketsPane, CopyWanted, UploadWanted
from s3nav.tui.panes.pane import Pane
from s3nav.tui.panes.profiles import ProfilesPane
from s3nav.tui.ports import CockpitSession, CountBuckets
from s3nav.tui.profile_switch import ProfileSwitch
from s3nav.tui.themes import themes
from s3nav.tui.transfer_dialogs import TransferDialogs
from s3nav.tui.widgets.line import Line
from s3nav.tui.widgets.prompt import Prompt

logger = logging.getLogger(__name__)

TERMINAL_EVERY_S = 1.0
OTHERS_AFTER_S = 0.3
"""The other panes load this much later than the place given at the start, which is shown first."""
ANSWERED_S, WRITTEN_S = 0.015, 0.004
"""Waits after a key: until its widget has handled it, and until its repaint is written."""
WIDE_CELLS = 110
HUGE_CELLS = 160
"""From WIDE_CELLS on, details are beside the table instead of over it."""
WIDTH_CLASSES = ((0, "-narrow"), (WIDE_CELLS, "-wide"), (HUGE_CELLS, "-huge"))
"""Least width in cells, and the class that the screen gets from there on."""
SWITCH_S = 0.001
"""How long another thread may keep the interpreter. Python's 5 ms delay a repaint visibly."""
FEW_AT_ONCE = (1_000, 5, 500)
"""Garbage collection thresholds. Painting leaves garbage; 50,000 objects at once take 40 ms."""


def run(session: CockpitSession, opening: Opening) -> int:
    """Show the cockpit until the user leaves it; return the exit code. Raises S3NavError.

    A crash of any of its threads is an error, after the terminal is as it was.
    """
    sys.setswitchinterval(SWITCH_S)
    gc.set_threshold(*FEW_AT_ONCE)
    UI_PRIORITY.is_watched = True
    cockpit = Cockpit(session, count_buckets, opening)
    with terminal.ended_by_signals(cockpit.leaving), terminal.ended_by_crashes(cockpit.leaving):
        code = cockpit.run()
    if (crash := cockpit.leaving.crash) is not None:
        raise S3NavError(
            one_line(f"the cockpit ended with {type(crash).__name__}: {crash}"),
            remedy="this is a bug in s3nav; the log shows where",
        ) from crash
    return code if code is not None else cockpit.return_code or 0


class Cockpit(App[int], inherit_bindings=False):
    """One frame with the panes, and dialogs over it."""

    CSS_PATH = "cockpit.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Group.EVERYWHERE)
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {PaletteProvider}
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"

    def __init__(
        self,
        session: CockpitSession,
        count_buckets: CountBuckets,
        opening: Opening = NOTHING_TYPED,
    ) -> None:
        self.leaving = terminal.Leaving(self.exit)  # the driver reports crashes to it
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [*WIDTH_CLASSES]
        self.session = session
        self.bridge = Bridge(session.stream)
        self.opening = opening
        self._frame = Frame(session, self.bridge, count_buckets, opening)
        self._dialogs = TransferDialogs(self._frame, session)
        self._profiles = ProfileSwitch(
            self._frame, session, self.bridge, done=self._load_panes, failed=self._report
        )
        self._asking_to_quit: ConfirmModal | None = None
        for theme in themes():
            self.register_theme(theme)
        wanted = session.settings.theme
        self.theme = wanted if wanted in self.available_themes else themes()[0].name

    def get_default_screen(self) -> Screen[object]:
        """The frame. It gets its width class now: adding it later would restyle every widget."""
        fitting = max(pair for pair in WIDTH_CLASSES if pair[0] <= self.size.width)
        self._frame.add_class(fitting[1])
        return self._frame

    @property
    def base(self) -> Frame:
        """The screen with the panes, also while a dialog is over it.

        Raises ScreenStackError when the app is ending, as Textual's own `screen` does.
        """
        if self._frame not in self.screen_stack:
            raise ScreenStackError("the app is ending")
        return self._frame

    @property
    def pane(self) -> Pane:
        """The pane in front."""
        return self.base.pane

    def compose(self) -> ComposeResult:
        """See Frame."""
        yield from self._frame.widgets()

    def on_load(self) -> None:
        """From here on signals and other threads can end the cockpit."""
        self.leaving.begin()

    def on_mount(self) -> None:
        """Start to show events of the engine, ten times a second."""
        self._frame.show_first_pane()
        self.set_interval(DRAIN_EVERY_S, self.drain)
        if not self.is_headless:
            self.set_interval(TERMINAL_EVERY_S, self.leaving.if_alone)
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        """Load the panes, and open what was typed on the command line."""
        # What is loaded by now lives until the end: the garbage collector need not walk it.
        gc.freeze()
        self.base.open_place()
        if (opening := self.opening).place is None:
            self._load_panes()
        else:
            self.set_timer(OTHERS_AFTER_S, self._load_panes)
        if opening.selection is not None:
            show = self._dialogs.cost if opening.overlay == "cost" else self._dialogs.download
            show(opening.selection, opening_words(opening))

    def _load_panes(self) -> None:
        try:
            self.base.load_panes()
        except ScreenStackError:
            # The user quit before the panes were loaded.
            logger.debug("loading without a screen")

    def drain(self) -> None:
        """Show what happened in the core since the last tick."""
        arrived = self.bridge.drain()
        try:
            with self.batch_update():
                self.base.drained(arrived)
        except (NoMatches, ScreenStackError):
            # The last tick can come while the app is ending.
            logger.debug("drained without a screen")

    def _handle_exception(self, error: Exception) -> None:
        """Leave as after any crash. Textual would print all variables, secrets too, and exit 0."""
        # Without a terminal, a test wants it raised.
        handle = super()._handle_exception if self.is_headless else self.leaving.crashed
        handle(error)

    def get_driver_class(self) -> type[Driver]:
        """Textual's driver, extended: it gives the UI priority as soon as it reads a key."""
        return terminal.driver_of(super().get_driver_class(), self.leaving.crashed)

    async def on_event(self, event: events.Event) -> None:
        """Handle an event. Background threads wait until a key is handled and painted."""
        is_key = isinstance(event, events.Key) and not event.is_forwarded
        await super().on_event(event)
        if is_key:
            # After this time the key has passed through the queues to its widget.
            self.set_timer(ANSWERED_S, partial(self.call_after_refresh, self._end_key))

    def _end_key(self) -> None:
        """End the priority when Textual's writer thread has sent the repaint to the terminal."""
        self.set_timer(WRITTEN_S, terminal.end_key)

    def on_unmount(self) -> None:
        """Stop listening to the engine."""
        self.bridge.close()

    def on_answered(self, event: Answered) -> None:
        """Deliver a result on the UI thread; drop it when the app is ending."""
        if self.is_running:
            event.deliver()

    # Keys

    def action_show_pane(self, pane_id: str) -> None:
        """Go to a pane; the current one's number again closes its overlay."""
        self.base.bring_numbered(pane_id)

    async def action_back(self) -> None:
        """Close the innermost: input line, range, filter, marks, overlay."""
        self.base.back()

    def action_refresh(self) -> None:
        """Load again what is shown."""
        self.pane.refresh_place()

    def action_help(self) -> None:
        """Show the keys that work here."""
        self.push_screen(HelpModal(self.pane.place))

    def action_next_theme(self) -> None:
        """Switch to the next theme; after the last, to the first."""
        names = [theme.name for theme in themes()]
        at = names.index(self.theme) if self.theme in names else -1
        self.theme = names[(at + 1) % len(names)]

    def action_command_line(self) -> None:
        """Open the command line."""
        self.base.open_command_line()

    def action_ask_quit(self) -> None:
        """Quit; ask first if something would stop."""
        lines = [line for pane in self.base.panes for line in pane.unfinished()]
        if not lines or self._asking_to_quit is self.screen:
            self.leaving.now(0)
            return
        self._asking_to_quit = ConfirmModal("quit?", lines, yes="quit")
        self.push_screen(self._asking_to_quit, lambda sure: self.leaving.now(0) if sure else None)

    def on_line_picked(self, event: Line.Picked) -> None:
        """Go to the clicked tab, or run the clicked key of the footer."""
        if event.target in dict(TABS):
            self.action_show_pane(event.target)
            return
        for action in actions_at(self.pane.place):
            if action.id == event.target:
                self._run(action)

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        """Run the command that was typed after the colon."""
        if event.sign != COMMAND_SIGN or not event.text.strip():
            return
        try:
            command = parse_command(event.text)
        except S3NavError as error:
            title = safe_text(error.message)
            self.notify(error.remedy, title=title, severity="warning", markup=False)
            return
        match command.verb:
            case "place":
                self.base.browse(S3Uri.parse(command.argument))
            case "profile":
                self._profiles.use(command.argument)
            case "pane":
                self.base.bring(command.argument)
            case "quit":
                self.action_ask_quit()

    def reachable(self) -> Iterator[Reachable]:
        """The entries of the palette: the actions that work here, then every bucket."""
        names = self.base.query_one(BucketsPane).bucket_names
        return reachable_at(self.pane.place, names, self._run, self.base.browse)

    def _run(self, action: Action) -> None:
        """Run an action on the widget that has its binding: the app, the table or the pane."""
        scope: DOMNode = self.pane
        if action.group is Group.EVERYWHERE:
            scope = self
        elif action.group in {Group.LISTS, Group.MARKS}:
            scope = self.pane.table
        self.call_later(self.run_action, action.run, scope)

    # Messages of panes

    def on_pane_failed(self, event: Pane.Failed) -> None:
        """Show a problem in full."""
        self._report(event.error)

    def _report(self, error: S3NavError) -> None:
        options = connection_words(self.session.settings, self.opening.connection)
        self.push_screen(ProblemModal(error, options))

    def on_pane_download_wanted(self, event: Pane.DownloadWanted) -> None:
        """Ask for the target directory, then queue the download."""
        self._dialogs.download(self._dialogs.selection(event.sources), event.words)

    def on_pane_cost_wanted(self, event: Pane.CostWanted) -> None:
        """Show what the download would cost."""
        self._dialogs.cost(self._dialogs.selection(event.sources), event.words)

    def on_upload_wanted(self, event: UploadWanted) -> None:
        """Open the dialog for an upload."""
        self._dialogs.upload(event.to)

    def on_copy_wanted(self, event: CopyWanted) -> None:
        """Open the dialog for a copy."""
        self._dialogs.copy(event)

    def on_pane_headless_wanted(self, event: Pane.HeadlessWanted) -> None:
        """Copy a command line that downloads the same."""
        self._copy_line(self._dialogs.command_words(event.sources))

    def on_pane_command_wanted(self, event: Pane.CommandWanted) -> None:
        """Copy a command line with the connection of its job, or of this run."""
        self._copy_line(event.words, event.connection)

    def _copy_line(self, words: Sequence[str], of_job: S3Connection | None = None) -> None:
        self.pane.copy(job_line(words, of_job, self.session.settings, self.opening.connection))

    def on_profiles_pane_wanted(self, event: ProfilesPane.Wanted) -> None:
        """Use another profile; ask first if jobs run."""
        self._profiles.confirm(event.name)
