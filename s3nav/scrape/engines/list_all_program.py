"""Install and run aws-list-all in its own virtual environment: it needs setuptools below 81."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec

from s3nav.model.errors import UnavailableError, UsageError

VERSION = "0.9.2"
REQUIREMENTS = (f"aws-list-all=={VERSION}", "setuptools<81", "boto3")
INSTALL_DEADLINE_S = 900.0
INSTALL = "s3nav --headless scrape engine install"

# The child exits when its standard input closes, so it cannot outlive s3nav, even if s3nav is
# killed.
_START = """
import os, runpy, sys, threading
def end():
    while os.read(0, 1024):
        pass
    os._exit(9)
threading.Thread(target=end, daemon=True).start()
sys.argv[0] = "aws-list-all"
runpy.run_module("aws_list_all", run_name="__main__", alter_sys=True)
"""


class ListAllProgram(msgspec.Struct, frozen=True, kw_only=True):
    """An installed aws-list-all."""

    environment: Path
    """The directory of its virtual environment."""

    @property
    def python(self) -> Path:
        """The environment's Python interpreter."""
        return self.environment / "bin" / "python"

    @property
    def is_installed(self) -> bool:
        """True when the interpreter and the module exist."""
        return self.python.exists() and any(
            self.environment.glob("lib/python*/site-packages/aws_list_all/__main__.py")
        )

    def command(self, *arguments: str) -> list[str]:
        """Return the command line: isolated from the user's modules, and ending with s3nav."""
        return [str(self.python), "-I", "-c", _START, *arguments]

    def check(self) -> None:
        """Raise UsageError with the install command if it is not installed."""
        if not self.is_installed:
            raise UsageError(
                "aws-list-all is not installed",
                remedy=f"`{INSTALL}` installs it in its own environment",
                slug="engine-missing",
            )

    def install(self) -> None:
        """Create the environment and install into it; repeatable. Raises UnavailableError."""
        for command in (
            [sys.executable, "-m", "venv", str(self.environment)],
            [str(self.python), "-m", "pip", "install", "--quiet", *REQUIREMENTS],
        ):
            _run(command)
        _run([str(self.python), "-I", "-m", "aws_list_all", "query", "--help"])


def _run(command: list[str]) -> None:
    try:
        ended = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=INSTALL_DEADLINE_S,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _failed(str(error)) from error
    if ended.returncode:
        lines = [line for line in ended.stderr.splitlines() if line.strip()]
        raise _failed(lines[-1] if lines else f"exit code {ended.returncode}")


def _failed(reason: str) -> UnavailableError:
    return UnavailableError(
        f"aws-list-all cannot be installed: {reason}",
        remedy="check the network and pip's settings; the native engine works without it",
        slug="engine-install",
    )
