"""Pane 2: the buckets, and how much is in each that was counted."""

from collections.abc import Sequence
from functools import partial

from textual.app import ComposeResult
from textual.message import Message
from textual.worker import get_current_worker

from s3nav.browse import BucketStats, known_buckets
from s3nav.model.errors import S3NavError
from s3nav.model.events import Event, ScanProgress
from s3nav.model.objects import BucketFact
from s3nav.model.places import S3Uri
from s3nav.present.buckets import month_words
from s3nav.present.formatting import Icons, Notice, Span, count, number_of, size
from s3nav.transfer import Source
from s3nav.tui.actions import Group, Place, bindings
from s3nav.tui.ask import Answered, ask, stop_if_unwanted
from s3nav.tui.panes.buckets.bucket_rows import BucketRow, BucketRows, sum_in_words
from s3nav.tui.panes.pane import Pane
from s3nav.tui.panes.scan_messages import AvailabilityWanted, HistoryWanted, ScanWanted
from s3nav.tui.ports import CockpitSession, CountBuckets
from s3nav.tui.widgets.row_table import RowTable

COUNTED_AT_ONCE = 4
EMPTY = Notice(title="no buckets", lines=("this account has none in any region",))
FILTERED = Notice(title="no bucket matches the filter", lines=("esc clears it",))


