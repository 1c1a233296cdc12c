"""`kill -9`, SIGINT and a pause in the middle of a large upload: what S3 has is not sent again."""

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from s3nav.model.text.quantities import MIB
from s3nav.model.writes import PART_BYTES
from tests.contract.conftest import RGW_VARIABLE
from tests.support.clients import s3_client
from tests.support.headless import DEADLINE_S
from tests.support.moto_server import moto_server
from tests.support.part_proxy import PartProxy
from tests.support.processes import owned
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SIZE = 112 * MIB + 7
PARTS = -(-SIZE // PART_BYTES)


@dataclass
class Bench:
    home: Path
    client: "S3Client"
    bucket: str
    proxy: PartProxy
    file: Path
    keys: tuple[str, str]

    def start(self, *words: str) -> subprocess.Popen[str]:
        connection = [f"--endpoint-url={self.proxy.url}", "--region=us-east-1", "--path-style"]
        process = subprocess.Popen(
            [sys.executable, "-m", "s3nav", "--headless", *connection, *words],
            env={
                **os.environ,
                "HOME": str(self.home),
                "S3NAV_DATA_DIR": str(self.home / "data"),
                "AWS_ACCESS_KEY_ID": self.keys[0],
                "AWS_SECRET_ACCESS_KEY": self.keys[1],
                "AWS_EC2_METADATA_DISABLED": "true",
                "S3NAV_PARALLEL_DOWNLOADS": "2",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return owned(process)

    def put(self) -> subprocess.Popen[str]:
        return self.start("put", str(self.file), f"s3://{self.bucket}/k", "--allow-write")

    def run(self, *words: str) -> str:
        return finish(self.start(*words))

    def kept(self) -> set[int]:
        """The parts that S3 has of the one upload there may be."""
        uploads = self.client.list_multipart_uploads(Bucket=self.bucket).get("Uploads", [])
        assert len(uploads) <= 1
        found: set[int] = set()
        for one in uploads:
            parts = self.client.list_parts(
                Bucket=self.bucket, Key=one["Key"], UploadId=one["UploadId"]
            )
            found |= {part["PartNumber"] for part in parts.get("Parts", [])}
        return found

    def put_and_end_by(self, number: signal.Signals, *, after: int) -> None:
        """Send this number of parts; the others are held until the signal has had its effect."""
        expected = len(self.kept()) + after
        self.proxy.let_through(after)
        process = self.put()

        def has_them() -> bool:
            assert process.poll() is None, process.communicate()[1]
            return len(self.kept()) == expected

        eventually(has_them, DEADLINE_S, what="the parts did not arrive")
        process.send_signal(number)
        if number is signal.SIGINT:
            eventually(lambda: self.state() == "paused", DEADLINE_S, what="it was not paused")
        self.proxy.drop_held()
        process.communicate(timeout=DEADLINE_S)
        self.proxy.let_through(None)

    def state(self) -> str:
        """Of the one job."""
        (job,) = json.loads(self.run("jobs", "list", "--output", "json"))
        return str(job["state"])

    def uploaded(self) -> str:
        digest = hashlib.sha256()
        for piece in self.client.get_object(Bucket=self.bucket, Key="k")["Body"].iter_chunks(MIB):
            digest.update(piece)
        return digest.hexdigest()


def finish(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, err
    return out


@contextlib.contextmanager
def _server(name: str) -> Iterator[tuple[str, tuple[str, str]]]:
    if name == "moto":
        with moto_server() as server:
            flags = server.settings_flags
            yield str(flags["endpoint_url"]), (str(flags["access_key"]), str(flags["secret_key"]))
        return
    url = os.environ.get(RGW_VARIABLE)
    if not url:
        pytest.skip(f"{RGW_VARIABLE} names no gateway; .ci/run starts one")
    yield url, ("test", "testtest")


@pytest.fixture(scope="module")
def content() -> bytes:
    return os.urandom(SIZE)


@pytest.fixture(
    params=[
        pytest.param("moto", marks=pytest.mark.moto),
        pytest.param("rgw", marks=pytest.mark.rgw),
    ]
)
def bench(request: pytest.FixtureRequest, tmp_path: Path, content: bytes) -> Iterator[Bench]:
    file = tmp_path / "file.bin"
    file.write_bytes(content)
    bucket = f"resumed-{uuid.uuid4().hex[:12]}"
    with _server(str(request.param)) as (url, keys), PartProxy(url) as proxy:
        flags = {"endpoint_url": url, "access_key": keys[0], "secret_key": keys[1]}
        with s3_client({**flags, "region": "us-east-1"}) as client:
            client.create_bucket(Bucket=bucket)
            yield Bench(tmp_path, client, bucket, proxy, file, keys)
            for entry in client.list_objects_v2(Bucket=bucket).get("Contents", []):
                client.delete_object(Bucket=bucket, Key=entry["Key"])


@pytest.mark.slow
def test_a_killed_upload_sends_no_part_again_that_s3_has(bench: Bench, content: bytes) -> None:
    bench.put_and_end_by(signal.SIGKILL, after=2)
    first = bench.kept()
    bench.proxy.parts.clear()

    bench.put_and_end_by(signal.SIGKILL, after=2)
    second = bench.kept()
    between = set(bench.proxy.parts)
    bench.proxy.parts.clear()
    finish(bench.put())

    assert first < second
    assert not between & first
    assert sorted(bench.proxy.parts) == sorted(set(range(1, PARTS + 1)) - second)
    assert bench.uploaded() == hashlib.sha256(content).hexdigest()
    assert bench.kept() == set()
    (job,) = json.loads(bench.run("jobs", "list", "--output", "json"))
    (item,) = json.loads(bench.run("jobs", "show", job["job"], "--output", "json"))
    assert (job["state"], item["state"]) == ("done", "done")
    assert item["verified_by"] != "none"


@pytest.mark.slow
def test_an_interrupted_upload_keeps_its_parts_until_it_goes_on_or_is_cancelled(
    bench: Bench, content: bytes
) -> None:
    bench.put_and_end_by(signal.SIGINT, after=2)
    kept = bench.kept()
    bench.proxy.parts.clear()
    assert len(kept) == 2

    bench.put_and_end_by(signal.SIGINT, after=1)
    assert not set(bench.proxy.parts) & kept
    (job,) = json.loads(bench.run("jobs", "list", "--output", "json"))
    assert job["state"] == "paused"
    bench.run("jobs", "cancel", job["job"], "--allow-write")
    assert bench.kept() == set()
    assert not bench.client.list_multipart_uploads(Bucket=bench.bucket).get("Uploads")


@pytest.mark.slow
def test_parts_of_a_file_that_changed_since_are_not_used(bench: Bench) -> None:
    bench.put_and_end_by(signal.SIGKILL, after=2)
    with bench.file.open("r+b") as file:
        file.seek(5)
        file.write(b"other")

    process = bench.put()
    _, err = process.communicate(timeout=DEADLINE_S)
    again = finish(bench.start("put", str(bench.file), f"s3://{bench.bucket}/k", "--allow-write"))

    assert process.returncode == 7, err
    assert "changed while it was being sent" in err
    assert "Uploaded:         1" in again
    assert bench.uploaded() == hashlib.sha256(bench.file.read_bytes()).hexdigest()
    assert bench.kept() == set()
