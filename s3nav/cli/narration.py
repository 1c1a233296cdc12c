"""Write messages, progress and problems to standard error. Nothing else does."""

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
"""Seconds between two progress lines on a terminal."""
QUIET_EVERY_S = 10.0
"""The same for a file or a pipe, where every progress line stays."""

_CLEAR_LINE = "\r\x1b[K"
_RED, _YELLOW, _PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[0m"
_DEFAULT_COLUMNS = 80
_COMMAND = re.compile(r"(`|: |^ {7})s3nav (?=[-a-z\[])")
"""Finds commands in a line: in backquotes, at its end, or in the usage line of a help."""


class Narration:
    """Writes lines for people. Thread-safe; a closed or broken stream is ignored."""

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
        """True when the stream can encode only ASCII."""
        encoding = getattr(self._stream, "encoding", None) or "ascii"
        return "utf" not in encoding.lower()

    def say(self, text: str) -> None:
        """Write one line; line breaks inside `text` are escaped."""
        self._lines([safe_text(text)])

    def print_help(self, text: str) -> None:
        """Write a help text, line by line."""
        self._lines([safe_text(line) for line in text.splitlines()])

    def warn(self, text: str) -> None:
        """Write a warning."""
        self._lines([self._coloured(_YELLOW, "warning:") + " " + safe_text(text)])

    def problem(self, error: S3NavError) -> None:
        """Write an error with its context and its remedy."""
        headline, *details = problems.lines(error)
        self._lines([self._coloured(_RED, headline), *details])

    def progress(self, text: str | FittingLine) -> None:
        """Replace the progress line on a terminal, else add one; too frequent calls are ignored."""
        every_s = LIVE_EVERY_S if self._is_live else QUIET_EVERY_S
        with self._lock:
            moment = self._clock()
            if self._progress_at is None and not self._is_live:
                # In a pipe or file only long commands report progress.
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
        """Remove the progress line."""
        with self._lock:
            self._clear()

    def ask(self, question: str, answers: TextIO) -> bool:
        """Ask a question; True only if the answer is y or yes."""
        with self._lock:
            self._clear()
            self._put(f"{safe_text(question)} [y/N] ")
        return answers.readline().strip().lower() in {"y", "yes"}

    def ask_for(self, question: str, word: str, answers: TextIO) -> bool:
        """Ask the user to type `word`; True only if they do."""
        with self._lock:
            self._clear()
            self._put(f"{safe_text(question)} Type {safe_text(word)} to go on: ")
        return answers.readline().strip() == word

    def _lines(self, lines: list[str]) -> None:
        """Write lines; commands in them get this program's name and this run's connection."""
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
            # A closed terminal must not change the exit code.
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
