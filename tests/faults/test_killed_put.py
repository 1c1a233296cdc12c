"""`kill -9` in the middle of an upload: what S3 keeps of it is found again and removed."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from s3nav.model.text.quantities import MIB
from tests.support.clients import s3_client
from tests.support.headless import DEADLINE_S
from tests.support.moto_server import moto_server
from tests.support.part_proxy import PartProxy
from tests.support.processes import owned
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SIZE = 64 * MIB
BUCKET = "uploads"


def _command(home: Path, flags: dict[str, str], *words: str) -> list[str]:
    connection = [f"--endpoint-url={flags['endpoint_url']}", "--region=us-east-1"]
    return [sys.executable, "-m", "s3nav", "--headless", *connection, *words]


def _environment(home: Path, flags: dict[str, str]) -> dict[str, str]:
    return {
        **os.environ,
        "HOME": str(home),
        "S3NAV_DATA_DIR": str(home / "data"),
        "AWS_ACCESS_KEY_ID": flags["access_key"],
        "AWS_SECRET_ACCESS_KEY": flags["secret_key"],
    }


def _run(home: Path, flags: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(home, flags, *words),
        env=_environment(home, flags),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


def _parts(client: "S3Client") -> int:
    """How many parts S3 keeps; an upload without any costs nothing."""
    count = 0
    for one in client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []):
        found = client.list_parts(Bucket=BUCKET, Key=one["Key"], UploadId=one["UploadId"])
        count += len(found.get("Parts", []))
    return count


def _kill_in_the_middle(
    home: Path, flags: dict[str, str], client: "S3Client", file: Path, proxy: PartProxy
) -> str:
    """Put a file, killed when S3 keeps one part and all others are held; returns the job."""
    proxy.let_through(1)
    words = ("put", str(file), f"s3://{BUCKET}/k", "--allow-write")
    child = owned(
        subprocess.Popen(
            _command(home, flags, *words),
            env=_environment(home, flags),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    )
    eventually(lambda: _parts(client), DEADLINE_S, what="no part arrived")
    child.send_signal(signal.SIGKILL)
    child.wait(DEADLINE_S)
    proxy.drop_held()
    proxy.let_through(None)
    (job,) = json.loads(_run(home, flags, "jobs", "list", "--output", "json").stdout)
    return str(job["job"])


@pytest.mark.moto
@pytest.mark.slow
@pytest.mark.parametrize("way", ["resume", "cancel-and-clear"])
def test_the_parts_of_a_killed_put_are_removed(tmp_path: Path, way: str) -> None:
    file = tmp_path / "file"
    with file.open("wb") as opened:
        opened.truncate(SIZE)
    with moto_server() as server:
        flags = {name: str(value) for name, value in server.settings_flags.items()}
        flags["region"] = "us-east-1"
        with s3_client(flags) as client, PartProxy(flags["endpoint_url"]) as proxy:
            client.create_bucket(Bucket=BUCKET)
            flags["endpoint_url"] = proxy.url  # the job is of this endpoint from now on
            job = _kill_in_the_middle(tmp_path, flags, client, file, proxy)
            assert client.list_multipart_uploads(Bucket=BUCKET)["Uploads"]

            if way == "resume":
                ended = _run(tmp_path, flags, "jobs", "resume", job, "--allow-write")
                assert ended.returncode == 0, ended.stderr
                assert client.head_object(Bucket=BUCKET, Key="k")["ContentLength"] == SIZE
            else:
                assert _run(tmp_path, flags, "jobs", "cancel", job).returncode == 0
                refused = _run(tmp_path, flags, "jobs", "clear")
                assert "read-only" in refused.stderr
                ended = _run(tmp_path, flags, "jobs", "clear", "--allow-write")
                assert "removed the parts of 1 unfinished upload" in ended.stderr
                listed = _run(tmp_path, flags, "jobs", "list", "--output", "json")
                assert json.loads(listed.stdout) == []

            assert not client.list_multipart_uploads(Bucket=BUCKET).get("Uploads")
