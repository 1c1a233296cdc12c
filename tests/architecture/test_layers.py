"""The arrows between rooms point downward: the contracts in pyproject.toml are kept."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]
LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def test_import_contracts_are_kept() -> None:
    # A process of its own: import-linter configures logging for all who share one.
    linted = subprocess.run(
        [sys.executable, "-c", LINT_IMPORTS, "--no-logo", "--no-cache"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert linted.returncode == 0, linted.stdout + linted.stderr
