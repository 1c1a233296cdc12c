"""The tiers of a price, and what a quantity costs."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from s3nav.present.formatting import digits
from s3nav.present.price_words import tier_span
from s3nav.pricing import Share, Tier

BAR_CELLS = 24
ENDLESS = "∞"


class TierTable(Widget):
    """A title, a line for each tier with a bar for its price, and the cost of a quantity."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "tier-table--title",
        "tier-table--dim",
        "tier-table--bar",
        "tier-table--cost",
    }
    DEFAULT_CSS = """
    TierTable { height: 6; padding: 0 1; }
    TierTable > .tier-table--title { text-style: bold; color: $accent; }
    TierTable > .tier-table--dim { color: $text-muted; }
    TierTable > .tier-table--bar { color: $accent; }
    TierTable > .tier-table--cost { text-style: bold; }
    """

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self._full = "#" if ascii_only else "━"
        self._endless = "..." if ascii_only else ENDLESS
        self._title = ""
        self._tiers: Sequence[Tier] = ()
        self._shares: Sequence[Share] = ()
        self._answer: tuple[str, str] = ("", "")

    def show(
        self,
        title: str,
        tiers: Sequence[Tier],
        *,
        shares: Sequence[Share] = (),
        answer: tuple[str, str] = ("", ""),
    ) -> None:
        """Replace everything; `answer` is a question and its answer."""
        self._title, self._tiers, self._shares, self._answer = title, tiers, shares, answer
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the widget."""
        width, base = self.size.width, self.rich_style
        lines = self._lines(self.size.height)
        segments = []
        for text, part in lines[y] if y < len(lines) else ():
            style = base
            if part:
                style += self.get_component_rich_style(f"tier-table--{part}", partial=True)
            segments.append(Segment(text, style))
        return Strip(segments).adjust_cell_length(width, base)

    def _lines(self, height: int) -> list[list[tuple[str, str]]]:
        lines = [[(self._title, "title")]]
        most = max(1, height - 2)
        shown = list(self._tiers[:most])
        if len(self._tiers) > most:
            shown = shown[: most - 1]
        spans = [tier_span(tier) for tier in shown]
        begins = max((len(begin) for begin, _ in spans), default=0)
        ends = max((len(self._top(end)) for _, end in spans), default=0)
        prices = [digits(tier.price) for tier in shown]
        cells = max((len(text) for text in prices), default=0)
        highest = max((tier.price for tier in self._tiers), default=None)
        for tier, (begin, end), text in zip(shown, spans, prices, strict=True):
            bar = self._full * (int(tier.price / highest * BAR_CELLS) if highest else 0)
            lines.append(
                [
                    (f" {begin:>{begins}} – {self._top(end):>{ends}}  ", "dim"),
                    (f"{text:>{cells}}  ", ""),
                    (bar.ljust(BAR_CELLS), "bar"),
                    (self._share_of(tier), "dim"),
                ]
            )
        if len(self._tiers) > len(shown):
            lines.append([(f" and {len(self._tiers) - len(shown)} more tiers", "dim")])
        question, answer = self._answer
        lines.append([(f" {question}", "dim"), (f"  {answer}", "cost")])
        return lines

    def _top(self, end: str) -> str:
        return self._endless if end == ENDLESS else end

    def _share_of(self, tier: Tier) -> str:
        for share in self._shares:
            if share.tier == tier:
                return f"  {digits(share.quantity)} here: {digits(share.cost)}"
        return ""
