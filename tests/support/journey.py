"""Count the files of s3nav that one command runs through.

    python -m tests.support.journey REPORT ARGUMENTS…

runs s3nav with these arguments, and writes the names of the files to REPORT, a line each. A file
counts when one of its functions or methods was called: being imported is not enough. What child
processes run is not seen.
"""

import inspect
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import CodeType, FrameType

from tests.support.processes import owned

ROOT = Path(__file__).parents[2]
PACKAGE = f"{ROOT / 's3nav'}{os.sep}"
DEADLINE_S = 300.0
"""Only a program that hangs takes so long, on whatever machine."""


def files_run_through(
    arguments: Sequence[str], *, environment: Mapping[str, str], report: Path
) -> list[str]:
    """The files that `s3nav ARGUMENTS` runs through, by name; `report` is written.

    Raises AssertionError when s3nav fails.
    """
    child = owned(
        subprocess.Popen(
            [sys.executable, "-m", "tests.support.journey", str(report), *arguments],
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    )
    _, said = child.communicate(timeout=DEADLINE_S)
    assert child.returncode == 0, said
    return report.read_text(encoding="utf-8").splitlines()


def main(report: Path, arguments: Sequence[str]) -> None:
    """Run s3nav in this process, and write the files when it ends."""
    called: set[CodeType] = set()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            called.add(frame.f_code)

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        from s3nav.__main__ import main as s3nav_main  # with the profile set

        sys.argv = ["s3nav", *arguments]
        s3nav_main()
    finally:
        sys.setprofile(None)
        names = {code.co_filename.removeprefix(PACKAGE) for code in called if _counts(code)}
        report.write_text("".join(f"{name}\n" for name in sorted(names)), encoding="utf-8")


def _counts(code: CodeType) -> bool:
    """Whether it is a named function of s3nav: no module, class body, lambda or comprehension."""
    is_function = bool(code.co_flags & inspect.CO_OPTIMIZED) and not code.co_name.startswith("<")
    return is_function and code.co_filename.startswith(PACKAGE)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
