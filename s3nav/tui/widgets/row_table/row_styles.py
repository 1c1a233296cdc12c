"""The styles of the row table: of its parts, and of the tones that its cells have."""

from collections.abc import Callable

from rich.style import Style

_RULES = {
    "header": "color: $text-muted;",
    "sorted": "color: $accent; text-style: bold;",
    "cursor": "background: $block-cursor-background; text-style: bold;",
    "cursor-blurred": "background: $block-cursor-blurred-background;",
    "marked": "color: $accent;",
    "title": "text-style: bold;",
    "dim": "color: $text-muted;",
    "accent": "color: $accent;",
    "good": "color: $success;",
    "warn": "color: $warning;",
    "bad": "color: $error;",
}
ROW_CLASSES = {f"row-table--{name}" for name in _RULES}
ROW_CSS = "\n".join(
    (
        "RowTable { height: 1fr; scrollbar-size-vertical: 1; overflow-x: hidden; }",
        *(f"RowTable > .row-table--{name} {{ {rule} }}" for name, rule in _RULES.items()),
    )
)


class RowStyles:
    """Looks up a style once, until the theme changes."""

    def __init__(self, look_up: Callable[[str], Style]) -> None:
        self._look_up = look_up
        self._known: dict[str, Style] = {}

    def of(self, name: str) -> Style:
        """The style of a part (``header``, ``cursor``…) or a tone, without the table's own."""
        if name not in self._known:
            self._known[name] = self._look_up(f"row-table--{name}")
        return self._known[name]

    def forget(self) -> None:
        """Look all of them up again: call when the theme has changed."""
        self._known = {}
