"""The directory in which the demo keeps its data between runs, and the day it began.

Each running demo holds the directory with a shared lock on it, so that a reset knows. The lock is
the kernel's: it goes with its process, however that ends.
"""

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from s3nav.model.errors import LocalDiskError, UsageError
from s3nav.store import write_atomically

PRIVATE_DIRECTORY_MODE = 0o700
STORY_FILE = "demo.json"
"""Has the day the demo began, and whether the directory was empty then: its own to remove."""
EARLIEST = date(2020, 1, 1)
_REMOVED = ".demo-removed-"


@contextmanager
def held(directory: Path, today: date) -> Iterator[date]:
    """Hold the demo's directory, made if need be; the day the demo began.

    Raises LocalDiskError.
    """
    descriptor = -1
    try:
        try:
            descriptor = _hold(directory)
            began_on = _began_on(directory, today)
        except OSError as error:
            raise LocalDiskError(
                f"the demo cannot write in `{directory}`: {error.strerror}",
                remedy="make room there, or name a directory you may write in: --data-dir DIR",
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
