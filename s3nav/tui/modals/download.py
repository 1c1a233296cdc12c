"""The dialog that asks for the target directory of a download."""

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
    """Returns the target directory, or None."""

    DEFAULT_CSS = """
    DownloadModal Input, DownloadModal Input:focus {
        height: 1; border: none; padding: 0; background: $background;
    }
    DownloadModal .quiet { color: $text-muted; }
    """

    def __init__(self, sources: tuple[Source, ...], words: str, target: Path) -> None:
        super().__init__()
        self._sources = sources
        self._words = words
        self._target = target

    def compose(self) -> ComposeResult:
        """The sources, the target directory, and what a download promises."""
        with Vertical(classes="box") as box:
            box.border_title = "download"
            box.border_subtitle = "enter queue   esc close"
            yield Static(self._words, markup=False)
            for source in self._sources[:SOURCES_SHOWN]:
                yield Static(f"  {safe_text(str(source.place))}", markup=False, classes="quiet")
            more = len(self._sources) - SOURCES_SHOWN
            if more > 0:
                yield Static(f"  and {more:,} more", markup=False, classes="quiet")
            yield Static("")
            yield Static(Content.styled("into this directory", "$text-muted"))
            yield Input(str(self._target), select_on_focus=False)
            yield Static("")
            yield Static(
                "Each object is stored at DIRECTORY/bucket/key. Files that exist already with the "
                "same content are skipped. Every byte is verified if S3 offers a checksum.",
                markup=False,
                classes="quiet",
            )

    def on_mount(self) -> None:
        """Focus the directory, with the cursor at its end."""
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Return the directory."""
        event.stop()
        if event.value.strip():
            self.dismiss(Path(event.value.strip()).expanduser())
