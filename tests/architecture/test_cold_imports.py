"""Asking for help must not cost the start of boto3 or of the cockpit."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.faulty_s3 import BUCKET, FaultyS3

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


UNUSED = (
    *(name for name in HEAVY if name not in {"awscrt", "s3nav.session"}),
    "s3transfer", "yaml", "tomllib", "tomli_w", "difflib",
    "s3nav.transfer.uploads",
    "s3nav.transfer.verify_directory",
    "s3nav.aws.credentials.profile_list",
)  # fmt: skip
"""What a download with keys at hand has no use for; its CRCs need awscrt."""


def test_a_download_loads_nothing_it_does_not_use(tmp_path: Path) -> None:
    with FaultyS3() as server:
        server.put("small", b"a few bytes")
        server.put("large", bytes(3 * 65536))
        ended = probe_a_download(server, tmp_path, UNUSED)

    assert (tmp_path / "data" / BUCKET / "large").read_bytes() == bytes(3 * 65536)
    assert ended.stderr.splitlines()[-1] == "loaded:"


def test_a_download_without_crcs_does_not_start_the_common_runtime(tmp_path: Path) -> None:
    with FaultyS3(offer_crc=False) as server:
        server.put("small", b"a few bytes")
        ended = probe_a_download(server, tmp_path, ("awscrt", *UNUSED))

    assert (tmp_path / "data" / BUCKET / "small").read_bytes() == b"a few bytes"
    assert ended.stderr.splitlines()[-1] == "loaded:"


def test_an_estimate_does_not_start_the_common_runtime(tmp_path: Path) -> None:
    with FaultyS3() as server:
        server.put("large", bytes(3 * 65536))
        ended = run_probe(server, tmp_path, ("awscrt",), "download", f"s3://{BUCKET}", "--dry-run")

    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.splitlines()[-1] == "loaded:"


def probe_a_download(
    server: FaultyS3, tmp_path: Path, unused: tuple[str, ...]
) -> "subprocess.CompletedProcess[str]":
    target = ("--download-dir", str(tmp_path / "data"))
    return run_probe(server, tmp_path, unused, "download", f"s3://{BUCKET}", *target)


def run_probe(
    server: FaultyS3, tmp_path: Path, unused: tuple[str, ...], *command: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
            [
                sys.executable, "-c", PROBE.format(heavy=unused), "--headless",
                "--endpoint-url", server.url, "--data-dir", str(tmp_path / "home"), *command,
            ],
            capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
            env={
                "HOME": str(tmp_path),
                "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
                "S3NAV_PART_BYTES": "65536",
            },
    )  # fmt: skip


NO_TRANSFER = (
    *(f"s3nav.transfer.journal.{name}" for name in ("journal", "journal_schema", "journal_rows")),
    "s3nav.transfer.downloads",
    "s3nav.transfer.download",
    "s3nav.browse.inventory",
)
"""The journal, the engine and the readers of inventories."""


@pytest.mark.parametrize(
    "command",
    [
        ["estimate", f"s3://{BUCKET}"],
        ["estimate", f"s3://{BUCKET}", "--storage"],
        ["download", f"s3://{BUCKET}", "--dry-run"],
        ["scan", f"s3://{BUCKET}"],
    ],
)
def test_a_question_loads_neither_journal_nor_engine(command: list[str], tmp_path: Path) -> None:
    with FaultyS3() as server:
        server.put("small", b"a few bytes")
        ended = subprocess.run(
            [
                sys.executable, "-c", PROBE.format(heavy=NO_TRANSFER), "--headless",
                "--endpoint-url", server.url, "--data-dir", str(tmp_path / "home"), *command,
            ],
            capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
            env={
                "HOME": str(tmp_path), "S3NAV_DOWNLOAD_DIR": str(tmp_path / "data"),
                "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
            },
        )  # fmt: skip

    assert ended.stdout
    assert ended.stderr.splitlines()[-1] == "loaded:"
    assert not list((tmp_path / "home").rglob("journal*"))


def test_a_list_worker_imports_little() -> None:
    probe = """
import sys
import s3nav.aws.list_workers.list_worker
import s3nav.browse.pages.page_sums
print(*sys.modules)
"""
    loaded = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True
    ).stdout.split()

    unwanted = {
        *HEAVY,
        "sqlite3",
        "platformdirs",
        "s3nav.settings",
        "s3nav.persistence",
        "s3nav.cli",
    }
    assert not unwanted & set(loaded)
