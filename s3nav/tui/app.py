"""The cockpit: routes what panes ask for, computes nothing."""

import logging
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from msgspec.structs import replace
from textual import on
from textual.dom import DOMNode

from s3nav.model.errors import S3NavError
from s3nav.model.places import S3Uri
from s3nav.present.formatting import safe_text
from s3nav.present.headless_line import connection_words, headless_line
from s3nav.transfer import JobRecord, Selection, Source, Verification, selection_command_words
from s3nav.tui.actions import Action, Group, actions_at, keys_shown
from s3nav.tui.ask import Answered, ask
from s3nav.tui.commands import Reachable, parse_command
from s3nav.tui.head_words import TABS
from s3nav.tui.modals.confirm import ConfirmModal
from s3nav.tui.modals.cost import CostModal
from s3nav.tui.modals.download import DownloadModal
from s3nav.tui.modals.problem import ProblemModal
from s3nav.tui.modals.send import UploadModal
from s3nav.tui.modals.send_draft import Draft, copy_draft, upload_draft
from s3nav.tui.panes.buckets import BrowserPane, BucketsPane
from s3nav.tui.panes.initial_view import said_of
from s3nav.tui.panes.pane import Pane
from s3nav.tui.panes.profiles import ProfilesPane
from s3nav.tui.panes.scan_messages import CompareWanted, HistoryWanted, ScanWanted
from s3nav.tui.panes.scans import ComparePane, HistoryPane, ScanPane
from s3nav.tui.panes.scrapes import ActivityPane, ChangesPane, ExplorerPane, ScrapesPane
from s3nav.tui.panes.transfers import FilesPane, FilesWanted, TransfersPane
from s3nav.tui.shell import COMMAND_SIGN, Shell
from s3nav.tui.widgets.line import Line
from s3nav.tui.widgets.prompt import Prompt

logger = logging.getLogger(__name__)


