"""The directory where the demo keeps its data between runs, with the day of its first start.

Each running demo holds a shared lock on the directory, which a reset checks. The kernel releases
the lock when the process ends for any reason.
"""

import contextlib
import fcntl
import json
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from s3nav.model.errors import LocalDiskError, UsageError
from s3nav.persistence import make_private_directory, refuse_open, unusable, write_atomically

PRIVATE_DIRECTORY_MODE = 0o700
STORY_FILE = "demo.json"
"""Has the day of the first start, the port, and whether a reset may remove the directory: only if
it was empty at the first start."""
EARLIEST = date(2020, 1, 1)
_REMOVED = ".demo-removed-"


@contextmanager
def held(directory: Path, today: date) -> Iterator[date]:
    """Lock the demo's directory, created if missing; yield the day of the demo's first start.

    A directory of the demo's own is made private. Raises LocalDiskError, also for any other
    directory that everyone may write to.
    """
    descriptor = -1
    try:
        try:
            descriptor = _hold(directory)
            began_on = _began_on(directory, today)
            _make_private(descriptor, directory)
        except OSError as error:
            raise unusable(
                directory, error, what="the demo cannot write in", instead="--data-dir DIR"
            ) from error
        yield began_on
    finally:
        if descriptor >= 0:
            os.close(descriptor)


def reset(directory: Path) -> None:
    """Remove the demo's directory and nothing else.

    Raises UsageError when it is in use, a symbolic link, or not the demo's; LocalDiskError.
    """
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    except OSError as error:
        raise UsageError(
            f"`{directory}` is not a directory of the demo: {_why(error, directory)}",
            remedy="remove it yourself; --demo-reset follows no links",
            slug="not-the-demo",
        ) from error
    removed = directory.with_name(f"{_REMOVED}{os.getpid()}")
    try:
        _check_removable(descriptor, directory)
        # Rename it while it is locked: a demo that starts now creates a new one.
        directory.rename(removed)
    except OSError as error:
        raise _not_removed(directory, error) from error
    finally:
        os.close(descriptor)
    try:
        shutil.rmtree(removed)
        for left in directory.parent.glob(f"{_REMOVED}*"):  # by a reset that was killed
            shutil.rmtree(left, ignore_errors=True)
    except OSError as error:
        raise _not_removed(removed, error) from error


def kept_port(directory: Path) -> int:
    """Return the port of the demo's first start; 0 before that."""
    try:
        port = _story(directory / STORY_FILE).get("port")
    except (ValueError, TypeError, OSError):
        return 0
    return port if isinstance(port, int) and 1024 <= port <= 65535 else 0


def keep_port(directory: Path, port: int) -> None:
    """Save `port` unless one is saved already. Raises LocalDiskError.

    The port is part of URLs in the demo's answers, so it should stay the same between runs. A demo
    that had to use another port does not replace the saved one.
    """
    if kept_port(directory):
        return
    file = directory / STORY_FILE
    try:
        write_atomically(file, json.dumps({**_story(file), "port": port}).encode())
    except OSError as error:
        raise unusable(
            directory, error, what="the demo cannot write in", instead="--data-dir DIR"
        ) from error


def _hold(directory: Path) -> int:
    """Return a descriptor of the directory with a shared lock. Raises OSError."""
    while True:
        for each in (directory.parent, directory):
            make_private_directory(each)
        with contextlib.suppress(FileNotFoundError):  # a reset has just renamed it
            descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_SH)
                if os.path.samestat(os.fstat(descriptor), directory.stat()):
                    return descriptor
            except OSError:
                os.close(descriptor)
                raise
            os.close(descriptor)


def _began_on(directory: Path, today: date) -> date:
    """Return the day saved in the directory, saving `today` if there is none. Raises OSError."""
    story = directory / STORY_FILE
    if not story.exists():
        begun = {"began_on": today.isoformat(), "is_its_own": not any(directory.iterdir())}
        try:
            write_atomically(story, json.dumps(begun).encode())
        except OSError:
            with contextlib.suppress(OSError):  # fails if it has other files, which is intended
                directory.rmdir()
            raise
    try:
        began_on = _day(_story(story))
    except (ValueError, KeyError, TypeError) as error:
        raise LocalDiskError(
            f"`{story}` does not say when the demo began",
            remedy="remove that file: the demo then starts over and keeps its data",
        ) from error
    return min(began_on, today)


def _make_private(descriptor: int, directory: Path) -> None:
    """Make the demo's own directory private. Raises LocalDiskError and OSError."""
    mode = os.fstat(descriptor).st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    if mode and _is_its_own(directory / STORY_FILE):
        os.fchmod(descriptor, PRIVATE_DIRECTORY_MODE)
    else:
        refuse_open(directory)


def _day(story: Mapping[str, object]) -> date:
    """Return the day of the first start. Raises ValueError and KeyError."""
    day = date.fromisoformat(str(story["began_on"]))
    if day < EARLIEST:
        raise ValueError
    return day


def _story(file: Path) -> dict[str, object]:
    """Read the demo's file. Raises ValueError, TypeError and OSError."""
    if not file.is_file():  # reading a pipe could block forever
        raise ValueError
    story = json.loads(file.read_bytes())
    if not isinstance(story, dict):
        raise TypeError
    return story


def _check_removable(descriptor: int, directory: Path) -> None:
    """Raise UsageError unless the directory is the demo's own and not in use."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise UsageError(
            f"another demo is using `{directory}`",
            remedy="quit it first",
            slug="demo-running",
        ) from error
    if os.listdir(descriptor) and not _is_its_own(directory / STORY_FILE):
        raise UsageError(
            f"`{directory}` may hold files that the demo did not make",
            remedy="remove it yourself if nothing in it is needed",
            slug="not-the-demo",
        )


def _is_its_own(story: Path) -> bool:
    try:
        return _story(story).get("is_its_own") is True
    except (ValueError, TypeError, FileNotFoundError):
        return False


def _why(error: OSError, directory: Path) -> str:
    return "a symbolic link" if directory.is_symlink() else f"{error.strerror}"


def _not_removed(directory: Path, error: OSError) -> LocalDiskError:
    return LocalDiskError(
        f"cannot remove `{directory}`: {error.strerror}", remedy="remove it yourself"
    )
