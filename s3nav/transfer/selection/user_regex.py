"""Match regular expressions that a user typed, in bounded time."""

import json
import re
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence

from s3nav.model.errors import LocalDiskError, UsageError
from s3nav.transfer.selection import regex_child

LIMIT_S = 10.0
"""Processor time for the keys of one page, of which a usual expression needs a millisecond."""

END_WAIT_S = 60.0


class UserRegex:
    """Several expressions; any thread may match. Its process starts with the first page."""

    def __init__(self, texts: Sequence[str], limit_s: float = LIMIT_S) -> None:
        """Raises UsageError for texts that are no regular expressions."""
        self._texts = tuple(texts)
        self._limit_s = limit_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._joined = _joined(texts)

    def found_in(self, keys: Sequence[str]) -> list[bool]:
        """For each key of a page, whether an expression is found in it.

        Raises UsageError when that takes too long.
        """
        with self._lock:
            process = self._process = self._process or self._start()
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                process.stdin.write(json.dumps(list(keys)) + "\n")
                process.stdin.flush()
                answer = process.stdout.readline()
            except BrokenPipeError:
                answer = ""
        if len(answer) != len(keys) + 1:
            raise self._too_slow()
        return [sign == "1" for sign in answer[:-1]]

    def _start(self) -> "subprocess.Popen[str]":
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", regex_child.__file__, str(self._limit_s)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="ascii",
                start_new_session=True,  # Ctrl-C is for the program that owns it
            )
        except OSError as error:
            raise LocalDiskError(
                f"cannot start the process that matches regular expressions: {error.strerror}",
                slug="no-process",
            ) from error
        weakref.finalize(self, _end, process)
        assert process.stdin is not None
        process.stdin.write(json.dumps(self._joined) + "\n")
        return process

    def _too_slow(self) -> UsageError:
        shown = " or ".join(f"`{text}`" for text in self._texts)
        return UsageError(
            f"matching {shown} takes too long: more than {self._limit_s:g} s for one page of keys",
            remedy="leave out repeats inside repeats, as in `(a+)+`, or use a glob",
            slug="slow-regex",
        )


def _joined(texts: Sequence[str]) -> str:
    for text in texts:
        try:
            re.compile(text)
        except (re.error, OverflowError, RecursionError) as error:
            raise UsageError(
                f"`{text[:200]}` is not a regular expression: {error}", slug="bad-regex"
            ) from error
    joined = "|".join(f"(?:{text})" for text in texts)
    try:
        re.compile(joined)
    except (re.error, RecursionError) as error:  # flags or group names that are valid alone
        raise UsageError(
            f"the regular expressions cannot be combined: {error}", slug="bad-regex"
        ) from error
    return joined


def _end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate(timeout=END_WAIT_S)
