"""What README.md and docs/*.md tell a new user to type works, line by line and in order.

The lines run where a user would run them: in a copy of the checkout that has only what `setup.sh`
installs, with a fresh home. "Your own account" is a moto server that the AWS configuration names.
"""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import boto3.session
import pytest

from s3nav.demo import DemoServer
from tests.support.documents import documented_commands
from tests.support.inventories import Inventory, row
from tests.support.terminal import Terminal

ROOT = Path(__file__).parents[2]
DOCUMENTS = ["README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
NOT_COPIED = (".git", ".venv", ".*_cache", "__pycache__", "*.egg-info", "data")
LINE_DEADLINE_S = 600

pytestmark = [
    pytest.mark.moto,
    pytest.mark.slow,
    pytest.mark.timeout(1800),
]


@dataclass(frozen=True)
class Ended:
    """How a line ended, and what it said."""

    exit_code: int
    words: str


@dataclass(frozen=True)
class Desk:
    """A user's shell: where they are and what their environment is."""

    checkout: Path
    environment: Mapping[str, str]

    def run(self, line: str, cwd: Path) -> Ended:
        words = shlex.split(line, comments=True)
        if "serve" in words:
            return self._serve(line, cwd)
        if line == "./setup.sh --demo" or (
            words[0].endswith("s3nav") and "--headless" not in words
        ):
            return self._cockpit(line, cwd)
        ended = subprocess.run(
            ["bash", "-c", line],
            cwd=cwd,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LINE_DEADLINE_S,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout)

    def _cockpit(self, line: str, cwd: Path) -> Ended:
        """Open it, wait for the buckets, and leave with `q`."""
        with Terminal(["bash", "-c", line], cwd=cwd, environment=self.environment) as terminal:
            terminal.wait_for(lambda frame: b"Buckets" in frame.content, timeout_s=LINE_DEADLINE_S)
            terminal.type(b"q")
            exit_code = terminal.process.wait(LINE_DEADLINE_S)
            return Ended(exit_code, terminal.frames[-1].content.decode(errors="replace"))

    def _serve(self, line: str, cwd: Path) -> Ended:
        """Wait for the address, then press Ctrl-C."""
        process = subprocess.Popen(
            ["bash", "-c", f"exec {line}"],
            cwd=cwd,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        deadline = threading.Timer(LINE_DEADLINE_S, process.kill)
        deadline.start()
        with process:
            assert process.stdout is not None
            said = []
            for text in process.stdout:
                said.append(text)
                if "http://" in text:
                    process.send_signal(signal.SIGINT)
            exit_code = process.wait()
        deadline.cancel()
        return Ended(exit_code, "".join(said))


@pytest.fixture(scope="module")
def account() -> Iterator[DemoServer]:
    with DemoServer.start(today=datetime.now(UTC).date()) as server:
        yield server


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, account: DemoServer) -> Desk:
    checkout = tmp_path_factory.mktemp("user") / "s3nav"
    shutil.copytree(ROOT, checkout, ignore=shutil.ignore_patterns(*NOT_COPIED))
    home = tmp_path_factory.mktemp("home")
    flags = account.settings_flags
    environment = {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PATH": f"{checkout}/.venv/bin:/usr/local/bin:/usr/bin:/bin",
        "PYTHON": str(Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"),
        "PIP_CACHE_DIR": os.environ.get("PIP_CACHE_DIR", str(Path.home() / ".cache" / "pip")),
        "AWS_EC2_METADATA_DISABLED": "true",
        "S3NAV_PRICING_BASE_URL": str(flags["pricing_base_url"]),
        **{name: value for name, value in os.environ.items() if _is_about_packages(name)},
    }
    _configure_aws(home, flags)
    _fill_account(flags)
    made = Desk(checkout, environment)
    plain = made.run("./setup.sh", checkout)
    assert plain.exit_code == 0, plain.words
    return made


def _is_about_packages(name: str) -> bool:
    return name.startswith(("PIP_", "SSL_")) or name.lower().endswith("_proxy")


def _configure_aws(home: Path, flags: Mapping[str, object]) -> None:
    directory = home / ".aws"
    directory.mkdir()
    place = f"region = {flags['region']}\nendpoint_url = {flags['endpoint_url']}\n"
    keys = (
        f"aws_access_key_id = {flags['access_key']}\n"
        f"aws_secret_access_key = {flags['secret_key']}\n"
    )
    (directory / "config").write_text(f"[default]\n{place}[profile analytics]\n{place}")
    (directory / "credentials").write_text(f"[default]\n{keys}[analytics]\n{keys}")


def _fill_account(flags: Mapping[str, object]) -> None:
    client = boto3.session.Session().client(
        "s3",
        endpoint_url=str(flags["endpoint_url"]),
        aws_access_key_id=str(flags["access_key"]),
        aws_secret_access_key=str(flags["secret_key"]),
        region_name="us-east-1",
    )
    for bucket in ("bucket", "other-bucket", "roads", "lists"):
        client.create_bucket(Bucket=bucket)
    for number in range(20):
        client.put_object(Bucket="bucket", Key=f"prefix/{number:02d}.csv", Body=b"a,b\n" * number)
    rows = [row(f"logs/{number}.gz", size=number, ETag="0" * 32) for number in range(5)]
    for key, content in Inventory([rows], prefix="roads/daily/").contents().items():
        client.put_object(Bucket="lists", Key=key, Body=content)
    client.close()


def test_the_readme_shows_the_way_through_the_program() -> None:
    commands = " ".join(each.line for each in documented_commands(ROOT / "README.md"))

    for verb in ("buckets", "scan", "ls", "download", "verify", "estimate", "pricing", "scrape"):
        assert f"--demo {verb} " in commands


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_of_a_document_works_in_its_order(
    document: str, desk: Desk, tmp_path: Path
) -> None:
    cwd = desk.checkout if document == "README.md" else tmp_path
    (cwd / "report.csv").write_text("a,b\n1,2\n")
    (cwd / "photos").mkdir()
    (cwd / "photos" / "road.png").write_bytes(bytes(2000))

    failed = []
    for command in documented_commands(ROOT / document):
        if command.line == "./setup.sh --test":  # a test of its own, below
            continue
        ended = desk.run(command.line, cwd)
        if ended.exit_code != command.exit_code:
            failed.append(f"{command.line}\nexits {ended.exit_code}:\n{ended.words[-2000:]}")

    assert not failed, "\n\n".join(failed)


def test_setup_installs_and_runs_the_tests(desk: Desk) -> None:
    chosen = dict(desk.environment) | {"PYTEST_ADDOPTS": "-k test_extras"}

    ended = Desk(desk.checkout, chosen).run("./setup.sh --test", desk.checkout)

    assert ended.exit_code == 0, ended.words
    assert re.search(r"\d+ passed", ended.words)
