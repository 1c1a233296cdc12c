"""Asking for help must not cost the start of boto3 or of the cockpit."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("boto3", "botocore", "awscrt", "textual", "rich", "httpx", "moto", "s3nav.session")

PROBE = """
import sys
from s3nav.__main__ import main
sys.argv = ["s3nav", *sys.argv[1:]]
try:
    main()
except SystemExit:
    pass
print("loaded:", *(name for name in {heavy!r} if name in sys.modules), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["config", "show"], ["nonsense"]],
)
def test_light_commands_load_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROBE.format(heavy=HEAVY), *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
        env={"HOME": str(tmp_path)},
    )

    assert ended.stderr.splitlines()[-1] == "loaded:"
