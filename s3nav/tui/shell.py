"""The frame of the cockpit: header, tabs, panes, keys, and moving between them."""

import gc
import logging
from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual import events
from textual.app import App, ComposeResult, ScreenStackError
from textual.binding import BindingType
from textual.command import Provider
from textual.css.query import NoMatches
from textual.driver import Driver
from textual.message import Message
from textual.screen import Screen
from textual.widgets import ContentSwitcher

from s3nav.model.errors import EXIT_INTERRUPTED
from s3nav.model.places import S3Uri
from s3nav.present.cockpit_opening import NOTHING_TYPED, Opening
from s3nav.tui import terminal
from s3nav.tui.actions import Group, bindings
from s3nav.tui.bridge import DRAIN_EVERY_S, Bridge
from s3nav.tui.commands import CommandSuggester, PaletteProvider
from s3nav.tui.head_words import footer_parts, head_left, head_right, tab_parts
from s3nav.tui.modals.confirm import ConfirmModal
from s3nav.tui.modals.help import HelpModal
from s3nav.tui.panes.buckets import AvailabilityPane, BrowserPane, BucketsPane
from s3nav.tui.panes.initial_view import hand_over
from s3nav.tui.panes.pane import Pane
from s3nav.tui.panes.prices import PricesPane
from s3nav.tui.panes.profiles import ProfilesPane
from s3nav.tui.panes.scans import ComparePane, HistoryPane, ScanPane
from s3nav.tui.panes.scrapes import ActivityPane, ChangesPane, ExplorerPane, ScrapesPane
from s3nav.tui.panes.transfers import FilesPane, TransfersPane
from s3nav.tui.ports import CockpitSession, CountBuckets, IdentityFact
from s3nav.tui.themes import themes
from s3nav.tui.widgets.icons import icons
from s3nav.tui.widgets.line import Line
from s3nav.tui.widgets.prompt import Prompt
from s3nav.tui.widgets.session_dollars import SessionDollars

logger = logging.getLogger(__name__)

COMMAND_SIGN = ":"
LAYERS = {
    "browser": "buckets",
    "scan": "buckets",
    "history": "buckets",
    "compare": "buckets",
    "availability": "buckets",
    "files": "transfers",
    "explorer": "scrapes",
    "changes": "scrapes",
    "activity": "scrapes",
}
"""Panes without a number of their own, and whose they lie over."""
TERMINAL_EVERY_S = 1.0
OTHERS_AFTER_S = 0.3
"""What other panes show is looked up when the place that was asked for is probably seen."""
ANSWERED_S, WRITTEN_S = 0.015, 0.004
WIDE_CELLS = 110
HUGE_CELLS = 160
"""From WIDE_CELLS on details stand beside the table instead of over it."""
WIDTH_CLASSES = ((0, "-narrow"), (WIDE_CELLS, "-wide"), (HUGE_CELLS, "-huge"))
"""Of the screen, by its least width in cells."""


class Frame(Screen[object]):
    """The screen with the panes."""

    _is_styled = False

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """At the start all widgets have their styles since they were mounted: look them up once."""
        event.refresh_styles = self._is_styled
        self._is_styled = True


