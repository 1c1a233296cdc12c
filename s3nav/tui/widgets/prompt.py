"""The input line below a pane: for a filter, a prefix or a command."""

from textual.containers import Horizontal
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Static


class Prompt(Horizontal):
    """Hidden until opened. While open, its parent has the class ``-typing``, which hides lines."""

    DEFAULT_CSS = """
    Prompt { height: 1; display: none; background: $surface; }
    Prompt.-open { display: block; }
    Prompt > Static { width: auto; color: $accent; text-style: bold; padding: 0 1; }
    Prompt > Input, Prompt > Input:focus {
        width: 1fr; height: 1; border: none; padding: 0; background: $surface;
    }
    """

    class Changed(Message):
        """The text changed."""

        def __init__(self, sign: str, text: str) -> None:
            super().__init__()
            self.sign, self.text = sign, text

    class Submitted(Message):
        """The user pressed enter; the prompt is closed."""

        def __init__(self, sign: str, text: str) -> None:
            super().__init__()
            self.sign, self.text = sign, text

    class Closed(Message):
        """The prompt was closed."""

    def __init__(
        self,
        *,
        suggester: Suggester | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name for it
    ) -> None:
        super().__init__(id=id)
        self._suggester = suggester
        self.sign = ""
        """Empty while closed."""

    @property
    def is_open(self) -> bool:
        """True while the user can type."""
        return bool(self.sign)

    def open(self, sign: str, *, text: str = "", hint: str = "") -> None:
        """Open the line; `hint` is shown while it is empty."""
        self.sign = sign
        if not self.children:
            # Most prompts are never opened; mounting two widgets for each would slow every start.
            self.mount(
                Static("", markup=False),
                Input(suggester=self._suggester, select_on_focus=False),
            )
        self.query_one(Static).update(sign)
        field = self.query_one(Input)
        with self.prevent(Input.Changed):
            field.value = text
        field.placeholder = hint
        field.cursor_position = len(text)
        self.add_class("-open")
        if self.parent is not None:
            self.parent.add_class("-typing")
        field.focus()

    def close(self) -> None:
        """Close the line; a filter that was typed stays."""
        self.sign = ""
        self.remove_class("-open")
        if self.parent is not None:
            self.parent.remove_class("-typing")
        self.post_message(self.Closed())

    def on_input_changed(self, event: Input.Changed) -> None:
        """Post the changed text."""
        event.stop()
        if self.is_open:
            self.post_message(self.Changed(self.sign, event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Close the line, then post the text."""
        event.stop()
        sign = self.sign
        self.close()
        self.post_message(self.Submitted(sign, event.value))
