"""One line of text with a left and a right end; parts of it can be clicked."""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from s3nav.present.formatting import Span

CUT = "…"
_PARTS = ("dim", "accent", "good", "warn", "bad")


class Line(Widget):
    """Used for status, breadcrumbs, header, tabs and footer.

    If both ends do not fit, the right one is left out.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"line--{name}" for name in _PARTS}
    DEFAULT_CSS = """
    Line { height: 1; }
    Line > .line--dim { color: $text-muted; }
    Line > .line--accent { color: $accent; }
    Line > .line--good { color: $success; }
    Line > .line--warn { color: $warning; }
    Line > .line--bad { color: $error; }
    """

    class Picked(Message):
        """The user clicked a part with a target."""

        def __init__(self, target: str) -> None:
            super().__init__()
            self.target = target

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self.left: tuple[Span, ...] = ()
        self.right: tuple[Span, ...] = ()
        self._targets: list[tuple[int, int, str]] = []

    def show(self, left: Sequence[Span], right: Sequence[Span] = ()) -> None:
        """Replace both ends; paint only if they changed."""
        if (tuple(left), tuple(right)) != (self.left, self.right):
            self.left, self.right = tuple(left), tuple(right)
            self._targets = []
            self.refresh()

    def show_parts(self, parts: Sequence[tuple[str, Sequence[Span]]]) -> None:
        """Replace the left end by parts, each with the target that a click names."""
        spans: list[Span] = []
        targets: list[tuple[int, int, str]] = []
        at = 0
        for target, part in parts:
            width = sum(cell_len(text) for text, _ in part)
            targets.append((at, at + width, target))
            spans += part
            at += width
        self.show(spans)
        self._targets = targets

    @property
    def text(self) -> str:
        """The text without tones."""
        ends = ("".join(text for text, _ in end) for end in (self.left, self.right))
        return "   ".join(end for end in ends if end)

    def on_click(self, event: events.Click) -> None:
        """Post the target of the clicked part."""
        for start, stop, target in self._targets:
            if start <= event.x < stop:
                self.post_message(self.Picked(target))

    def render_line(self, y: int) -> Strip:
        """The left end, blanks, the right end."""
        width, base = self.size.width, self.rich_style
        left = self._segments(self.left, base)
        right = self._segments(self.right, base)
        spare = width - sum(s.cell_length for s in left) - sum(s.cell_length for s in right)
        if spare >= 1:
            left += [Segment(" " * spare, base), *right]
        elif sum(s.cell_length for s in left) > width > 1:
            cut = Strip(left).crop(0, width - 1)
            return Strip([*cut, Segment(CUT, base)]).adjust_cell_length(width, base)
        return Strip(left).adjust_cell_length(width, base)

    def _segments(self, spans: Sequence[Span], base: Style) -> list[Segment]:
        return [Segment(text, self._toned(tone, base)) for text, tone in spans]

    def _toned(self, tone: str, base: Style) -> Style:
        if not tone:
            return base
        style = self.get_component_rich_style(f"line--{tone}", partial=True)
        return base + Style(color=style.color, bold=tone == "accent" or None)
