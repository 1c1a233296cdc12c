"""Standard error, and nothing else writes there: what is going on, progress and problems."""

import os
import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import TextIO

from s3nav.cli.output import point_nowhere
from s3nav.model.errors import S3NavError
from s3nav.present import problem_lines as problems
from s3nav.present.formatting import FittingLine, clipped, safe_text

LIVE_EVERY_S = 0.1
"""Shortest time between two progress lines on a terminal."""
QUIET_EVERY_S = 10.0
"""The same where each progress line stays: a file, a pipe, a job's log."""

_CLEAR_LINE = "\r\x1b[K"
_RED, _YELLOW, _PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[0m"
_DEFAULT_COLUMNS = 80
_COMMAND = re.compile(r"(`|: |^ {7})s3nav (?=[-a-z\[])")
"""Where a line names a command: in backquotes, at its end, or in the usage of a help."""


class Narration:
    """Lines for a person. Any thread may call; a closed or broken stream is ignored."""

    def __init__(
        self,
        stream: TextIO | None,
        environment: Mapping[str, str],
        *,
        name: str = "s3nav",
        hint: Callable[[str], str] = str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._name = name
        self._hint = hint
        self._clock = clock
        self._lock = threading.Lock()
        self._is_live = stream is not None and stream.isatty() and environment.get("TERM") != "dumb"
        self._has_colour = self._is_live and not environment.get("NO_COLOR")
        self._progress_at: float | None = None
        self._progress_shown = False

    @property
    def is_ascii(self) -> bool:
        """True when the stream cannot show more than ASCII."""
        encoding = getattr(self._stream, "encoding", None) or "ascii"
        return "utf" not in encoding.lower()

    def say(self, text: str) -> None:
        """One line of news: a line break in a name is shown, and begins no line."""
        self._lines([safe_text(text)])

    def print_help(self, text: str) -> None:
        """Lines of our own."""
        self._lines([safe_text(line) for line in text.splitlines()])

    def warn(self, text: str) -> None:
        """One line the user should act on, one day."""
        self._lines([self._coloured(_YELLOW, "warning:") + " " + safe_text(text)])

    def problem(self, error: S3NavError) -> None:
        """An error with its context and its remedy."""
        headline, *details = problems.lines(error)
        self._lines([self._coloured(_RED, headline), *details])

    def progress(self, text: str | FittingLine) -> None:
        """The newest state, in place on a terminal; too frequent ones are left out."""
        every_s = LIVE_EVERY_S if self._is_live else QUIET_EVERY_S
        with self._lock:
            moment = self._clock()
            if self._progress_at is None and not self._is_live:
                # A pipe hears of work that takes long, not of every short command.
                self._progress_at = moment
            # A tenth of a second is not exact in floating point: allow for the last bits.
            too_soon = self._progress_at is not None and moment - self._progress_at < every_s - 1e-6
            if too_soon:
                return
            self._progress_at = moment
            if self._is_live:
                self._put(_CLEAR_LINE + _fitted(text, self._columns() - 1))
                self._progress_shown = True
            else:
                self._put(safe_text(str(text)) + "\n")

    def end_progress(self) -> None:
        """Take the progress line away."""
        with self._lock:
            self._clear()

    def ask(self, question: str, answers: TextIO) -> bool:
        """Ask for a yes; everything else is a no."""
        with self._lock:
            self._clear()
            self._put(f"{safe_text(question)} [y/N] ")
        return answers.readline().strip().lower() in {"y", "yes"}

    def ask_for(self, question: str, word: str, answers: TextIO) -> bool:
        """Ask to type a word; everything else is a no."""
        with self._lock:
            self._clear()
            self._put(f"{safe_text(question)} Type {safe_text(word)} to go on: ")
        return answers.readline().strip() == word

    def _lines(self, lines: list[str]) -> None:
        """Write lines; commands in them work as they are: with this shell's name and connection."""
        named = [
            _COMMAND.sub(lambda match: match[1] + self._name + " ", self._hint(line))
            for line in lines
        ]
        with self._lock:
            self._clear()
            self._put("".join(line + "\n" for line in named))

    def _clear(self) -> None:
        if self._progress_shown:
            self._put(_CLEAR_LINE)
            self._progress_shown = False

    def _put(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            # A terminal that went away must not change the exit code.
            point_nowhere(self._stream)
            self._stream = None

    def _columns(self) -> int:
        try:
            columns = os.get_terminal_size(self._stream.fileno()).columns if self._stream else 0
        except (OSError, ValueError):
            columns = 0
        return columns or _DEFAULT_COLUMNS

    def _coloured(self, colour: str, text: str) -> str:
        return f"{colour}{text}{_PLAIN}" if self._has_colour else text


def _fitted(text: str | FittingLine, width: int) -> str:
    shown = text if isinstance(text, str) else text.within(width)
    return clipped(safe_text(shown), width)
