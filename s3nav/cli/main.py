"""Run one command line, report its errors, and return an exit code."""

import contextlib
import errno
import logging
import os
import signal
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import ClassVar, Self

import click

from s3nav import __version__
from s3nav.cli.foreign_verbs import FOREIGN_VERBS
from s3nav.cli.lazy_commands import (
    AT_PLACE,
    CockpitPlace,
    CommandRow,
    Commands,
    LazyGroup,
    load_command,
)
from s3nav.cli.output import ReaderGone
from s3nav.cli.program import CommandLine, Program, origin
from s3nav.cli.usage_errors import usage_error
from s3nav.model.errors import EXIT_BUG, EXIT_INTERRUPTED, EXIT_OK, S3NavError, UsageError
from s3nav.model.places import S3Uri
from s3nav.model.text.plain_messages import command, one_line
from s3nav.persistence import Directories, find_damage
from s3nav.present.cockpit_opening import Opening
from s3nav.present.formatting import safe_text

logger = logging.getLogger(__name__)

_HERE = "s3nav.cli.commands"
CONFIG_CREATE = CommandRow(module=f"{_HERE}.config:create", help="write a settings file")
COMMANDS = {
    "buckets": CommandRow(
        module=f"{_HERE}.buckets", help="count buckets: files, size, newest", pane="buckets"
    ),
    "ls": CommandRow(module=f"{_HERE}.ls", help="list buckets or what is in one", pane="buckets"),
    "scan": CommandRow(module=f"{_HERE}.scan.scan", help="count a place, and compare kept counts"),
    "find": CommandRow(module=f"{_HERE}.find", help="find objects by name, size, date and class"),
    "availability": CommandRow(
        module=f"{_HERE}.availability",
        help="which days of a dataset exist and which are missing",
        pane="availability",
    ),
    "download": CommandRow(
        module=f"{_HERE}.download", help="download objects and verify every byte", pane="transfers"
    ),
    "estimate": CommandRow(
        module=f"{_HERE}.estimate",
        help="price a download or storage",
        pane="transfers",
    ),
    "verify": CommandRow(
        module=f"{_HERE}.verify", help="compare a download directory with its bucket"
    ),
    # They have no pane, so they run with and without --headless.
    "put": CommandRow(module=f"{_HERE}.writes.put", help="upload files (needs --allow-write)"),
    "cp": CommandRow(module=f"{_HERE}.writes.cp", help="copy inside S3 (needs --allow-write)"),
    "pricing": CommandRow(
        module=f"{_HERE}.pricing.pricing", help="fetch prices, search and compare them"
    ),
    "jobs": CommandRow(module=f"{_HERE}.jobs", help="list, resume, retry, cancel downloads"),
    "scrape": CommandRow(
        module=f"{_HERE}.scrape.scrape", help="record what runs in an account, compare"
    ),
    "serve": CommandRow(module=f"{_HERE}.serve", help="serve scrapes over a REST API"),
    "profiles": CommandRow(module=f"{_HERE}.profiles", help="list and test credential profiles"),
    "config": CommandRow(module=f"{_HERE}.config", help="show settings, write a settings file"),
}
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
MOMENT_S = 1.0
"""Signals within this time are one request: `timeout` sends its signal to the program and again to
its process group, and a terminal that closes sends SIGHUP from the kernel and from the shell."""

_Handler = Callable[[int, FrameType | None], object] | int | None

EPILOG = """\
Without --headless, a command typed on a terminal opens the cockpit at its place.

Exit codes: 0 done, 1 bug, 2 usage, 3 credentials, 4 access denied, 5 not found, 6 unavailable,
7 integrity, 8 local disk, 9 some items failed, 10 over budget, 130 interrupted."""


