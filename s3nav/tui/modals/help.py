"""The dialog with the keys that work at a place."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from s3nav.tui.actions import GROUPS_OF, Place, actions_at, keys_shown
from s3nav.tui.modals.modal import Modal

KEY_CELLS = 18


class HelpModal(Modal[None]):
    """All actions of a place by group, its own group first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "dismiss", "close", show=False)
    ]

    def __init__(self, place: Place) -> None:
        super().__init__()
        self._place = place

    def compose(self) -> ComposeResult:
        """A block for each group."""
        with VerticalScroll(classes="box") as box:
            box.border_title = f"keys: {self._place}"
            box.border_subtitle = "j k scroll   esc close"
            for group in GROUPS_OF[self._place]:
                yield Static(Content.styled(group.value, "$accent bold"))
                for action in actions_at(self._place):
                    if action.group is group:
                        keys = keys_shown(action, all_keys=True)
                        yield Static(
                            Content.assemble(
                                (f"  {keys}".ljust(KEY_CELLS), "bold"), (action.help, "$text-muted")
                            )
                        )
                yield Static("")

    def on_mount(self) -> None:
        """Focus the box, so that it scrolls."""
        self.query_one(VerticalScroll).focus()

    def key_j(self) -> None:
        """Scroll down."""
        self.query_one(VerticalScroll).scroll_down(animate=False)

    def key_k(self) -> None:
        """Scroll up."""
        self.query_one(VerticalScroll).scroll_up(animate=False)
