"""A file system of a few megabytes that a test may fill, where this machine lets us mount one."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path


class CannotMountError(Exception):
    """Mounting needs rights that this process does not have; the message says which."""


@contextlib.contextmanager
def small_disk(place: Path, size_bytes: int) -> Iterator[Path]:
    """A tmpfs of that size at `place` while the context lasts. Raises CannotMountError."""
    if os.geteuid() != 0:
        raise CannotMountError("only root may mount a small file system")
    place.mkdir()
    _mount("mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "s3nav-test", str(place))
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True, timeout=120)


def remount(place: Path, options: str) -> None:
    """Change a mounted disk: ``ro``, ``size=…``."""
    _mount("mount", "-o", f"remount,{options}", str(place))


def _mount(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    except OSError as error:
        raise CannotMountError(f"there is no `mount`: {error}") from error
    if done.returncode:
        raise CannotMountError(done.stderr.strip())


def fill(ballast: Path, leave_bytes: int = 0) -> None:
    """Take every free byte, then give some back."""
    with ballast.open("wb", buffering=0) as file:
        for piece in (64 * 1024, 4096):
            try:
                while True:
                    file.write(bytes(piece))
            except OSError:
                continue
    size = ballast.stat().st_size
    if leave_bytes:
        with ballast.open("rb+") as file:
            file.truncate(size - leave_bytes)
