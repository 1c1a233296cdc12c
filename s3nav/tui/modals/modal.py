"""The base of all dialogs: a box with a title; escape closes it."""

from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

Result = TypeVar("Result")


class Modal(ModalScreen[Result]):
    """Escape returns None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", "close", show=False)]
    DEFAULT_CSS = """
    Modal { align: center middle; background: $background 60%; }
    Modal > .box {
        width: 76; max-width: 94%; height: auto; max-height: 90%;
        background: $surface; padding: 1 2; border: round $panel;
        border-title-color: $accent; border-title-style: bold; border-subtitle-color: $text-muted;
    }
    """
