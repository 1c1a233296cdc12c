"""The cockpit: owns the session, the keys and the dialogs, and routes what panes ask for."""

import gc
import logging
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

from s3nav.model.errors import S3NavError
from s3nav.model.places import S3Uri
from s3nav.present.cockpit_head import TABS
from s3nav.present.cockpit_opening import NOTHING_TYPED, Opening
from s3nav.present.formatting import icons, safe_text
from s3nav.present.headless_line import connection_words, headless_line
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
from s3nav.tui.panes.initial_view import opening_words
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
"""What other panes show is looked up when the place that was asked for is probably seen."""
ANSWERED_S, WRITTEN_S = 0.015, 0.004
WIDE_CELLS = 110
HUGE_CELLS = 160
"""From WIDE_CELLS on details stand beside the table instead of over it."""
WIDTH_CLASSES = ((0, "-narrow"), (WIDE_CELLS, "-wide"), (HUGE_CELLS, "-huge"))
"""Of the screen, by its least width in cells."""


class Cockpit(App[int], inherit_bindings=False):
    """One frame with the panes; dialogs lie over it."""

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
        self.leaving = terminal.Leaving(self.exit)  # the driver is told of it
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [*WIDTH_CLASSES]
        self.session = session
        self.bridge = Bridge(session.stream)
        self.opening = opening
        signs = icons(ascii_only=session.settings.ascii_icons)
        self._frame = Frame(session, self.bridge, count_buckets, opening, signs)
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
        """It has the class of its width from the start: one that came later would restyle all."""
        fitting = max(pair for pair in WIDTH_CLASSES if pair[0] <= self.size.width)
        self._frame.add_class(fitting[1])
        return self._frame

    @property
    def base(self) -> Frame:
        """The screen with the panes, also while a modal lies over it.

        Raises ScreenStackError when there is none any more, as Textual's own `screen` does.
        """
        if self._frame not in self.screen_stack:
            raise ScreenStackError("the screens are taken down")
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
        """Events of the engine are shown ten times a second."""
        self._frame.show_first_pane()
        self.set_interval(DRAIN_EVERY_S, self._drain)
        if not self.is_headless:
            self.set_interval(TERMINAL_EVERY_S, self.leaving.if_alone)
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        """Look up what panes show, and open what was typed on the command line."""
        # What is loaded by now lives as long as the program: the collector need not walk it.
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
            # The user left before the others were looked up.
            logger.debug("loading without a screen")

    def _drain(self) -> None:
        arrived = self.bridge.drain()
        try:
            with self.batch_update():
                self.base.drained(arrived)
        except (NoMatches, ScreenStackError):
            # The last tick may come while the screen is being taken down.
            logger.debug("drained without a screen")

    def _handle_exception(self, error: Exception) -> None:
        """Leave as after any crash. Textual would print all variables, secrets too, and exit 0."""
        # Without a terminal, a test wants it raised.
        handle = super()._handle_exception if self.is_headless else self.leaving.crashed
        handle(error)

    def get_driver_class(self) -> type[Driver]:
        """Textual's own, which gives the UI priority as soon as a key is read."""
        return terminal.driver_of(super().get_driver_class(), self.leaving.crashed)

    async def on_event(self, event: events.Event) -> None:
        """Threads that compute wait until a key is handled and painted."""
        is_key = isinstance(event, events.Key) and not event.is_forwarded
        await super().on_event(event)
        if is_key:
            # By then the key has passed through the queues to the widget that handles it.
            self.set_timer(ANSWERED_S, partial(self.call_after_refresh, self._end_key))

    def _end_key(self) -> None:
        """What is painted has one more thread to pass before the terminal has it."""
        self.set_timer(WRITTEN_S, terminal.end_key)

    def on_unmount(self) -> None:
        """Stop listening to the engine."""
        self.bridge.close()

    def on_answered(self, event: Answered) -> None:
        """Deliver an answer here on the UI thread; one after the end is dropped."""
        if self.is_running:
            event.deliver()

    # What keys ask for

    def action_show_pane(self, pane_id: str) -> None:
        """Go to a pane; the current one's number again closes its overlay."""
        self.base.bring_numbered(pane_id)

    async def action_back(self) -> None:
        """Leave exactly one layer."""
        self.base.back()

    def action_refresh(self) -> None:
        """Ask again for what is shown."""
        self.pane.refresh_place()

    def action_help(self) -> None:
        """The keys of this place."""
        self.push_screen(HelpModal(self.pane.place))

    def action_next_theme(self) -> None:
        """Dark, light, high contrast, and round again."""
        names = [theme.name for theme in themes()]
        at = names.index(self.theme) if self.theme in names else -1
        self.theme = names[(at + 1) % len(names)]

    def action_command_line(self) -> None:
        """Type a command."""
        self.base.open_command_line()

    def action_ask_quit(self) -> None:
        """Leave; the user confirms first when something would stop."""
        lines = [line for pane in self.base.panes for line in pane.unfinished()]
        if not lines or self._asking_to_quit is self.screen:
            self.exit(0)
            return
        self._asking_to_quit = ConfirmModal("quit?", lines, yes="quit")
        self.push_screen(self._asking_to_quit, lambda sure: self.exit(0) if sure else None)

    def on_line_picked(self, event: Line.Picked) -> None:
        """A tab or a key of the footer was clicked."""
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
        """Actions of this place, then every bucket."""
        names = self.base.query_one(BucketsPane).bucket_names
        return reachable_at(self.pane.place, names, self._run, self.base.browse)

    def _run(self, action: Action) -> None:
        """Run an action where its group's bindings are: the app, the table or the pane."""
        scope: DOMNode = self.pane
        if action.group is Group.EVERYWHERE:
            scope = self
        elif action.group in {Group.LISTS, Group.MARKS}:
            scope = self.pane.table
        self.call_later(self.run_action, action.run, scope)

    # What panes ask for: a dialog, a command line, another profile

    def on_pane_failed(self, event: Pane.Failed) -> None:
        """Show a problem in full."""
        self._report(event.error)

    def _report(self, error: S3NavError) -> None:
        options = connection_words(self.session.settings, self.opening.connection)
        self.push_screen(ProblemModal(error, options))

    def on_pane_download_wanted(self, event: Pane.DownloadWanted) -> None:
        """Ask where to, then queue."""
        self._dialogs.download(self._dialogs.selection(event.sources), event.said)

    def on_pane_cost_wanted(self, event: Pane.CostWanted) -> None:
        """List and price what would be downloaded."""
        self._dialogs.cost(self._dialogs.selection(event.sources), event.said)

    def on_upload_wanted(self, event: UploadWanted) -> None:
        """Upload to a directory of a bucket."""
        self._dialogs.upload(event.to)

    def on_copy_wanted(self, event: CopyWanted) -> None:
        """Copy inside S3."""
        self._dialogs.copy(event)

    def on_pane_headless_wanted(self, event: Pane.HeadlessWanted) -> None:
        """Copy the command line that downloads the same."""
        self._copy_line(self._dialogs.command_words(event.sources))

    def on_pane_command_wanted(self, event: Pane.CommandWanted) -> None:
        """Copy a command line with the connection of this run."""
        self._copy_line(event.words)

    def _copy_line(self, words: Sequence[str]) -> None:
        self.pane.copy(headless_line(words, self.session.settings, self.opening.connection))

    def on_profiles_pane_wanted(self, event: ProfilesPane.Wanted) -> None:
        """Work with another profile; the user confirms first when jobs run."""
        self._profiles.confirm(event.name)
