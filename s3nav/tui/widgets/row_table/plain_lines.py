"""Lines of a widget that paints every cell of them itself: nothing is put around or over them."""

from typing import Any

# Textual has no public place for it: its version is bounded, and pictures show what changes.
from textual._styles_cache import StylesCache
from textual.strip import Strip


class PlainLines(StylesCache):
    """Without border, padding, outline, hatch and opacity: they cost a fifth of a screen's work."""

    def render_line(self, *line: Any, **_more: Any) -> Strip:
        """One line, as the widget makes it."""
        y, render_content_line = line[1], line[7]
        strip: Strip = render_content_line(y)
        return strip