class Cockpit(Shell):
    """The frame with its panes connected."""

    def on_shell_started(self) -> None:
        """Show what was typed on the command line, as soon as its pane is composed."""
        opening = self.opening
        if opening.place is not None and opening.overlay == "scan":
            wanted = ScanWanted(opening.place, count=opening.counts)
            self.base.query_one(ScanPane).call_later(self.on_scan_wanted, wanted)
        elif opening.place is not None and opening.overlay == "history":
            history = HistoryWanted(opening.place)
            self.base.query_one(HistoryPane).call_later(self.on_history_wanted, history)
        elif opening.selection is not None and opening.overlay == "cost":
            self.push_screen(CostModal(self.session, opening.selection, said_of(opening)))
        elif opening.selection is not None:
            self._ask_target(opening.selection, said_of(opening))

    # What panes ask for

    def on_answered(self, event: Answered) -> None:
        """Run what an answer brings, here on the UI thread; one after the end is dropped."""
        if self.is_running:
            event.deliver()

    def on_pane_failed(self, event: Pane.Failed) -> None:
        """Show a problem in full."""
        self._tell(event.error)

    def _tell(self, error: S3NavError) -> None:
        options = connection_words(self.session.settings, self.opening.connection)
        self.push_screen(ProblemModal(error, options))

    def on_line_picked(self, event: Line.Picked) -> None:
        """A tab or a key of the footer was clicked."""
        if event.target in dict(TABS):
            self.action_show_pane(event.target)
            return
        for action in actions_at(self.pane.place):
            if action.id == event.target:
                self._run(action)

    def on_buckets_pane_entered(self, event: BucketsPane.Entered) -> None:
        """Open the browser over the buckets."""
        self._browse(event.place)

    def on_browser_pane_left(self) -> None:
        """Back to the buckets."""
        self._bring("buckets")

    # Scans: each layer remembers what it lies over

    def on_scan_wanted(self, event: ScanWanted) -> None:
        """Show where the room of a place goes."""
        self._lay("scan")
        self.base.query_one(ScanPane).open(event.place, scan_id=event.scan_id, count=event.count)

    def on_history_wanted(self, event: HistoryWanted) -> None:
        """Show the scans of a place."""
        self._lay("history")
        self.base.query_one(HistoryPane).open(event.place)

    def on_compare_wanted(self, event: CompareWanted) -> None:
        """Show what changed between two scans."""
        self._lay("compare")
        self.base.query_one(ComparePane).open(event.place, event.before, event.after)

    def on_availability_wanted(self) -> None:
        """Show which days the datasets have."""
        self._lay("availability")

    def on_overlay_closed(self) -> None:
        """Back to where the layer was opened from."""
        self._bring(self._below.pop() if self._below else "buckets")

    def _lay(self, pane_id: str) -> None:
        """Open a layer; one that is open already is not opened over itself."""
        current = self.pane.id or "buckets"
        if pane_id in self._below:
            del self._below[self._below.index(pane_id) :]
        elif current != pane_id:
            self._below.append(current)
        self._bring(pane_id)

    def on_browser_pane_upload_wanted(self, event: BrowserPane.UploadWanted) -> None:
        """Ask what to send, show the plan, and queue it when it is agreed to."""
        self._send(upload_draft(event.to))

    def on_browser_pane_copy_wanted(self, event: BrowserPane.CopyWanted) -> None:
        """Ask where to copy, show the plan, and queue it when it is agreed to."""
        buckets = self.base.query_one(BucketsPane).bucket_names
        self._send(copy_draft(event.sources, event.said, at=event.at, buckets=buckets))

    def _send(self, draft: Draft) -> None:
        def queued(record: JobRecord | None) -> None:
            if record is not None:
                self.base.query_one(TransfersPane).tell_queued(record)

        self.push_screen(UploadModal(self.session, draft), queued)

    def on_files_wanted(self, event: FilesWanted) -> None:
        """Open the files over the queue."""
        self._bring("files")
        self.base.query_one(FilesPane).load(event.record)

    def on_files_pane_left(self) -> None:
        """Back to the queue."""
        self._bring("transfers")

    def on_pane_cost_wanted(self, event: Pane.CostWanted) -> None:
        """List and price what would be downloaded."""
        selection = self._selection(event.sources)
        self.push_screen(CostModal(self.session, selection, event.said))

    def _selection(self, sources: tuple[Source, ...]) -> Selection:
        settings = self.session.settings
        return Selection(
            sources=sources,
            target=Path(settings.download_dir).expanduser(),
            overwrite=settings.overwrite_existing,
            verify=Verification.of(settings.verify),
        )

    def on_scrapes_pane_explore(self, event: ScrapesPane.Explore) -> None:
        """Look into a scrape."""
        self._bring("explorer")
        explorer = self.base.query_one(ExplorerPane)
        explorer.load(event.record, event.search)
        if event.search:
            explorer.dropped = self.opening.dropped

    def on_scrapes_pane_compare_wanted(self, event: ScrapesPane.CompareWanted) -> None:
        """Put two scrapes side by side."""
        self._bring("changes")
        self.base.query_one(ChangesPane).load(event.older, event.newer)

    def on_scrapes_pane_activity_wanted(self) -> None:
        """Show what was scraped day by day."""
        self._bring("activity")
        self.base.query_one(ActivityPane).load()

    @on(ExplorerPane.Left)
    @on(ChangesPane.Left)
    @on(ActivityPane.Left)
    def back_to_scrapes(self) -> None:
        """Leave what lies over the scrapes."""
        self._bring("scrapes")

    def on_pane_download_wanted(self, event: Pane.DownloadWanted) -> None:
        """Ask where to, then queue."""
        self._ask_target(self._selection(event.sources), event.said)

    def _ask_target(self, selection: Selection, said: str) -> None:
        def queue(chosen: Path | None) -> None:
            if chosen is not None:
                self.base.query_one(TransfersPane).queue(replace(selection, target=chosen))

        self.push_screen(DownloadModal(selection.sources, said, selection.target), queue)

    def on_pane_headless_wanted(self, event: Pane.HeadlessWanted) -> None:
        """Copy the command line that downloads the same."""
        self._copy_line(selection_command_words(self._selection(event.sources)))

    def on_pane_command_wanted(self, event: Pane.CommandWanted) -> None:
        """Copy a command line with the connection of this run."""
        self._copy_line(event.words)

    def _copy_line(self, words: Sequence[str]) -> None:
        self.pane.copy(headless_line(words, self.session.settings, self.opening.connection))

    def on_profiles_pane_identified(self, event: ProfilesPane.Identified) -> None:
        """The header says who we are."""
        self._identity = event.identity
        self._show_head()

    def on_profiles_pane_wanted(self, event: ProfilesPane.Wanted) -> None:
        """Work with another profile; running jobs are asked about first."""
        if not self.bridge.running:
            self._use(event.name)
            return
        lines = (
            "Jobs are still running with the present profile.",
            "They stop, and can be resumed.",
        )

        def use_if(sure: bool | None) -> None:
            if sure:
                self._use(event.name)

        self.push_screen(ConfirmModal("change the profile?", lines, yes="change"), use_if)

    def _use(self, name: str) -> None:
        self._identity = None
        self.base.query_one(ScanPane).action_stop()
        panes = self.base.query_one(ProfilesPane)
        ask(
            panes,
            partial(self.session.use_profile, name),
            lambda _: self._load_all(),
            self._tell,
            group="use",
        )

    # Command line and palette

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        """Do what was typed behind the colon."""
        if event.sign != COMMAND_SIGN or not event.text.strip():
            return
        try:
            command = parse_command(event.text)
        except S3NavError as error:
            said = safe_text(error.message)
            self.notify(error.remedy, title=said, severity="warning", markup=False)
            return
        match command.verb:
            case "place":
                self._browse(S3Uri.parse(command.argument))
            case "profile":
                self._use(command.argument)
            case "pane":
                self._bring(command.argument)
            case "quit":
                self.action_ask_quit()

    def reachable(self) -> Iterator[Reachable]:
        """Actions of this place, then every bucket."""
        for action in actions_at(self.pane.place):
            if action.group is not Group.LISTS and action.id != "app.palette":
                title = f"{action.label}  ({keys_shown(action)})"
                yield Reachable(title, action.help, partial(self._run, action))
        for name in self.base.query_one(BucketsPane).bucket_names:
            yield Reachable(f"bucket {name}", "look into it", partial(self._browse, S3Uri(name)))

    def _run(self, action: Action) -> None:
        """Run an action where its group's bindings are: the app, the table or the pane."""
        scope: DOMNode = self.pane
        if action.group is Group.EVERYWHERE:
            scope = self
        elif action.group in {Group.LISTS, Group.MARKS}:
            scope = self.pane.table
        self.call_later(self.run_action, action.run, scope)
