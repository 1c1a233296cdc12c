"""A terminal of our own for a whole cockpit: type keys, and see each frame as it is written.

The terminal says that it draws synchronized output in one piece, so that each frame has an end.
"""

import contextlib
import fcntl
import os
import pty
import signal
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

ASKS_SYNC = b"\x1b[?2026$p"
HAS_SYNC = b"\x1b[?2026;2$y"
FRAME_ENDS = b"\x1b[?2026l"
READ_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Frame:
    """One repaint; the moment its last byte was read (CLOCK_MONOTONIC, seconds), and its bytes."""

    at: float
    content: bytes


class Terminal:
    """A child process on a pseudo-terminal of `columns` x `rows`; a thread reads what it draws."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        columns: int = 120,
        rows: int = 36,
    ) -> None:
        self._ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (rows, columns))
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
        )
        os.close(theirs)
        self.frames: list[Frame] = []
        self._unfinished = b""
        self._come = threading.Condition()
        self._reading = threading.Thread(target=self._read, name="terminal")
        self._reading.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reading.join(5)
        os.close(self._ours)

    def type(self, keys: bytes) -> float:
        """Write keys; the moment before."""
        at = time.monotonic()
        os.write(self._ours, keys)
        return at

    def wait_for(
        self, wanted: Callable[[Frame], bool], *, since: int = 0, timeout_s: float = 120.0
    ) -> Frame:
        """The first frame from number `since` on that is wanted. Raises TimeoutError."""
        until = time.monotonic() + timeout_s
        with self._come:
            while True:
                for frame in self.frames[since:]:
                    if wanted(frame):
                        return frame
                since = len(self.frames)
                if not self._come.wait(max(0.0, until - time.monotonic())):
                    last = self.frames[-1].content[-2000:] if self.frames else b""
                    raise TimeoutError(f"not seen within {timeout_s} s; last frame {last!r}")

    def settle(self, quiet_s: float, timeout_s: float = 120.0) -> None:
        """Wait until nothing was drawn for so long. Raises TimeoutError."""
        until = time.monotonic() + timeout_s
        with self._come:
            while self._come.wait(quiet_s):
                if time.monotonic() > until:
                    raise TimeoutError(f"it draws without a pause of {quiet_s} s")

    def attributes(self) -> list[object]:
        """How the terminal is set, also after the child has ended."""
        return termios.tcgetattr(self._ours)

    def everything(self) -> bytes:
        """All that was written by a child that has ended."""
        self._reading.join(120)
        return FRAME_ENDS.join([frame.content for frame in self.frames] + [self._unfinished])

    def _read(self) -> None:
        waiting = b""
        while True:
            try:
                content = os.read(self._ours, READ_BYTES)
            except OSError:
                return
            at = time.monotonic()
            if not content:
                return
            waiting += content
            if ASKS_SYNC in waiting:
                waiting = waiting.replace(ASKS_SYNC, b"")
                os.write(self._ours, HAS_SYNC)
            *done, waiting = waiting.split(FRAME_ENDS)
            self._unfinished = waiting
            if done:
                with self._come:
                    self.frames += [Frame(at, content) for content in done]
                    self._come.notify_all()
