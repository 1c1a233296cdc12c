"""The screen with the panes: header, tabs, footer, and which pane is in front."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import ContentSwitcher

from s3nav.model.events import Event
from s3nav.model.places import S3Uri
from s3nav.present.cockpit_head import (
    footer_parts,
    given_keys_shown,
    head_left,
    head_right,
    tab_parts,
)
from s3nav.present.cockpit_opening import Opening
from s3nav.present.formatting import icons
from s3nav.tui.actions import footer_keys
from s3nav.tui.bridge import Bridge
from s3nav.tui.commands import CommandSuggester
from s3nav.tui.panes.buckets import AvailabilityPane, BrowserPane, BucketsPane
from s3nav.tui.panes.pane import Pane
from s3nav.tui.panes.prices import PricesPane
from s3nav.tui.panes.profiles import ProfilesPane
from s3nav.tui.panes.scan_messages import CompareWanted, HistoryWanted, ScanWanted
from s3nav.tui.panes.scans import ComparePane, HistoryPane, ScanPane
from s3nav.tui.panes.scrapes import ActivityPane, ChangesPane, ExplorerPane, ScrapesPane
from s3nav.tui.panes.transfers import FilesPane, FilesWanted, TransfersPane
from s3nav.tui.ports import CockpitSession, CountBuckets
from s3nav.tui.widgets.line import Line
from s3nav.tui.widgets.prompt import Prompt
from s3nav.tui.widgets.session_dollars import SessionDollars

if TYPE_CHECKING:
    from s3nav.aws import Identity

COMMAND_SIGN = ":"
COMMAND_HINT = "bucket NAME, profile NAME, s3://bucket/prefix/, queue, q"
OVERLAYS = {
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
"""Panes without a number of their own, and the numbered pane that each covers."""
STACKED = frozenset({"scan", "history", "compare", "availability"})
"""Overlays that return to the pane they were opened from, which may be an overlay too."""


class Frame(Screen[object]):
    """Five numbered panes, and overlays that cover one of them, such as the browser."""

    def __init__(
        self,
        session: CockpitSession,
        bridge: Bridge,
        count_buckets: CountBuckets,
        opening: Opening,
    ) -> None:
        super().__init__()
        self._session = session
        self._bridge = bridge
        self._count_buckets = count_buckets
        self._opening = opening
        self._icons = icons(ascii_only=session.settings.ascii_icons)
        browses = opening.place is not None and not opening.overlay
        self._first_pane = "browser" if browses else opening.pane or "buckets"
        self._on_top = {pane: pane for pane in ("buckets", "transfers", "scrapes")}
        """For each pane with overlays: the overlay in front of it, or the pane itself."""
        self._below: list[str] = []
        """Panes under the stacked overlays, the lowest first."""
        is_demo = "demo" in opening.connection
        self._given_keys = given_keys_shown(session.settings, is_demo=is_demo)
        self._is_styled = False
        self.panes: tuple[Pane, ...] = ()
        """All panes. Kept, because a query ten times a second costs more than what the panes do."""
        self.identity: Identity | None = None

    def widgets(self) -> ComposeResult:
        """Header, tabs, panes, footer. The app composes them, so that no key comes before."""
        session, signs = self._session, self._icons
        yield Line(id="head")
        yield SessionDollars(session)
        yield Line(id="tabs")
        with ContentSwitcher(id="panes", initial=self._first_pane):
            yield ProfilesPane(session, signs, given_keys=self._given_keys, id="profiles")
            yield BucketsPane(session, self._count_buckets, signs, id="buckets")
            yield BrowserPane(session, signs, id="browser")
            yield ScanPane(session, signs, id="scan")
            yield HistoryPane(session, signs, id="history")
            yield ComparePane(session, signs, id="compare")
            yield AvailabilityPane(session, signs, id="availability")
            yield TransfersPane(session, self._bridge, signs, id="transfers")
            yield FilesPane(session, signs, id="files")
            yield PricesPane(session, signs, id="prices")
            yield ScrapesPane(session, signs, id="scrapes")
            yield ExplorerPane(session, signs, id="explorer")
            yield ChangesPane(session, signs, id="changes")
            yield ActivityPane(session, signs, id="activity")
        yield Prompt(suggester=CommandSuggester(self._completions), id="command")
        yield Line(id="footer")

    def show_first_pane(self) -> None:
        """Show the first pane, still empty: it is painted before anything is loaded."""
        self.panes = tuple(self.query(Pane))
        self._prepare_panes()
        self.bring(self._first_pane)

    def _prepare_panes(self) -> None:
        """Give panes what was typed on the command line; each applies it once it has loaded."""
        opening, overlay = self._opening, self._opening.overlay
        front = overlay if overlay in {"scan", "history"} else self._first_pane
        self.query_one(f"#{front}", Pane).dropped = opening.dropped
        if opening.pane == "prices" and (opening.search or opening.narrowed):
            prices = self.query_one(PricesPane)
            prices.call_later(prices.open_search, opening.search, opening.narrowed)
        if opening.pane == "scrapes":
            self.query_one(ScrapesPane).wanted_search = opening.search
        if opening.pane == "buckets" and opening.place is None:
            self.query_one(BucketsPane).counts_when_listed = opening.counts

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Skip Textual's second style pass at the start: mounted widgets have their styles."""
        event.refresh_styles = self._is_styled
        self._is_styled = True

    def open_place(self) -> None:
        """Open the place that was typed on the command line, or its scans."""
        place, overlay = self._opening.place, self._opening.overlay
        if place is None:
            return
        if overlay == "scan":
            scan = ScanWanted(place, count=self._opening.counts)
            self.query_one(ScanPane).call_later(self.on_scan_wanted, scan)
        elif overlay == "history":
            history = HistoryWanted(place)
            self.query_one(HistoryPane).call_later(self.on_history_wanted, history)
        elif not overlay:
            self.query_one(BrowserPane).go(place)

    def load_panes(self) -> None:
        """Load the panes, at the start and after a change of profile."""
        self.query_one(ProfilesPane).load()
        self.query_one(BucketsPane).load()
        self.query_one(AvailabilityPane).load()
        self.query_one(TransfersPane).load()

    def drained(self, arrived: Sequence[Event]) -> None:
        """Pass the events of the last tenth of a second to the panes."""
        for pane in self.panes:
            pane.handle_events(arrived)
        self.show_head()

    # Which pane is in front

    @property
    def pane(self) -> Pane:
        """The pane in front."""
        return self.query_one(f"#{self.query_one('#panes', ContentSwitcher).current}", Pane)

    def bring(self, pane_id: str) -> None:
        """Put a pane in front."""
        self.query_one("#panes", ContentSwitcher).current = pane_id
        base = OVERLAYS.get(pane_id, pane_id)
        if base in self._on_top:
            self._on_top[base] = pane_id
        self.show_lines()
        self.pane.enter()

    def bring_numbered(self, pane_id: str) -> None:
        """Put a numbered pane in front, with its overlay unless that is in front already."""
        on_top = self._on_top.get(pane_id, pane_id)
        self.bring(pane_id if self.pane.id == on_top else on_top)

    def bring_overlay(self, pane_id: str) -> None:
        """Put a stacked overlay in front; if it is open already, close those above it."""
        current = self.pane.id or "buckets"
        if pane_id in self._below:
            del self._below[self._below.index(pane_id) :]
        elif current != pane_id:
            self._below.append(current)
        self.bring(pane_id)

    def browse(self, place: S3Uri) -> None:
        """Show a directory of a bucket."""
        self.bring("browser")
        self.query_one(BrowserPane).go(place)

    def back(self) -> None:
        """Close the innermost: input line, range, filter, marks, overlay."""
        command = self.query_one("#command", Prompt)
        if command.is_open:
            command.close()
        else:
            self.pane.forget_dropped()
            self.pane.close_overlay()

    # Header, tabs and footer

    def show_lines(self) -> None:
        """Write header, tabs and footer for the pane in front."""
        current = self.pane.id or ""
        tab = OVERLAYS.get(current, current)
        self.query_one("#tabs", Line).show_parts(tab_parts(tab))
        keys = footer_keys(self.pane.place, self.pane.labels)
        self.query_one("#footer", Line).show_parts(footer_parts(keys, self.size.width))
        self.show_head()

    def show_head(self) -> None:
        """Write the header: credentials and endpoint, rate of the jobs, dollars of the session."""
        account = self.identity.account if self.identity is not None else None
        settings, given_keys = self._session.settings, self._given_keys
        left = head_left(settings, account, self._icons, given_keys=given_keys)
        spent = self.query_one(SessionDollars).spans
        right = [*spent, *head_right(self._bridge.traffic, self._icons, settings.size_format)]
        self.query_one("#head", Line).show(left, right)

    def on_resize(self) -> None:
        """Fit the footer to the new width."""
        self.call_after_refresh(self.show_lines)

    def open_command_line(self) -> None:
        """Open the command line."""
        self.query_one("#command", Prompt).open(COMMAND_SIGN, hint=COMMAND_HINT)

    def _completions(self) -> list[str]:
        return [f"bucket {name}" for name in self.query_one(BucketsPane).bucket_names]

    # Messages of panes

    def on_pane_place_changed(self) -> None:
        """Write the footer again: other keys work now, or their labels changed."""
        self.show_lines()

    def on_prompt_closed(self) -> None:
        """Focus the pane again."""
        self.pane.focus_table()

    def on_profiles_pane_identified(self, event: ProfilesPane.Identified) -> None:
        """Show the account in the header."""
        self.identity = event.identity
        self.show_head()

    def on_buckets_pane_entered(self, event: BucketsPane.Entered) -> None:
        """Open the bucket."""
        self.browse(event.place)

    def on_pane_left(self, event: Pane.Left) -> None:
        """Bring the pane that the overlay was opened from."""
        if event.pane_id in STACKED and self._below:
            self.bring(self._below.pop())
        else:
            self.bring(OVERLAYS[event.pane_id])

    def on_scan_wanted(self, event: ScanWanted) -> None:
        """Show what takes up the space of a place."""
        self.bring_overlay("scan")
        self.query_one(ScanPane).open(event.place, scan_id=event.scan_id, count=event.count)

    def on_history_wanted(self, event: HistoryWanted) -> None:
        """Show the scans of a place."""
        self.bring_overlay("history")
        self.query_one(HistoryPane).open(event.place)

    def on_compare_wanted(self, event: CompareWanted) -> None:
        """Show what changed between two scans."""
        self.bring_overlay("compare")
        self.query_one(ComparePane).open(event.place, event.before, event.after)

    def on_availability_wanted(self) -> None:
        """Show which days the datasets have."""
        self.bring_overlay("availability")

    def on_files_wanted(self, event: FilesWanted) -> None:
        """Show the files of a job."""
        self.bring("files")
        self.query_one(FilesPane).load(event.record)

    def on_scrapes_pane_explore(self, event: ScrapesPane.Explore) -> None:
        """Show the resources of a scrape."""
        self.bring("explorer")
        explorer = self.query_one(ExplorerPane)
        explorer.load(event.record, event.search)
        if event.search:
            explorer.dropped = self._opening.dropped

    def on_scrapes_pane_compare_wanted(self, event: ScrapesPane.CompareWanted) -> None:
        """Compare two scrapes."""
        self.bring("changes")
        self.query_one(ChangesPane).load(event.older, event.newer)

    def on_scrapes_pane_activity_wanted(self) -> None:
        """Show the scrapes by day."""
        self.bring("activity")
        self.query_one(ActivityPane).load()
