"""A tree with the keys of the row table, and JSON in such a tree."""

from collections.abc import Iterable, Mapping
from typing import ClassVar, Generic, TypeVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from s3nav.present.formatting import count, safe_text

Data = TypeVar("Data")
NODES_MOST = 5_000
"""Nodes made of one JSON value; a last node says that there are more."""
OPEN_MOST = 12
"""Values with at most this number of members are shown unfolded."""


class FoldTree(Tree[Data], Generic[Data]):
    """Textual's tree with the cursor keys of the row table."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
        Binding("g,home", "scroll_home", show=False),
        Binding("G,end", "scroll_end", show=False),
        Binding("l,right", "unfold", show=False),
        Binding("h,left", "fold", show=False),
    ]

    def action_unfold(self) -> None:
        """Unfold the node; if it is unfolded, go to its first child."""
        node = self.cursor_node
        if node is None or not node.allow_expand:
            return
        if node.is_expanded:
            self.action_cursor_down()
        else:
            node.expand()

    def action_fold(self) -> None:
        """Fold the node; if it is folded, go to its parent."""
        node = self.cursor_node
        if node is not None and node.is_expanded and node.allow_expand:
            node.collapse()
        elif node is not None and node.parent is not None:
            self.move_cursor(node.parent)


class JsonTree(FoldTree[None]):
    """A JSON value; objects and lists fold."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name for it
        super().__init__("", id=id)
        self._nodes_left = 0

    def show(self, title: str, value: object) -> None:
        """Show a value."""
        self.clear()
        self._nodes_left = NODES_MOST
        self.root.set_label(Text(safe_text(title)))
        self._fill(self.root, value)
        self.root.expand()

    def say(self, words: str) -> None:
        """Show a message in place of a value."""
        self.clear()
        self.root.set_label(Text(safe_text(words), style="dim"))

    def _fill(self, node: TreeNode[None], value: object) -> None:
        for name, member in _members(value):
            if self._nodes_left <= 0:
                node.add_leaf(Text("… more: `scrape query` shows all of it", style="dim"))
                return
            self._nodes_left -= 1
            if isinstance(member, Mapping | list) and member:
                child = node.add(_head(name, member), expand=len(member) <= OPEN_MOST)
                self._fill(child, member)
            else:
                node.add_leaf(Text.assemble((f"{safe_text(name)}: ", "dim"), _plain(member)))


def _members(value: object) -> Iterable[tuple[str, object]]:
    match value:
        case Mapping():
            return [(str(name), member) for name, member in value.items()]
        case list():
            return [(str(number), member) for number, member in enumerate(value)]
        case _:
            return [("value", value)]


def _head(name: str, value: Mapping[object, object] | list[object]) -> Text:
    kind = f"{{{count(len(value))}}}" if isinstance(value, Mapping) else f"[{count(len(value))}]"
    return Text.assemble((safe_text(name), "bold"), (f" {kind}", "dim"))


def _plain(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Mapping():
            return "{}"
        case list():
            return "[]"
        case _:
            return safe_text(str(value))
