"""An input line with completion."""

import asyncio
from collections.abc import Callable, Sequence
from os.path import commonprefix
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input

Complete = Callable[[str], Sequence[str]]


class _First(Suggester):
    """Suggests the first completion; finds it in a thread, because it may read the disk."""

    def __init__(self, complete: Complete) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._complete = complete

    async def get_suggestion(self, value: str) -> str | None:
        found = await asyncio.to_thread(self._complete, value)
        return next((one for one in found if one != value), None)


class CompletedInput(Input):
    """Tab completes as far as all completions agree; → accepts the suggestion."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "complete", "complete", show=False)]

    class Completed(Message):
        """The completions of what is typed."""

        def __init__(self, found: Sequence[str]) -> None:
            super().__init__()
            self.found = found

    def __init__(self, text: str, complete: Complete) -> None:
        super().__init__(text, select_on_focus=False, suggester=_First(complete))
        self._complete_text = complete

    async def action_complete(self) -> None:
        """Type what all completions have in common, and post all of them."""
        typed = self.value
        found = await asyncio.to_thread(self._complete_text, typed)
        if self.value != typed:
            return
        common = commonprefix(list(found))  # noqa: RUF071  # of letters, not of path segments
        if len(common) > len(typed):
            self.value = common
            self.cursor_position = len(common)
        self.post_message(self.Completed(found))
