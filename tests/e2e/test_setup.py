"""`setup.sh` says in a line what keeps it from installing, and leaves nothing half-made."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INSTALLED_FILES = ("setup.sh", "pyproject.toml", "constraints.txt", "README.md", "LICENSE")
NOBODY_LISTENS = "http://127.0.0.1:9/simple"
OFFLINE = {"PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "0"}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    made = tmp_path / "checkout"
    made.mkdir()
    for name in INSTALLED_FILES:
        shutil.copy(ROOT / name, made / name)
    return made


def run_setup(
    checkout: Path, *arguments: str, script: str = "checkout/setup.sh", **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", script, *arguments],
        cwd=checkout.parent,
        env={
            "HOME": str(checkout.parent),
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "PYTHON": str(Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"),
            **environment,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def python_that_exits(path: Path, code: int) -> str:
    path.write_text(
        "#!/bin/sh\n"
        'case "$*" in\n'
        "  --version) echo Python 3.9.2 ;;\n"
        "  *print*) echo python3.9 ;;\n"
        f"  *) exit {code} ;;\n"
        "esac\n"
    )
    path.chmod(0o755)
    return str(path)


def test_its_help_names_every_option(checkout: Path) -> None:
    ended = run_setup(checkout, "--help")

    assert ended.returncode == 0
    assert all(option in ended.stdout for option in ("--demo", "--test", "--with"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--wiht"], "unknown option --wiht"),
        (["--with"], "--with needs a list of extras: api,mongo,parquet,scrape"),
        (["--with", "parket"], "no extra 'parket'; choose from: api, mongo, parquet, scrape"),
        (["--with=api,mongodb"], "no extra 'mongodb'; choose from: api, mongo, parquet, scrape"),
    ],
)
def test_a_wrong_option_is_refused_before_anything_is_made(
    checkout: Path, arguments: list[str], message: str
) -> None:
    ended = run_setup(checkout, *arguments)

    assert ended.returncode == 1
    assert ended.stderr.splitlines()[0] == f"setup: {message}"
    assert not (checkout / ".venv").exists()


def test_a_python_that_is_too_old_is_named_with_what_to_install(checkout: Path) -> None:
    old = python_that_exits(checkout / "old-python", 3)

    ended = run_setup(checkout, PYTHON=old)

    assert ended.returncode == 1
    assert "Python 3.9.2 is too old; s3nav needs Python 3.11 or newer" in ended.stderr
    assert not (checkout / ".venv").exists()


def test_a_python_without_venv_is_named_with_the_package_to_install(checkout: Path) -> None:
    bare = python_that_exits(checkout / "bare-python", 4)

    ended = run_setup(checkout, PYTHON=bare)

    assert ended.returncode == 1
    assert f"{bare} cannot make environments: its venv package is missing" in ended.stderr
    assert "apt-get install -y python3.9-venv" in ended.stderr
    assert not (checkout / ".venv").exists()


def test_no_python_at_all_is_named_with_what_to_install(checkout: Path) -> None:
    ended = run_setup(checkout, PYTHON="no-such-python")

    assert ended.returncode == 1
    assert ended.stderr.startswith("setup: no Python found. Install Python 3.11 or newer")


def test_a_data_directory_that_cannot_be_written_is_refused_before_anything_is_made(
    checkout: Path,
) -> None:
    in_the_way = checkout.parent / "a-file"
    in_the_way.touch()

    ended = run_setup(checkout, S3NAV_DATA_DIR=str(in_the_way / "s3nav"))

    assert ended.returncode == 1
    assert f"cannot write to the data directory {in_the_way}/s3nav" in ended.stderr
    assert "S3NAV_DATA_DIR=" in ended.stderr
    assert not (checkout / ".venv").exists()


def test_a_link_to_it_works_in_the_checkout_and_not_beside_the_link(checkout: Path) -> None:
    elsewhere = checkout.parent / "bin"
    elsewhere.mkdir()
    (elsewhere / "relative").symlink_to("../checkout/setup.sh")
    (elsewhere / "install-s3nav").symlink_to(elsewhere / "relative")
    bare = python_that_exits(checkout / "bare-python", 4)

    helped = run_setup(checkout, "--help", script="bin/install-s3nav")
    ended = run_setup(checkout, script="bin/install-s3nav", PYTHON=bare)

    assert "usage: ./setup.sh" in helped.stdout
    assert "cannot make environments" in ended.stderr
    (elsewhere / ".venv").mkdir()
    (checkout / ".venv").touch()
    refused = run_setup(checkout, script="bin/install-s3nav")
    assert f"cannot write to {checkout}" in refused.stderr


def test_its_help_is_found_from_another_directory_whatever_cdpath_says(checkout: Path) -> None:
    decoy = checkout.parent / "decoy"
    (decoy / "checkout").mkdir(parents=True)

    ended = run_setup(checkout, "--help", script="checkout/setup.sh", CDPATH=str(decoy))

    assert ended.returncode == 0, ended.stderr
    assert "usage: ./setup.sh" in ended.stdout


@pytest.mark.parametrize("damage", ["pip*", "pip/_internal/cli"])
def test_an_environment_without_a_pip_that_runs_is_repaired_and_kept(
    checkout: Path, damage: str
) -> None:
    venv = checkout / ".venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True, timeout=300)
    (packages,) = venv.glob("lib/python*/site-packages")
    (kept := packages / "kept.txt").touch()
    for broken in packages.glob(damage):
        shutil.rmtree(broken)

    ended = run_setup(
        checkout, PIP_INDEX_URL=NOBODY_LISTENS, TMPDIR=str(checkout.parent), **OFFLINE
    )

    lines = ended.stdout.splitlines()
    assert lines[0] == "setup: the pip of .venv is missing or broken; installing it again"
    # A working pip finds that out.
    assert "the Python package index cannot be reached" in ended.stderr
    assert kept.exists()


@pytest.mark.slow
def test_without_a_network_it_says_so_in_a_line_and_leaves_no_environment(
    checkout: Path,
) -> None:
    ended = run_setup(
        checkout,
        PIP_INDEX_URL=NOBODY_LISTENS,
        **OFFLINE,
        TMPDIR=str(checkout.parent),
    )

    assert ended.returncode == 1
    first, log = ended.stderr.splitlines()
    assert first.startswith("setup: cannot install: the Python package index cannot be reached")
    assert Path(log.split(": ", 1)[1]).is_file()
    assert not (checkout / ".venv").exists()
