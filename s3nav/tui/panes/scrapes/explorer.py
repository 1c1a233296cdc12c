"""Over the scrapes: the queries of one as a tree, their resources, and the JSON of each."""

from collections.abc import Sequence
from functools import partial

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import Tree

from s3nav.present.formatting import Icons, Notice, Span, count, number_of, safe_text
from s3nav.scrape import QueryFact, Resource, ScrapeRecord, Where
from s3nav.tui.actions import Group, Place, bindings
from s3nav.tui.ask import Answered, ask, is_unwanted
from s3nav.tui.panes.pane import Pane
from s3nav.tui.panes.scrapes.query_tree import Branch, fill
from s3nav.tui.panes.scrapes.scrape_rows import ResourceRows
from s3nav.tui.ports import CockpitSession
from s3nav.tui.widgets.fold_tree import FoldTree, JsonTree
from s3nav.tui.widgets.line import Line
from s3nav.tui.widgets.prompt import Prompt
from s3nav.tui.widgets.row_table import RowTable

PAGE = 1000
RESOURCES_MOST = 100_000
FOUND_MOST = 1000
SEARCH_SIGN = "search"
SEARCH_HINT = "words, or their first letters, in id, name, ARN, type, service or tags"
JSON_AFTER_S = 0.08
"""The cursor must rest this long on a row before its JSON is read."""


