"""Three S3s for one suite: in memory, moto, and a Ceph RADOS gateway."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import boto3.session
import pytest
from botocore.config import Config

from s3nav.aws import open_store
from s3nav.browse import ScanRetention, Scans
from s3nav.model.ports.stores import ObjectStore
from s3nav.persistence import Directories
from s3nav.settings import Settings
from tests.support.memory_store import MemoryStore

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

RGW_VARIABLE = "S3NAV_TEST_RGW"
REAL_SERVERS = [
    pytest.param("moto", marks=pytest.mark.moto),
    pytest.param("rgw", marks=pytest.mark.rgw),
]
_MOTO = """
import sys, threading
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
server.stop()
"""
SLOW_MACHINE_S = 600
"""A server in Python takes its time where everything takes ten times as long."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests of this directory time; one that names its own keeps that."""
    for item in items:
        if "tests/contract/" in item.path.as_posix() and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(SLOW_MACHINE_S))


@dataclass(frozen=True)
class Server:
    """A running endpoint and the keys it knows."""

    url: str
    access_key: str
    secret_key: str

    def settings(self, **changes: str | float | bool) -> Settings:
        known: dict[str, str | float | bool] = {
            "endpoint_url": self.url,
            "access_key": self.access_key,
            "secret_key": self.secret_key,
            "region": "us-east-1",
        }
        # msgspec checks the names and types that the signature cannot.
        return Settings(**{**known, **changes})  # type: ignore[arg-type]

    def client(self) -> "S3Client":
        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}),
        )


class Bench(Protocol):
    """A store under test, and how to put things into it."""

    @property
    def store(self) -> ObjectStore: ...

    @property
    def bucket(self) -> str: ...

    def put(self, key: str, content: bytes = b"") -> None: ...


@dataclass
class MemoryBench:
    bucket: str
    store: MemoryStore = field(default_factory=MemoryStore)

    def put(self, key: str, content: bytes = b"") -> None:
        self.store.put(self.bucket, key, content)


@dataclass
class ServerBench:
    bucket: str
    store: ObjectStore
    client: "S3Client"

    def put(self, key: str, content: bytes = b"") -> None:
        self.client.put_object(Bucket=self.bucket, Key=key, Body=content)


@pytest.fixture(scope="session")
def moto() -> Iterator[Server]:
    child = subprocess.Popen(
        [sys.executable, "-c", _MOTO],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with child:
        assert child.stdout is not None
        port = child.stdout.readline().strip()
        if not port:
            pytest.skip("the moto server does not start: is the extra `demo` installed?")
        yield Server(f"http://127.0.0.1:{port}", "AKIAMOTO", "moto-secret")
        child.terminate()


@pytest.fixture(scope="session")
def rgw() -> Server:
    url = os.environ.get(RGW_VARIABLE)
    if not url:
        pytest.skip(f"{RGW_VARIABLE} names no gateway; .ci/run starts one")
    return Server(url, "test", "testtest")


@pytest.fixture
def directories(tmp_path: Path) -> Directories:
    return Directories(config=tmp_path / "config", data=tmp_path / "data")


@pytest.fixture(params=["memory", *REAL_SERVERS])
def server_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def bench(
    server_name: str, request: pytest.FixtureRequest, directories: Directories
) -> Iterator[Bench]:
    bucket = f"bench-{uuid.uuid4().hex[:12]}"
    if server_name == "memory":
        memory = MemoryBench(bucket)
        memory.store.make_bucket(bucket)
        yield memory
        return
    server: Server = request.getfixturevalue(server_name)
    client = server.client()
    client.create_bucket(Bucket=bucket)
    store = open_store(server.settings(), directories)
    yield ServerBench(bucket, store, client)
    store.close()
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page.get("Contents", []):
            client.delete_object(Bucket=bucket, Key=entry["Key"])
    client.delete_bucket(Bucket=bucket)
    client.close()


@pytest.fixture
def scans(bench: Bench, directories: Directories) -> Iterator[Scans]:
    made = Scans(
        open_store=lambda: bench.store,
        scans_file=directories.scans_file,
        publish=lambda _: None,
        retry_attempts=5,
        retention=ScanRetention(),
    )
    yield made
    made.close()