class _Commands(LazyGroup):
    """All commands of s3nav."""

    table: ClassVar[Commands] = COMMANDS
    foreign: ClassVar[Mapping[str, str]] = FOREIGN_VERBS


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EPILOG,
)
@click.version_option(__version__, prog_name="s3nav", message="%(prog)s %(version)s")
@click.option("--create-config", is_flag=True, hidden=True)
@click.pass_context
def s3nav(context: click.Context, *, create_config: bool) -> None:
    """Navigate, price and download S3 from the terminal.

    `s3nav` and `s3nav s3://bucket/prefix` open the cockpit; `s3nav --headless COMMAND` runs a
    command in a script.
    """
    line: CommandLine = context.obj
    if create_config and (create := load_command(CONFIG_CREATE, "create")) is not None:
        context.invoke(create)
    elif context.invoked_subcommand is None and line.headless:
        raise click.exceptions.NoArgsIsHelpError(context)
    elif context.invoked_subcommand is None:
        line.implied_command = "buckets"
        line.open_cockpit(Opening(connection=line.connection))


@click.command(AT_PLACE, cls=CockpitPlace)
@click.argument("place", type=S3Uri.parse)
@click.pass_obj
def open_place(line: CommandLine, place: S3Uri) -> None:
    """Open the cockpit at a place."""
    if line.headless:
        raise UsageError(
            f"`{place}` is a place, not a command",
            remedy=f"`{command('ls', str(place))}` lists it",
        )
    line.implied_command = "ls"
    line.open_cockpit(Opening(place=place, pane="buckets", connection=line.connection))


s3nav.at_place = open_place


def run(
    arguments: Sequence[str], program: Program, *, clock: Callable[[], float] = time.monotonic
) -> int:
    """Run a command line and return its exit code. Errors of commands are reported, not raised."""
    line = CommandLine(program, arguments)
    with Interruptions(clock) as interruptions, CrashedThreads() as crashed:
        try:
            code = _guarded(line)
            interruptions.end()
        except KeyboardInterrupt:
            code = _interrupted(line)
        _close(line)
        if crashed.problem is not None:
            code = _problem(line, _damage(line) or crashed.problem)
    return code


def _guarded(line: CommandLine) -> int:
    try:
        return _run(line)
    except (UnicodeEncodeError, OSError) as error:
        unusable = _unusable_argument(line, error)
        return _problem(line, unusable) if unusable else _bug(line, error)
    except Exception as error:  # noqa: BLE001  # a main: any other error is a bug
        return _bug(line, error)


def _interrupted(line: CommandLine) -> int:
    line.narration.say("interrupted")
    with contextlib.suppress(ReaderGone, S3NavError):
        # Written now, because another signal may end the process without a flush.
        line.output.flush()
    return EXIT_INTERRUPTED


def _run(line: CommandLine) -> int:
    try:
        if any("\0" in word for word in line.arguments):
            raise UsageError("an argument has a NUL character")
        with s3nav.make_context("s3nav", list(line.arguments), obj=line) as context:
            s3nav.invoke(context)
        line.output.flush()
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        line.narration.print_help(error.format_message())
        return error.exit_code
    except click.ClickException as error:
        return _problem(line, usage_error(error, s3nav))
    except S3NavError as error:
        is_bug = error.exit_code == EXIT_BUG
        return _problem(line, (_damage(line) if is_bug else None) or error)
    except ReaderGone:
        logger.debug("standard output was closed by its reader")
    except BrokenPipeError:  # click's own printing: --help, --version
        return EXIT_OK
    return line.exit_code


def _problem(line: CommandLine, error: S3NavError) -> int:
    if "loaded" in vars(line):
        error.context.setdefault("setting", origin(line.loaded, error.message))
    error.message, error.remedy = line.hint(error.message), line.hint(error.remedy)
    logger.error(error.message, extra={"error": error.reference, **_fields(error)})
    try:
        line.output.flush()
    except ReaderGone:
        logger.debug("standard output was closed by its reader")
    line.narration.problem(error)
    if line.verbose:
        logger.debug("the error came from", exc_info=error)
    return error.exit_code


def _unusable_argument(line: CommandLine, error: UnicodeEncodeError | OSError) -> UsageError | None:
    """The error for a file name that is too long, or an argument that is not UTF-8.

    None when the error has another cause. Only local file names need not be UTF-8.
    """
    if isinstance(error, OSError):
        if error.errno != errno.ENAMETOOLONG:
            return None
        return UsageError(f"the name of a file is too long: `{error.filename}`")
    not_utf8 = set(error.object[error.start : error.end])
    word = next((word for word in line.arguments if not_utf8 & set(word)), None)
    if word is None:
        return None
    return UsageError(f"`{safe_text(word)}` is not UTF-8", remedy="type it in UTF-8")