class ExplorerPane(Pane):
    """The tree at the left, resources in the middle, JSON at the right."""

    BINDINGS = bindings(Group.EXPLORER)

    def __init__(self, session: CockpitSession, icons: Icons, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._session = session
        self._icons = icons
        self._record: ScrapeRecord | None = None
        self._queries: Sequence[QueryFact] = ()
        self._rows = ResourceRows()
        self._words = ""
        self._searched = ""
        self._soon: Timer | None = None

    def compose(self) -> ComposeResult:
        """Title, tree, table, JSON, status, prompt."""
        yield Line(id="scrape-title")
        with Horizontal():
            tree: FoldTree[Branch] = FoldTree("", id="queries")
            tree.show_root = True
            yield tree
            yield RowTable(self._rows, icons=self._icons)
            yield JsonTree(id="json")
        yield from self.foot()

    @property
    def place(self) -> Place:
        """See Pane."""
        return Place.EXPLORER

    @property
    def query_tree(self) -> FoldTree[Branch]:
        """Services, regions and operations."""
        return self.query_one("#queries", FoldTree)

    def load(self, record: ScrapeRecord, search: str = "") -> None:
        """Show a scrape, or the results of a search in it."""
        self._record, self._searched = record, ""
        title = f" {record.start_time:%Y-%m-%d %H:%M}"
        account = f"  {safe_text(record.account)}" if record.account else ""
        self.query_one("#scrape-title", Line).show(
            [(title, "accent"), (f"{account}  {record.scrape_id}", "dim")]
        )
        self.query_one(JsonTree).say("")
        where = Where(scrape_id=record.scrape_id)
        ask(
            self,
            lambda: [*self._session.scrapes().queries(where)],
            self._show_tree,
            self.show_problem,
            group="queries",
        )
        if search:
            self._search(record, search)
        else:
            self._list(Branch(where=where, title="everything"))

    def refresh_place(self) -> None:
        """See Pane."""
        if self._record is not None:
            self.load(self._record)

    def close_overlay(self) -> bool:
        """See Pane; then the JSON over the table, the search, this overlay itself."""
        if super().close_overlay():
            return True
        if self.has_class("-json"):
            self.action_json()
        elif self._searched and self._record is not None:
            self.load(self._record)
        else:
            self.leave()
        return True

    def show_status(self) -> None:
        """Show how many resources are listed, and how many queries failed."""
        failed = [query for query in self._queries if query.status.is_failure]
        more = len(self._rows) >= (FOUND_MOST if self._searched else RESOURCES_MOST)
        first = "the first " if more else ""
        listed = number_of(len(self._rows), "resource")
        left: list[Span] = [(f"{first}{listed} · {self._words}", "dim")]
        right: list[Span] = []
        if failed:
            denied = sum(query.status.value == "denied" for query in failed)
            queries = f"{count(len(failed))} of {count(len(self._queries))} queries"
            words = f"{queries} not answered, {count(denied)} denied "
            right.append((words, "warn"))
        self.set_status(left, right)

    # Keys

    def action_json(self) -> None:
        """Focus the JSON, shown over the table in a narrow terminal; or the table again."""
        self.toggle_class("-json")
        self.show_json()
        if self.has_class("-json"):
            self.query_one(JsonTree).focus()
        else:
            self.focus_table()

    def action_turn(self) -> None:
        """Focus the next of tree, table and JSON that is on screen."""
        parts = [self.query_tree, self.table, self.query_one(JsonTree)]
        seen = [part for part in parts if part.display and part.size.width]
        focused = next((at for at, part in enumerate(seen) if part.has_focus), -1)
        if seen:
            seen[(focused + 1) % len(seen)].focus()

    def action_search(self) -> None:
        """Ask what to search for."""
        self.prompt.open(SEARCH_SIGN, text=self._searched, hint=SEARCH_HINT)

    def action_yank(self) -> None:
        """Copy the ARN, or the id if there is none."""
        resource = self._current()
        if resource is not None:
            self.copy(resource.arn or resource.id)

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        """Search."""
        if event.sign != SEARCH_SIGN or self._record is None:
            return
        event.stop()
        text = event.text.strip()
        if text:
            self._search(self._record, text)
        else:
            self.load(self._record)

    def _search(self, record: ScrapeRecord, text: str) -> None:
        self._searched, scrape_id = text, record.scrape_id

        def found(resources: Sequence[Resource]) -> None:
            self._start_list(f"with `{safe_text(text)}`")
            self._append(self._rows, resources)
            self.table.grow(final=True)
            self.table.say(Notice(title="no resource has these words", lines=("esc shows all",)))

        ask(
            self,
            lambda: self._session.scrapes().search(text, scrape_id=scrape_id, limit=FOUND_MOST),
            found,
            self.show_problem,
            group="resources",
        )

    def on_tree_node_highlighted(self, event: Tree.NodeHighlighted[Branch]) -> None:
        """List the resources of the node."""
        if event.node.tree is self.query_tree and self.query_tree.has_focus:
            event.stop()
            if isinstance(event.node.data, Branch):
                self._searched = ""
                self._list(event.node.data)

    def on_row_table_moved(self) -> None:
        """Show the JSON of the row when the cursor rests on it."""
        if self._soon is not None:
            self._soon.stop()
        self._soon = self.set_timer(JSON_AFTER_S, self.show_json)

    def on_row_table_opened(self) -> None:
        """Handle a double click like enter."""
        self.action_json()

    # Content

    def show_json(self) -> None:
        """Read the JSON of the resource under the cursor, if the JSON is on screen."""
        resource, view = self._current(), self.query_one(JsonTree)
        if resource is None or not view.display:
            return
        title = resource.name or resource.id

        def known(content: object) -> None:
            if content is None:
                view.say("the document of this resource is deleted")
            else:
                view.show(f"{resource.type} {title}", content)

        ask(
            self,
            lambda: self._session.scrapes().content(resource),
            known,
            lambda error: view.say(error.message),
            group="json",
        )

    def _show_tree(self, queries: Sequence[QueryFact]) -> None:
        self._queries = queries
        if self._record is not None:
            fill(self.query_tree, self._record.scrape_id, queries, self._icons)
        self.show_status()

    def _list(self, branch: Branch) -> None:
        rows = self._start_list(branch.title)
        if branch.problem:
            self.table.say(Notice(title=branch.title, lines=(branch.problem,), tone="warn"))
            self.show_status()
            return

        def read() -> None:
            scrapes, offset = self._session.scrapes(), 0
            while offset < RESOURCES_MOST and not is_unwanted():
                page = [*scrapes.resources(branch.where, limit=PAGE, offset=offset)]
                self.post_message(Answered(partial(self._append, rows, page)))
                offset += len(page)
                if len(page) < PAGE:
                    return

        ask(self, read, lambda _: self._finish(), self.show_problem, group="resources")

    def _start_list(self, words: str) -> ResourceRows:
        rows = self._rows = ResourceRows()
        self._words = words
        self.table.show(rows)
        self.table.say(Notice(title="reading…"))
        return rows

    def _append(self, rows: ResourceRows, page: Sequence[Resource]) -> None:
        if rows is not self._rows:
            return
        rows.found.extend(page)
        self.table.grow()
        self.show_status()
        self.on_row_table_moved()

    def _finish(self) -> None:
        self.table.grow(final=True)
        self.table.say(Notice(title="no resources", lines=("the responses were empty",)))
        self.show_status()

    def _current(self) -> Resource | None:
        row = self.table.cursor_row
        return None if row is None or row >= len(self._rows) else self._rows.found[row]
