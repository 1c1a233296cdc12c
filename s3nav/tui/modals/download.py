"""Where a download goes, asked before anything is listed."""

from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from s3nav.present.formatting import safe_text
from s3nav.transfer import Source
from s3nav.tui.modals.modal import Modal

SOURCES_SHOWN = 6


class DownloadModal(Modal[Path | None]):
    """Gives the target directory back, or None."""

    DEFAULT_CSS = """
    DownloadModal Input, DownloadModal Input:focus {
        height: 1; border: none; padding: 0; background: $background;
    }
    DownloadModal .quiet { color: $text-muted; }
    """

    def __init__(self, sources: tuple[Source, ...], said: str, target: Path) -> None:
        super().__init__()
        self._sources = sources
        self._said = said
        self._target = target

    def compose(self) -> ComposeResult:
        """What, where to, and how the file names come about."""
        with Vertical(classes="box") as box:
            box.border_title = "download"
            box.border_subtitle = "enter queue   esc leave"
            yield Static(self._said, markup=False)
            for source in self._sources[:SOURCES_SHOWN]:
                yield Static(f"  {safe_text(str(source.place))}", markup=False, classes="quiet")
            more = len(self._sources) - SOURCES_SHOWN
            if more > 0:
                yield Static(f"  and {more:,} more", markup=False, classes="quiet")
            yield Static("")
            yield Static(Content.styled("into the directory", "$text-muted"))
            yield Input(str(self._target), select_on_focus=False)
            yield Static("")
            yield Static(
                "each object becomes DIRECTORY/bucket/key; what is there already and the same "
                "is not fetched again; every byte is verified where S3 allows it",
                markup=False,
                classes="quiet",
            )

    def on_mount(self) -> None:
        """The cursor stands behind the directory."""
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter queues it."""
        event.stop()
        if event.value.strip():
            self.dismiss(Path(event.value.strip()).expanduser())
