"""A dialog that asks yes or no."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from s3nav.tui.modals.modal import Modal


class ConfirmModal(Modal[bool | None]):
    """Returns True for yes, False or None for no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "dismiss(True)", "yes", show=False),
        Binding("n", "dismiss(False)", "no", show=False),
    ]

    def __init__(self, title: str, lines: Sequence[str], *, yes: str) -> None:
        super().__init__()
        self._title = title
        self._lines = tuple(lines)
        self._yes = yes

    def compose(self) -> ComposeResult:
        """What will happen, then the keys."""
        with Vertical(classes="box") as box:
            box.border_title = self._title
            for line in self._lines:
                yield Static(line, markup=False)
            yield Static("")
            yield Static(
                Content.assemble(
                    ("y", "$accent bold"), f" {self._yes}   ", ("n", "$accent bold"), " no"
                )
            )
