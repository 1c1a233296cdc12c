"""``serve`` as a process of its own: it says where, answers, and ends with a signal."""

import json
import os
import select
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "data" / "scrape" / "aws-list-all"
DEADLINE_S = 120.0


def s3nav(home: Path, *arguments: str, **variables: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "s3nav", "--headless", "--data-dir", str(home), *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(home), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    s3nav(tmp_path, "scrape", "import", str(SAMPLES)).communicate(timeout=DEADLINE_S)
    child = s3nav(tmp_path, "serve", "--port", "0", S3NAV_API_TOKEN="s3cret-token")
    assert child.stdout is not None
    ready, _, _ = select.select([child.stdout], [], [], DEADLINE_S)
    assert ready, "it says nothing"
    yield child.stdout.readline().strip()
    child.send_signal(signal.SIGTERM)
    _, stderr = child.communicate(timeout=DEADLINE_S)
    assert child.returncode == 130, stderr
    assert "Traceback" not in stderr


def ask(url: str, token: str = "s3cret-token") -> dict[str, object]:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
        found: dict[str, object] = json.load(answer)
    return found


def test_what_was_imported_is_served_to_those_who_have_the_token(url: str) -> None:
    assert ask(f"{url}/api/stats")["total_documents"] == 24
    assert ask(f"{url}/api/scrapes?limit=1")["total"] == 2
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(f"{url}/api/stats", "wrong")
    assert refused.value.code == 401
    refused.value.close()


def test_beyond_this_machine_a_token_is_needed(tmp_path: Path) -> None:
    child = s3nav(tmp_path, "serve", "--host", "0.0.0.0", "--port", "0")
    _, stderr = child.communicate(timeout=DEADLINE_S)

    assert child.returncode == 2
    assert "S3NAV_API_TOKEN" in stderr
