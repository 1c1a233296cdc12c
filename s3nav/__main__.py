"""Start s3nav: connect the command line with cockpit, REST API and demo, and run it."""

import atexit
import gc
import io
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from s3nav.cli.program import Program
    from s3nav.present.cockpit_opening import Opening
    from s3nav.session import Session
    from s3nav.settings import Loaded

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
EXIT_INTERRUPTED = 130
"""As in `model.errors`, which is not loaded this early."""
GC_THRESHOLDS = (50_000, 20, 20)
"""For `gc.set_threshold`. Nearly every object lives until the exit or is freed by its reference
count; with Python's defaults the collector runs 200 times while modules load, an eighth of the
start-up time."""


def start() -> None:
    """Run s3nav as the program of this process."""
    _leave_when_interrupted()
    try:
        main()
    finally:
        # At exit Python runs the collector several times over all remaining objects, for 25 to
        # 45 ms. It skips frozen objects. Threads, exit functions and streams end as usual.
        gc.freeze()


def _leave_when_interrupted() -> None:
    """Exit silently at a signal while modules load: there is nothing to clean up yet.

    A signal that was ignored before the start (`nohup`) stays ignored.
    """
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _leave)
    # Before the interpreter is taken down it restores the default: a second signal would end the
    # process by itself, with another exit code. No thread is waited for any more by then.
    atexit.register(_ignore_signals)


def _ignore_signals() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _leave(_number: int, _frame: FrameType | None) -> None:
    os._exit(EXIT_INTERRUPTED)


def main() -> None:
    """Run s3nav with this process's arguments, streams and environment."""
    gc.set_threshold(*GC_THRESHOLDS)
    from s3nav.cli.main import run

    _occupy_closed_descriptors()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Escape characters that the locale cannot encode, instead of raising an error.
        sys.stdout.reconfigure(errors="backslashreplace")
    if isinstance(sys.stdin, io.TextIOWrapper):
        # An answer that is not UTF-8 is another answer, and no crash.
        sys.stdin.reconfigure(errors="replace")
    sys.exit(run(sys.argv[1:], program()))


def program() -> "Program":
    """The program in this process."""
    from s3nav.cli.program import Program

    return Program(
        open_session=_open_session,
        open_cockpit=_open_cockpit,
        serve=_serve,
        start_demo=_start_demo,
        reset_demo=_reset_demo,
        environment=os.environ,
        name=_name(),
        stdin=sys.stdin,
        stdout=sys.stdout,
        stderr=sys.stderr,
    )


def _name() -> str:
    """The name that runs this program: its path when `s3nav` on PATH is another one or missing.

    `s3nav` for `python -m s3nav`.
    """
    import shlex
    import shutil
    from pathlib import Path

    program, found = Path(sys.argv[0]), shutil.which("s3nav")
    if program.name != "s3nav" or (found and Path(found).absolute() == program.absolute()):
        return "s3nav"
    return shlex.quote(str(program))


def _occupy_closed_descriptors() -> None:
    """Open the null device for each closed standard stream.

    Otherwise the journal could get descriptor 1 or 2, and printing would overwrite it.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number: this one


def _open_session(loaded: "Loaded", environment: Mapping[str, str]) -> "Session":
    from s3nav.session import Session

    return Session(loaded, environment)


def _open_cockpit(session: "Session", opening: "Opening") -> int:
    from s3nav import tui

    session.counts_all_requests = True
    return tui.run(session, opening)


def _serve(session: "Session", host: str, port: int, ready: Callable[[str], None]) -> None:
    from s3nav.extras import require

    require("api", "the REST API")
    from s3nav import api

    place = api.ServePlace(host=host, port=port, token=session.settings.api_token)
    api.serve(session.scrapes(), place, ready=ready)


@contextmanager
def _start_demo(directory: "Path") -> Iterator[Mapping[str, object]]:
    from s3nav.demo import running_demo

    with running_demo(directory) as server:
        yield server.settings_flags


def _reset_demo(directory: "Path") -> None:
    from s3nav.demo import reset

    reset(directory)


if __name__ == "__main__":
    start()