class Shell(App[int], inherit_bindings=False):
    """Five panes by number; the browser lies over the buckets, files over the queue."""

    class Started(Message):
        """The first frame is painted."""

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
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [*WIDTH_CLASSES]
        self.session = session
        self.bridge = Bridge(session.stream)
        self._count_buckets = count_buckets
        self.opening = opening
        browses = opening.place is not None and not opening.overlay
        self._first_pane = "browser" if browses else opening.pane or "buckets"
        self._over = {pane: pane for pane in ("buckets", "transfers", "scrapes")}
        """What lies on top in a pane that has layers."""
        self._below: list[str] = []
        """Panes under the layers of scans, the lowest first."""
        self._panes: tuple[Pane, ...] = ()
        """All of them: to look for them ten times a second would take longer than what they do."""
        self._asking_to_quit: ConfirmModal | None = None
        self._identity: IdentityFact | None = None
        self._icons = icons(ascii_only=session.settings.ascii_icons)
        for theme in themes():
            self.register_theme(theme)
        wanted = session.settings.theme
        self.theme = wanted if wanted in self.available_themes else themes()[0].name

    def compose(self) -> ComposeResult:
        """Header, tabs, panes, keys."""
        session, signs = self.session, self._icons
        yield Line(id="head")
        yield SessionDollars(session)
        yield Line(id="tabs")
        with ContentSwitcher(id="panes", initial=self._first_pane):
            yield ProfilesPane(session, signs, id="profiles")
            yield BucketsPane(session, self._count_buckets, signs, id="buckets")
            yield BrowserPane(session, signs, id="browser")
            yield ScanPane(session, signs, id="scan")
            yield HistoryPane(session, signs, id="history")
            yield ComparePane(session, signs, id="compare")
            yield AvailabilityPane(session, signs, id="availability")
            yield TransfersPane(session, self.bridge, signs, id="transfers")
            yield FilesPane(session, signs, id="files")
            yield PricesPane(session, signs, id="prices")
            yield ScrapesPane(session, signs, id="scrapes")
            yield ExplorerPane(session, signs, id="explorer")
            yield ChangesPane(session, signs, id="changes")
            yield ActivityPane(session, signs, id="activity")
        yield Prompt(suggester=CommandSuggester(self._completions), id="command")
        yield Line(id="footer")

    def get_default_screen(self) -> Screen[object]:
        """It has the class of its width from the start: one that came later would restyle all."""
        screen = Frame()
        screen.add_class(max(pair for pair in WIDTH_CLASSES if pair[0] <= self.size.width)[1])
        return screen

    def on_mount(self) -> None:
        """Paint first; S3 and the disk are asked afterwards."""
        self._panes = tuple(self.base.query(Pane))
        hand_over(self.base, self.opening, self._first_pane)
        self._bring(self._first_pane)
        self.set_interval(DRAIN_EVERY_S, self._drain)
        if not self.is_headless:
            self.set_interval(TERMINAL_EVERY_S, self._leave_if_alone)
        self.call_after_refresh(self._start)

    def _leave_if_alone(self) -> None:
        """End with the terminal: nobody could see or stop what goes on."""
        if terminal.is_gone():
            self.exit(EXIT_INTERRUPTED)

    def get_driver_class(self) -> type[Driver]:
        """Textual's own, hurried."""
        return terminal.hurried(super().get_driver_class())

    async def on_event(self, event: events.Event) -> None:
        """Whoever computes waits until a key is answered and painted."""
        is_key = isinstance(event, events.Key) and not event.is_forwarded
        await super().on_event(event)
        if is_key:
            # By then the key has passed through the queues to whoever answers it.
            self.set_timer(ANSWERED_S, partial(self.call_after_refresh, self._thank))

    def _thank(self) -> None:
        """What is painted has one more thread to pass before the terminal has it."""
        self.set_timer(WRITTEN_S, terminal.end_key)

    def on_unmount(self) -> None:
        """Stop listening to the engine."""
        self.bridge.close()

    def _start(self) -> None:
        # What is loaded by now lives as long as the program: the collector need not walk it.
        gc.freeze()
        place = self.opening.place
        if place is None:
            self._load_all()
        else:
            if not self.opening.overlay:
                self.base.query_one(BrowserPane).go(place)
            self.set_timer(OTHERS_AFTER_S, self._load_all)
        self.post_message(self.Started())

    def _load_all(self) -> None:
        try:
            base = self.base
        except ScreenStackError:
            # Somebody left before the others were looked up.
            logger.debug("loading without a screen")
            return
        base.query_one(ProfilesPane).load()
        base.query_one(BucketsPane).load()
        base.query_one(AvailabilityPane).load()
        base.query_one(TransfersPane).load()

    # Where we are

    @property
    def base(self) -> Screen[object]:
        """The screen with the panes, also while a modal lies over it.

        Raises ScreenStackError when there is none any more, as Textual's own `screen` does.
        """
        for screen in self.screen_stack:
            return screen
        raise ScreenStackError("the screens are taken down")

    @property
    def pane(self) -> Pane:
        """The pane in front."""
        return self.base.query_one(
            f"#{self.base.query_one('#panes', ContentSwitcher).current}", Pane
        )

    def _bring(self, pane_id: str) -> None:
        self.base.query_one("#panes", ContentSwitcher).current = pane_id
        over = LAYERS.get(pane_id, pane_id)
        if over in self._over:
            self._over[over] = pane_id
        self._show_around()
        self.pane.enter()

    def _show_around(self) -> None:
        current = self.pane.id or ""
        tab = LAYERS.get(current, current)
        self.base.query_one("#tabs", Line).show_parts(tab_parts(tab))
        self.base.query_one("#footer", Line).show_parts(
            footer_parts(self.pane.place, self.size.width, self.pane.labels)
        )
        self._show_head()

    def _show_head(self) -> None:
        left = head_left(self.session.settings, self._identity, self._icons)
        spent = self.base.query_one(SessionDollars).spans
        right = [*spent, *head_right(self.bridge, self._icons)]
        self.base.query_one("#head", Line).show(left, right)

    def on_resize(self) -> None:
        """Fewer or more keys fit."""
        self.call_after_refresh(self._show_around)

    def _drain(self) -> None:
        events = self.bridge.drain()
        try:
            with self.batch_update():
                for pane in self._panes:
                    pane.take(events)
                self._show_head()
        except (NoMatches, ScreenStackError):
            # The last tick may come while the screen is being taken down.
            logger.debug("drained without a screen")

    # What keys ask for

    def action_show_pane(self, pane_id: str) -> None:
        """Go to a pane; the current one's number again goes to its ground floor."""
        over = self._over.get(pane_id, pane_id)
        self._bring(pane_id if self.pane.id == over else over)

    async def action_back(self) -> None:
        """Leave exactly one layer."""
        command = self.base.query_one("#command", Prompt)
        if command.is_open:
            command.close()
        else:
            self.pane.forget_dropped()
            self.pane.close_overlay()

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
        hint = "bucket NAME, profile NAME, s3://bucket/prefix/, queue, q"
        self.base.query_one("#command", Prompt).open(COMMAND_SIGN, hint=hint)

    def action_ask_quit(self) -> None:
        """Leave; what would stop is asked about first."""
        lines = [line for pane in self._panes for line in pane.unfinished()]
        if not lines or self._asking_to_quit is self.screen:
            self.exit(0)
            return
        self._asking_to_quit = ConfirmModal("quit?", lines, yes="quit")
        self.push_screen(self._asking_to_quit, self._quit_if)

    def _quit_if(self, sure: bool | None) -> None:
        if sure:
            self.exit(0)

    def on_pane_place_changed(self) -> None:
        """Other keys hold now, or their words changed."""
        self._show_around()

    def on_prompt_closed(self) -> None:
        """The pane takes the keys again."""
        self.pane.focus_table()

    def _completions(self) -> list[str]:
        return [f"bucket {name}" for name in self.base.query_one(BucketsPane).bucket_names]

    def _browse(self, place: S3Uri) -> None:
        self._bring("browser")
        self.base.query_one(BrowserPane).go(place)