class BucketsPane(Pane):
    """A row for each bucket. Counting costs requests, so it starts only by a key."""

    BINDINGS = bindings(Group.BUCKETS)

    class Entered(Message):
        """The user opens a bucket."""

        def __init__(self, place: S3Uri) -> None:
            super().__init__()
            self.place = place

    def __init__(
        self,
        session: CockpitSession,
        count_buckets: CountBuckets,
        icons: Icons,
        *,
        id: str,  # noqa: A002 - Textual's name for it
    ) -> None:
        super().__init__(id=id)
        self._session = session
        self._count_buckets = count_buckets
        self._icons = icons
        self._rows = self._rows_of(())
        self._waited_drains = 0
        self._is_loading = False
        self.counts_when_listed = False
        """True to count all buckets as soon as they are listed."""

    def compose(self) -> ComposeResult:
        """Table, status, prompt."""
        yield RowTable(self._rows, markable=True, icons=self._icons)
        yield from self.foot()

    @property
    def place(self) -> Place:
        """See Pane."""
        return Place.BUCKETS

    @property
    def bucket_names(self) -> list[str]:
        """The names known so far."""
        return [row.fact.name for row in self._rows.rows]

    def load(self) -> None:
        """List the buckets, and forget earlier counts."""
        self.workers.cancel_group(self, "count")
        self._is_loading, self._waited_drains = True, 0
        self._show_loading()
        ask(self, self._list, self._show, self._cannot_list, group="buckets")

    def refresh_place(self) -> None:
        """See Pane."""
        self.load()

    def handle_events(self, events: Sequence[Event]) -> None:
        """Show the progress of counts."""
        if self._is_loading:
            self._waited_drains += 1
            self._show_loading()
        seen = False
        for event in events:
            if not isinstance(event, ScanProgress) or event.bucket not in self._rows.by_name:
                continue
            if event.prefix:
                continue  # a count of a part of the bucket
            row = self._rows.by_name[event.bucket]
            if row.is_waiting or row.progress:
                row.progress, row.is_waiting, seen = event, False, True
        if seen:
            self._repaint()

    def show_status(self) -> None:
        """See Pane."""
        rows = self._rows.rows
        whole = sum(row.is_whole for row in rows)
        known = [row.size_bytes for row in rows if row.size_bytes is not None]
        left: list[Span] = [(f"{number_of(len(rows), 'bucket')} · {count(whole)} counted", "dim")]
        if known:
            sign = "" if whole == len(rows) else "≥ " if not self._icons.is_ascii else ">= "
            left.append((f" · {sign}{size(sum(known), self._size_style)}", "dim"))
        if self.table.view.marks:
            left.append((f" · {count(len(self.table.view.marks))} marked", "accent"))
        self.set_status(left)
        if not self._is_loading:
            self.table.say(FILTERED if rows else EMPTY)

    def action_open(self) -> None:
        """Open the bucket under the cursor."""
        row = self.table.cursor_row
        if row is not None:
            self.post_message(self.Entered(S3Uri(self._rows.key(row))))

    def on_row_table_opened(self) -> None:
        """Handle a double click like enter."""
        self.action_open()

    def action_yank(self) -> None:
        """Copy the bucket's URI."""
        row = self.table.cursor_row
        if row is not None:
            self.copy(str(S3Uri(self._rows.key(row))))

    def action_count(self) -> None:
        """Count the marked buckets, or the one under the cursor."""
        self._count([row.fact for row in self._chosen()])

    def action_download(self) -> None:
        """Download the marked buckets, or the one under the cursor; a dialog asks where to."""
        self._want(self.DownloadWanted)

    def action_cost(self) -> None:
        """Show what downloading them would cost."""
        self._want(self.CostWanted)

    def _want(self, message: type[Pane.DownloadWanted]) -> None:
        chosen = self._chosen()
        if chosen:
            sources = tuple(Source(place=S3Uri(row.fact.name)) for row in chosen)
            words = sum_in_words(chosen, size_style=self._size_style)
            self.post_message(message(sources, words))

    def action_totals(self) -> None:
        """Show what takes up the space of the bucket; count it if it has no scan."""
        row = self.table.cursor_row
        if row is not None:
            self.post_message(ScanWanted(S3Uri(self._rows.key(row))))

    def action_history(self) -> None:
        """Show the scans of the bucket."""
        row = self.table.cursor_row
        if row is not None:
            self.post_message(HistoryWanted(S3Uri(self._rows.key(row))))

    def action_availability(self) -> None:
        """Show the days for which datasets have data."""
        self.post_message(AvailabilityWanted())

    def action_count_all(self) -> None:
        """Count every bucket that the filter shows."""
        view = self.table.view
        self._count([self._rows.rows[view.row_at(p)].fact for p in range(len(view))])

    def action_stop(self) -> None:
        """Stop counting; what was counted stays, shown as a part."""
        self.workers.cancel_group(self, "count")
        for row in self._rows.rows:
            row.is_waiting = False
        self._repaint()

    def _chosen(self) -> list[BucketRow]:
        """The marked rows, or the one under the cursor."""
        row = self.table.cursor_row
        numbers = sorted(self.table.view.marks.values()) or ([] if row is None else [row])
        return [self._rows.rows[number] for number in numbers]

    @property
    def _size_style(self) -> str:
        return self._session.settings.size_format

    def _rows_of(self, facts: Sequence[BucketFact]) -> BucketRows:
        return BucketRows(facts, self._icons, size_style=self._size_style, now=self.now)

    def _list(self) -> tuple[BucketFact, ...]:
        return self._session.retrying_store(stop_if_unwanted).list_buckets()

    def _show(self, facts: Sequence[BucketFact]) -> None:
        self._is_loading = False
        self._rows = self._rows_of(facts)
        self.table.show(self._rows)
        self.show_status()
        if self.counts_when_listed:
            self.counts_when_listed = False
            self.action_count_all()
        ask(
            self,
            lambda: known_buckets(self._session.scans(), facts),
            self._show_known,
            self.report,
            group="known",
        )

    def _show_known(self, known: Sequence[BucketStats]) -> None:
        """Show earlier scans of buckets that have no newer count."""
        for stats in known:
            row = self._rows.by_name.get(stats.bucket)
            if row is not None and row.stats is None:
                row.stats = stats
        self._repaint()

    def _cannot_list(self, error: S3NavError) -> None:
        self._is_loading = False
        self._rows = self._rows_of(())
        self.table.show(self._rows)
        self.show_status()
        notice = self.problem_notice(error)
        known = "  :bucket NAME opens a bucket by name · 1 switches the profile · ctrl+r retries"
        self.table.say(Notice(title=notice.title, lines=(*notice.lines, known), tone="bad"))

    def _show_loading(self) -> None:
        waited = f" {self._waited_drains // 10} s" if self._waited_drains >= 10 else ""
        where = self._session.settings.endpoint_url or "AWS"
        self.table.say(Notice(title=f"listing buckets…{waited}", lines=(f"waiting for {where}",)))

    def _repaint(self) -> None:
        self.table.values_changed()
        self.show_status()

    def _count(self, facts: Sequence[BucketFact]) -> None:
        """Count in a thread; skip buckets under way."""
        idle = [f for f in facts if self._is_idle(f.name)]
        if not idle:
            return
        for fact in idle:
            self._rows.by_name[fact.name].is_waiting = True
        self._repaint()

        def run() -> None:
            worker = get_current_worker()
            try:
                for stats in self._count_buckets(
                    self._session.scans(),
                    idle,
                    at_once=COUNTED_AT_ONCE,
                    fresh=True,
                    is_cancelled=lambda: worker.is_cancelled,
                ):
                    month = month_words(self._session.estimator, stats)
                    self.post_message(Answered(partial(self._counted, stats, month)))
            except S3NavError as error:
                self.report(error)

        self.run_worker(run, thread=True, group="count")

    def _is_idle(self, name: str) -> bool:
        row = self._rows.by_name[name]
        return not row.is_waiting and row.progress is None

    def _counted(self, stats: BucketStats, month: str) -> None:
        row = self._rows.by_name.get(stats.bucket)
        if row is not None:
            self._rows.months[stats.bucket] = month
            row.stats, row.progress, row.is_waiting = stats, None, False
            self._repaint()
