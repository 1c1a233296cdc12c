"""The demo is a place to live in: what one run began, the next one finds and finishes."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.support.process_memory import PeakMemory

ROOT = Path(__file__).parents[2]
DEADLINE_S = 120.0
MEMORY_MB = 300

pytestmark = [pytest.mark.moto, pytest.mark.slow, pytest.mark.timeout(600)]


class Home:
    """A user's home, and the demo in it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._environment = {
            "PYTHONPATH": str(ROOT),
            "HOME": str(directory),
            "PATH": os.environ["PATH"],
        }

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "s3nav", "--headless", "--demo", *arguments],
            cwd=self.directory,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> str:
        with self.start(*arguments) as child:
            stdout, stderr = child.communicate(timeout=DEADLINE_S)
        assert child.returncode == 0, stderr
        return stdout

    def jobs(self) -> list[dict[str, object]]:
        found = json.loads(self.run("--output", "json", "jobs", "list"))
        assert isinstance(found, list)
        return found


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_a_download_that_was_interrupted_is_finished_by_the_next_demo(home: Home) -> None:
    place, images = "s3://backups-eu/vm/images/", home.directory / "got" / "backups-eu"
    child = home.start("download", place, "--download-dir", "got", "--bandwidth", "8MB/s")
    assert child.stderr is not None
    for line in child.stderr:
        if "%" in line:  # it has begun
            break
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=DEADLINE_S)
    (job,) = home.jobs()
    assert job["state"] != "done"
    job_id = str(job["job"])

    home.run("jobs", "show", job_id)
    home.run("jobs", "resume", job_id)

    assert [each["state"] for each in home.jobs()] == ["done"]
    assert len(list(images.rglob("*.img"))) == 3
    home.run("verify", "got", place)


def test_scans_and_prices_are_kept_until_the_next_start(home: Home) -> None:
    home.run("scan", "s3://analytics-lake/")
    for region in ("us-east-2", "eu-west-1"):
        home.run("pricing", "download", "--service", "AmazonEC2", "--region", region)

    assert "analytics-lake" in home.run("scan", "list")
    compared = home.run("pricing", "compare", "BoxUsage:m6i.large")
    assert "us-east-2" in compared
    assert "eu-west-1" in compared


def test_a_reset_forgets_what_was_kept(home: Home) -> None:
    home.run("scan", "s3://analytics-lake/")

    home.run("--demo-reset", "buckets", "--help")
    listed = home.run("--demo-reset", "--output", "json", "scan", "list")

    assert json.loads(listed) == []


def test_two_scrapes_of_an_unchanged_demo_are_equal(home: Home) -> None:
    services = "athena,dynamodb,ec2,events,iam,lambda,logs,sqs,sns,sts"
    for _ in range(2):
        home.run("scrape", "run", "--services", services)

    (step,) = json.loads(home.run("--output", "json", "scrape", "compare"))

    assert step["same"] > 150
    assert step["changes"] == []


def test_a_scrape_of_all_services_succeeds_in_little_memory(home: Home) -> None:
    child = home.start("--output", "json", "scrape", "run", "--services", "all")
    printed: list[str] = []
    with child, PeakMemory(child.pid) as peaks:
        assert child.stderr is not None
        reader = threading.Thread(target=lambda: printed.extend(child.stderr or ()))
        reader.start()
        assert child.stdout is not None
        result = json.loads(child.stdout.read())
        assert child.wait(DEADLINE_S) == 0
        reader.join()

    assert result["success"]
    assert result["resources"] > 200
    assert result["queries"]["unsupported"] > result["queries"]["ok"]
    assert len(peaks.megabytes) == 2, "s3nav and its demo server"
    assert max(peaks.megabytes.values()) < MEMORY_MB, peaks.megabytes
    assert any("queries (" in line for line in printed)
