"""A command runs through few files, so that a reader can follow it; see `tests/support/journey`."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.faulty_s3 import BUCKET, FaultyS3
from tests.support.headless import environment
from tests.support.journey import files_run_through
from tests.support.moto_server import moto_server

KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
ONE_OBJECT = b"eleven here"

FILES_MOST = {
    "download": 75,
    "estimate": 48,  # wanted: 40
    "scan": 44,
    "ls": 30,
    "scrape run": 38,
}


@pytest.mark.parametrize("command", ["download", "estimate", "scan", "ls"])
def test_a_command_on_one_small_object_runs_through_few_files(command: str, tmp_path: Path) -> None:
    place = f"s3://{BUCKET}/key" if command == "download" else f"s3://{BUCKET}"
    target = ["--download-dir", str(tmp_path / "data")] if command == "download" else []

    with FaultyS3() as server:
        server.put("key", ONE_OBJECT)
        files = _files(
            tmp_path, "--endpoint-url", server.url, command, place, *target, settings=KEYS
        )

    _check(command, files)


def test_a_scrape_of_one_service_runs_through_few_files(tmp_path: Path) -> None:
    with moto_server() as server:
        flags = server.settings_flags.items()
        files = _files(
            tmp_path,
            *("scrape", "run", "--services", "sqs"),
            settings={f"S3NAV_{name.upper()}": value for name, value in flags},
        )

    _check("scrape run", files)


def _files(home: Path, *words: str, settings: Mapping[str, str]) -> list[str]:
    return files_run_through(
        ["--headless", "--data-dir", str(home / "home"), *words],
        environment=environment(home, settings),
        report=home / "files",
    )


def _check(command: str, files: list[str]) -> None:
    most = FILES_MOST[command]
    assert len(files) <= most, f"`{command}` runs through {len(files)} files: {' '.join(files)}"
