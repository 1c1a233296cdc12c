"""The dialog that shows an error: what happened, where, and what to do."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from s3nav.model.errors import S3NavError
from s3nav.present.cockpit_hints import explained
from s3nav.tui.modals.modal import Modal


class ProblemModal(Modal[None]):
    """Shows one S3NavError."""

    def __init__(self, error: S3NavError, options: Sequence[str] = ()) -> None:
        super().__init__()
        self._error = error
        self._options = options
        """Options of this run's connection, for command lines in the hint."""

    def compose(self) -> ComposeResult:
        """Headline, context, remedy."""
        headline, *rest = explained(self._error, self._options)
        with VerticalScroll(classes="box") as box:
            box.border_title = "error"
            box.border_subtitle = "esc close"
            yield Static(Content.styled(headline, "$error bold"))
            if rest:
                yield Static("")
            for line in rest:
                style = "$foreground" if line.lstrip().startswith("hint:") else "$text-muted"
                yield Static(Content.styled(line.strip(), style))
