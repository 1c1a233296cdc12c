"""Download many objects headless from a real endpoint, kill it half way, run it again, compare.

    python -m tests.e2e.killed_download URL [--objects 2000] [--large 3] [--large-mib 200]

The endpoint takes keys test / testtest and path style, as the gateway of ``tests.support.ceph``.
Prints what was seen; exits 1 when any of it is wrong.
"""

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import boto3
from botocore.config import Config

BUCKET = "first-light"
MIB = 1 << 20
DEADLINE_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much to store."""

    objects: int = 2000
    large: int = 3
    large_bytes: int = 200 * MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A real S3 on loopback."""

    url: str
    access_key: str = "test"
    secret_key: str = "testtest"

    @property
    def flags(self) -> list[str]:
        """Global options of s3nav that reach it."""
        return [
            "--endpoint-url", self.url, "--access-key", self.access_key,
            "--secret-key", self.secret_key, "--region", "us-east-1",
        ]  # fmt: skip


def seed(endpoint: Endpoint, sizes: Sizes, bucket: str = BUCKET) -> dict[str, str]:
    """Store deterministic objects; returns key → MD5 in hex."""
    client = boto3.client(
        "s3",
        endpoint_url=endpoint.url,
        aws_access_key_id=endpoint.access_key,
        aws_secret_access_key=endpoint.secret_key,
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}),
    )
    client.create_bucket(Bucket=bucket)
    chance = random.Random(20261120)
    block = chance.randbytes(4 * MIB)
    md5_by_key: dict[str, str] = {}
    for number in range(sizes.objects):
        if number < sizes.large:
            key, size = f"large/{number}.bin", sizes.large_bytes + number
        else:
            key = f"small/{number % 40:02d}/dt=2026-11-{number % 28 + 1:02d}/{number}.dat"
            size = chance.randrange(0, 64 * 1024)
        start = chance.randrange(0, MIB)
        content = (block[start:] * (size // (len(block) - start) + 1))[:size]
        client.put_object(Bucket=bucket, Key=key, Body=content)
        md5_by_key[key] = hashlib.md5(content, usedforsecurity=False).hexdigest()
    client.close()
    return md5_by_key


def command(endpoint: Endpoint, target: Path, home: Path, *extra: str) -> list[str]:
    """The headless download of the whole bucket."""
    return [
        sys.executable, "-m", "s3nav", "--headless", "--data-dir", str(home), *endpoint.flags,
        "download", f"s3://{BUCKET}/", "--download-dir", str(target), "--output", "json", *extra,
    ]  # fmt: skip


def differing(target: Path, md5_by_key: Mapping[str, str]) -> list[str]:
    """Keys whose local file is absent or has other bytes."""
    wrong = []
    for key, md5 in md5_by_key.items():
        path = target / BUCKET / key
        if not path.is_file():
            wrong.append(key)
            continue
        with path.open("rb") as file:
            if hashlib.file_digest(file, "md5").hexdigest() != md5:
                wrong.append(key)
    return wrong


def kill_when(process: subprocess.Popen[str], condition: Callable[[], bool]) -> None:
    """SIGKILL as soon as the condition holds; fails when the process ends before."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        if process.poll() is not None:
            raise AssertionError("the download ended before it could be killed")
        if time.monotonic() > deadline:
            process.kill()
            raise AssertionError("nothing was downloaded in time")
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()


def finished(target: Path) -> dict[Path, tuple[int, int]]:
    """Finished files: path to inode and change time; temp files are not finished."""
    files = (p for p in target.rglob("*") if p.is_file() and not p.name.endswith(".part"))
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in files}


def run(endpoint: Endpoint, sizes: Sizes, work: Path) -> dict[str, object]:
    """The whole story; returns what was seen."""
    md5_by_key = seed(endpoint, sizes)
    whole = work / "whole"
    started = time.monotonic()
    first = subprocess.run(
        command(endpoint, whole, work / "home1"),
        capture_output=True, text=True, timeout=DEADLINE_S, check=False,
    )  # fmt: skip
    seconds = time.monotonic() - started
    killed = work / "killed"
    process = subprocess.Popen(
        command(endpoint, killed, work / "home2"),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ),
    )  # fmt: skip
    with process:
        kill_when(process, lambda: len(finished(killed)) >= sizes.objects // 3)
    before = finished(killed)
    second = subprocess.run(
        command(endpoint, killed, work / "home2"),
        capture_output=True, text=True, timeout=DEADLINE_S, check=False,
    )  # fmt: skip
    after = finished(killed)
    report = json.loads(second.stdout) if second.stdout else {}
    return {
        "exit": first.returncode,
        "stderr": first.stderr[-2000:],
        "report": json.loads(first.stdout) if first.stdout else {},
        "seconds": round(seconds, 2),
        "wrong": differing(whole, md5_by_key),
        "killed_with_finished": len(before),
        "resume_exit": second.returncode,
        "resume_stderr": second.stderr[-2000:],
        "resume_report": report,
        "resume_wrong": differing(killed, md5_by_key),
        "finished_files_fetched_again": sum(after.get(p) != fact for p, fact in before.items()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("endpoint")
    parser.add_argument("--objects", type=int, default=2000)
    parser.add_argument("--large", type=int, default=3)
    parser.add_argument("--large-mib", type=int, default=200)
    asked = parser.parse_args()
    sizes = Sizes(objects=asked.objects, large=asked.large, large_bytes=asked.large_mib * MIB)
    with tempfile.TemporaryDirectory() as work:
        seen = run(Endpoint(url=asked.endpoint), sizes, Path(work))
    sys.stdout.write(json.dumps(seen, indent=2) + "\n")
    good = (
        seen["exit"] == seen["resume_exit"] == 0
        and not seen["wrong"]
        and not seen["resume_wrong"]
        and seen["finished_files_fetched_again"] == 0
    )
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