def _fields(error: S3NavError) -> dict[str, str]:
    """The context, with a prefix that separates its names from those of logging."""
    return {"context_" + name.replace(" ", "_"): text for name, text in error.context.items()}


def _bug(line: CommandLine, error: Exception) -> int:
    logger.critical("bug", exc_info=error)
    if (damage := _damage(line)) is not None:
        return _problem(line, damage)
    line.narration.problem(
        S3NavError(
            one_line(f"{type(error).__name__}: {error}"),
            remedy="this is a bug in s3nav; the log has the traceback, and --verbose prints it",
            context={"log": str(line.log_file or "")},
        )
    )
    return EXIT_BUG


def _damage(line: CommandLine) -> S3NavError | None:
    """A damaged database of this run: what is read from it can fail anywhere."""
    if "loaded" not in vars(line):
        return None
    kept = Directories.of_user(line.loaded.settings.data_dir)
    return find_damage((kept.journal_file, kept.scans_file, kept.scrapes_file, kept.prices_file))


def _close(line: CommandLine) -> None:
    try:
        line.close()
    except S3NavError as error:
        line.narration.problem(error)


class Interruptions:
    """Stop cleanly at the first signal, and exit at once at one that comes a moment later.

    A signal that was ignored before the start (`nohup`) stays ignored.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._first_at: float | None = None
        self._is_ending = False
        self._before: dict[int, _Handler] = {}
        self._terminal = _Terminal()

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._interrupt)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def end(self) -> None:
        """The command has ended: a first signal does not disturb what is still to be closed."""
        self._is_ending = True

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        if self._first_at is None:
            self._first_at = self._clock()
            if not self._is_ending:
                raise KeyboardInterrupt
        elif self._clock() - self._first_at > MOMENT_S:
            self._terminal.restore()
            os._exit(EXIT_INTERRUPTED)


class _Terminal:
    """The terminal as it was found, for a program that leaves at once."""

    _RESET = b"\x1b[<u\x1b[?1000l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?1004l\x1b[?1049l\x1b[?25h"
    """Keyboard, mouse, paste and focus as usual, the normal screen, and a cursor."""

    def __init__(self) -> None:
        self._found: list[int | list[bytes | int]] | None = None
        self._descriptor = -1
        with contextlib.suppress(AttributeError, OSError, ValueError, termios.error):
            self._descriptor = sys.__stdin__.fileno()  # type: ignore[union-attr]  # None is caught
            self._found = termios.tcgetattr(self._descriptor)

    def restore(self) -> None:
        """Undo what a full screen changed; nothing without a terminal or a full screen."""
        if self._found is None:
            return
        with contextlib.suppress(OSError, termios.error):  # the terminal may be gone
            if termios.tcgetattr(self._descriptor) != self._found:
                termios.tcsetattr(self._descriptor, termios.TCSANOW, self._found)
                os.write(2, self._RESET)


class CrashedThreads:
    """Log what ends other threads, in place of printing it, and remember the first."""

    def __init__(self) -> None:
        self._first: BaseException | None = None

    def __enter__(self) -> Self:
        self._before = threading.excepthook
        threading.excepthook = self._crashed
        return self

    def __exit__(self, *_: object) -> None:
        threading.excepthook = self._before

    @property
    def problem(self) -> S3NavError | None:
        """What to tell of the first crash; None when no thread crashed."""
        if self._first is None:
            return None
        problem = S3NavError(
            one_line(f"a thread ended with {type(self._first).__name__}: {self._first}"),
            remedy="this is a bug in s3nav; the log shows where",
        )
        problem.__cause__ = self._first
        return problem

    def _crashed(self, ended: threading.ExceptHookArgs) -> None:
        if ended.exc_value is None or ended.exc_type is SystemExit:
            return
        self._first = self._first or ended.exc_value
        name = ended.thread.name if ended.thread else "unknown"
        logger.critical(
            "bug: a thread has ended", exc_info=ended.exc_value, extra={"crashed_thread": name}
        )
