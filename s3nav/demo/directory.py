"""The directory in which the demo keeps its data between runs, and the day it began.

Each running demo holds the directory with a shared lock on it, so that a reset knows. The lock is
the kernel's: it goes with its process, however that ends.
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
from s3nav.persistence import refuse_open, unusable, write_atomically

PRIVATE_DIRECTORY_MODE = 0o700
STORY_FILE = "demo.json"
"""Has the day the demo began, where it listens, and whether the directory is its own to remove: it
was empty when the demo began."""
EARLIEST = date(2020, 1, 1)
_REMOVED = ".demo-removed-"


@contextmanager
def held(directory: Path, today: date) -> Iterator[date]:
    """Hold the demo's directory, made if need be; the day the demo began.

    It is private from then on when it is the demo's own. Raises LocalDiskError, also when it is not
    and anybody may write in it.
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
    """Remove the demo's directory, and nothing else.

    Raises UsageError when it is in use, a symbolic link, or not the demo's; LocalDiskError.
    """
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    except OSError as error:
        raise UsageError(
            f"`{directory}` is no directory of the demo: {_why(error, directory)}",
            remedy="remove it yourself; --demo-reset follows no links",
            slug="not-the-demo",
        ) from error
    removed = directory.with_name(f"{_REMOVED}{os.getpid()}")
    try:
        _check_removable(descriptor, directory)
        # Renamed while it is locked: a demo that starts now makes one of its own.
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
    """Where the demo listened at its first start; 0 before that."""
    try:
        port = _story(directory / STORY_FILE).get("port")
    except (ValueError, TypeError, OSError):
        return 0
    return port if isinstance(port, int) and 1024 <= port <= 65535 else 0


def keep_port(directory: Path, port: int) -> None:
    """Remember `port`, unless one is: URLs in the demo's answers have it. Raises LocalDiskError.

    A demo that had to take another port leaves the first one to the next demo.
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
    """A descriptor of the directory with a shared lock. Raises OSError."""
    while True:
        for each in (directory.parent, directory):
            each.mkdir(mode=PRIVATE_DIRECTORY_MODE, parents=True, exist_ok=True)
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
    """The day written in the directory; `today` when there is none yet. Raises OSError."""
    story = directory / STORY_FILE
    if not story.exists():
        begun = {"began_on": today.isoformat(), "is_its_own": not any(directory.iterdir())}
        try:
            write_atomically(story, json.dumps(begun).encode())
        except OSError:
            with contextlib.suppress(OSError):  # others' files stay
                directory.rmdir()
            raise
    try:
        began_on = _day(_story(story))
    except (ValueError, KeyError, TypeError) as error:
        raise LocalDiskError(
            f"`{story}` does not say when the demo began",
            remedy="remove that file: the demo begins anew and keeps its data",
        ) from error
    return min(began_on, today)


def _make_private(descriptor: int, directory: Path) -> None:
    """Raises LocalDiskError and OSError."""
    mode = os.fstat(descriptor).st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    if mode and _is_its_own(directory / STORY_FILE):
        os.fchmod(descriptor, PRIVATE_DIRECTORY_MODE)
    else:
        refuse_open(directory)


def _day(story: Mapping[str, object]) -> date:
    """The day the demo began. Raises ValueError and KeyError."""
    day = date.fromisoformat(str(story["began_on"]))
    if day < EARLIEST:
        raise ValueError
    return day


def _story(file: Path) -> dict[str, object]:
    """What is written there. Raises ValueError and OSError."""
    if not file.is_file():  # a pipe would never end
        raise ValueError
    story = json.loads(file.read_bytes())
    if not isinstance(story, dict):
        raise TypeError
    return story


def _check_removable(descriptor: int, directory: Path) -> None:
    """Raises UsageError unless the directory is the demo's, and no demo uses it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise UsageError(
            f"another demo is running, with its data in `{directory}`",
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
