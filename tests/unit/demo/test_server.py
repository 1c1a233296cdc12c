"""The demo S3 starts, behaves as documented, and ends with the process that started it."""

import os
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import boto3
import pytest
from mypy_boto3_s3 import S3Client

from s3nav.demo import DemoServer
from s3nav.model.errors import LocalDiskError, UnavailableError, UsageError
from tests.support.clients import s3_client
from tests.support.waiting import eventually

pytestmark = [pytest.mark.moto, pytest.mark.timeout(600)]

DEADLINE_S = 300.0
STARTER = """
import sys, time
from s3nav.demo import DemoServer
demo = DemoServer.start(seeded=False, deadline_s=300)
print(demo.pid, demo.endpoint_url, flush=True)
time.sleep(3000)
"""


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoServer]:
    with DemoServer.start(deadline_s=DEADLINE_S) as running:
        yield running


@pytest.fixture(scope="module")
def s3(demo: DemoServer) -> Iterator[S3Client]:
    with s3_client(demo.settings_flags) as client:
        yield client


def test_a_missing_extra_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "moto", None)

    with pytest.raises(UsageError, match="the demo needs moto, which is not installed") as caught:
        DemoServer.start()

    assert caught.value.reference == "extra-missing"


def test_a_child_that_is_too_slow_is_ended_and_reported() -> None:
    with pytest.raises(UnavailableError, match="did not answer within 0"):
        DemoServer.start(deadline_s=0)


def test_a_wrong_secret_is_refused(demo: DemoServer) -> None:
    flags = {**demo.settings_flags, "secret_key": "wrong"}

    with s3_client(flags) as client, pytest.raises(client.exceptions.ClientError) as caught:
        client.list_buckets()

    assert caught.value.response["Error"]["Code"] == "SignatureDoesNotMatch"


def test_the_locked_bucket_is_denied(s3: S3Client) -> None:
    with pytest.raises(s3.exceptions.ClientError) as caught:
        s3.list_objects_v2(Bucket="finance-locked")

    assert caught.value.response["Error"]["Code"] == "AccessDenied"


def test_a_session_is_led_to_a_data_directory_of_its_own(demo: DemoServer) -> None:
    assert Path(demo.settings_flags["data_dir"]).is_dir()


def test_buckets_lie_in_two_regions(s3: S3Client) -> None:
    buckets = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]

    regions = {s3.get_bucket_location(Bucket=name)["LocationConstraint"] for name in buckets}

    assert len(buckets) == 8
    assert regions == {"us-east-2", "eu-west-1"}


def test_there_is_enough_to_look_at(s3: S3Client) -> None:
    sizes, classes = [], Counter[str]()
    for bucket in ("road-imagery-prod", "node-data", "backups-eu", "analytics-lake"):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            sizes += [entry["Size"] for entry in page["Contents"]]
            classes.update(entry["StorageClass"] for entry in page["Contents"])

    assert len(sizes) > 5_000
    assert sum(sizes) > 300e6
    assert {"STANDARD", "STANDARD_IA", "GLACIER", "DEEP_ARCHIVE", "INTELLIGENT_TIERING"} <= {
        *classes
    }


def test_dates_stand_in_keys_in_three_ways(s3: S3Client) -> None:
    keys = [
        entry["Key"]
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket="node-data")
        for entry in page["Contents"]
    ]

    for pattern in (r"/\d{8}/", r"/dt=\d{4}-\d\d-\d\d/", r"/\d{4}/\d\d/\d\d/"):
        assert any(re.search(pattern, key) for key in keys), pattern


def test_every_awkward_object_can_be_read_back(s3: S3Client) -> None:
    entries = s3.list_objects_v2(Bucket="awkward-keys")["Contents"]

    read = {
        entry["Key"]: len(s3.get_object(Bucket="awkward-keys", Key=entry["Key"])["Body"].read())
        for entry in entries
    }

    assert read == {entry["Key"]: entry["Size"] for entry in entries}
    assert {"a", "a/b", "a//b", "../escape", "folder/", "percent%2Fslash.txt"} <= read.keys()


def test_a_large_object_has_a_multipart_etag_and_a_checksum(s3: S3Client) -> None:
    head = s3.head_object(Bucket="backups-eu", Key="vm/images/gateway.img", ChecksumMode="ENABLED")

    assert head["ETag"].strip('"').endswith("-6")
    assert head["ChecksumCRC64NVME"]


def test_one_bucket_has_older_versions_and_a_delete_marker(s3: S3Client) -> None:
    versions = s3.list_object_versions(Bucket="app-config-versions")

    assert sum(entry["Key"] == "config/app.json" for entry in versions["Versions"]) == 5
    assert [entry["Key"] for entry in versions["DeleteMarkers"]] == ["config/retired.json"]


def test_objects_can_be_written(s3: S3Client) -> None:
    s3.put_object(Bucket="scratch-empty", Key="new.txt", Body=b"written")

    assert s3.get_object(Bucket="scratch-empty", Key="new.txt")["Body"].read() == b"written"


def test_output_does_not_stop_the_server() -> None:
    """moto prints a line about each host it does not know: a pipe would be full after 60."""
    with DemoServer.start(seeded=False) as demo:
        answers = {_status_of_unknown_service(demo.endpoint_url, number) for number in range(80)}

    assert answers == {501}


def test_a_port_that_cannot_be_had_is_one_error_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import socket\n"
        "def bind(self, address): raise PermissionError(13, 'Permission denied')\n"
        "socket.socket.bind = bind\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    with pytest.raises(UnavailableError) as caught:
        DemoServer.start(seeded=False)

    assert caught.value.message == "the demo S3 cannot listen on 127.0.0.1: Permission denied"
    assert "loopback" in (caught.value.remedy or "")


def test_a_data_directory_that_cannot_be_written_is_one_error_with_a_remedy(
    tmp_path: Path,
) -> None:
    with pytest.raises(LocalDiskError) as caught:
        DemoServer.start(data_dir=tmp_path / "missing")

    assert "--data-dir" in (caught.value.remedy or "")


def test_a_data_directory_of_the_user_is_kept(tmp_path: Path) -> None:
    with DemoServer.start(data_dir=tmp_path, seeded=False) as demo:
        assert demo.settings_flags["data_dir"] == str(tmp_path)
    assert tmp_path.is_dir()


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_versions_are_the_same_at_the_next_start_on_another_day() -> None:
    began_on = date(2026, 11, 30)
    found = []
    for today in (began_on, date(2026, 12, 1)):
        with (
            DemoServer.start(began_on=began_on, today=today) as demo,
            s3_client(demo.settings_flags) as client,
        ):
            found.append(_versions(client, "app-config-versions", "backups-eu", "analytics-lake"))

    first, second = found
    assert first == {place: second.get(place) for place in first}


def test_the_account_and_its_address_are_the_same_at_the_next_start(tmp_path: Path) -> None:
    began_on = date(2025, 11, 28)
    ports, users, secrets, port = [], [], set(), 0
    for today in (began_on, date(2025, 12, 1)):
        with DemoServer.start(
            data_dir=tmp_path, deadline_s=DEADLINE_S, began_on=began_on, today=today, port=port
        ) as demo:
            port = demo.port
            ports.append(port)
            users.append(_users(demo))
            secrets.add(demo.settings_flags["secret_key"])

    assert ports[0] == ports[1]
    assert users[0] == users[1]
    assert {created_on for _, _, created_on in users[0]} == {began_on}
    assert len(secrets) == 2, "a secret that others could know is none"


def test_a_port_in_use_is_left_to_who_has_it() -> None:
    with (
        DemoServer.start(seeded=False, deadline_s=DEADLINE_S) as first,
        DemoServer.start(seeded=False, deadline_s=DEADLINE_S, port=first.port) as second,
    ):
        assert second.port != first.port
        assert _answers(second.endpoint_url)


def test_stop_ends_the_child_and_leaves_nothing() -> None:
    of_others = set(threading.enumerate())
    demo = DemoServer.start(seeded=False, deadline_s=300)

    demo.stop()
    demo.stop()

    assert not _is_running(demo.pid)
    assert not Path(demo.settings_flags["data_dir"]).exists()
    assert set(threading.enumerate()) <= of_others


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_the_child_ends_when_its_parent_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", STARTER], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid, endpoint_url = parent.stdout.readline().decode().split()
        assert _answers(endpoint_url)

        parent.send_signal(signal.SIGKILL)

    eventually(lambda: not _is_running(int(pid)), DEADLINE_S, what="the child goes on")
    assert not _answers(endpoint_url)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _answers(endpoint_url: str) -> bool:
    try:
        with urllib.request.urlopen(endpoint_url, timeout=DEADLINE_S):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return True
    except OSError:
        return False


def _users(demo: DemoServer) -> list[tuple[str, str, date]]:
    flags = demo.settings_flags
    client = boto3.client(
        "iam",
        endpoint_url=flags["endpoint_url"],
        aws_access_key_id=flags["access_key"],
        aws_secret_access_key=flags["secret_key"],
        region_name=flags["region"],
    )
    try:
        return [
            (user["UserName"], user["UserId"], user["CreateDate"].date())
            for user in client.list_users()["Users"]
        ]
    finally:
        client.close()


def _status_of_unknown_service(endpoint_url: str, number: int) -> int:
    scope = f"AKIAEXAMPLE/20260101/region-{number}/nosuchservice{'x' * 1000}/aws4_request"
    request = urllib.request.Request(
        endpoint_url, headers={"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, a=b"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def _versions(client: S3Client, *buckets: str) -> dict[tuple[str, str, str], tuple[str, str]]:
    found = {}
    for bucket in buckets:
        for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for entry in page.get("Versions", []):
                place = (bucket, entry["Key"], entry["VersionId"])
                found[place] = (entry["ETag"], str(entry["LastModified"]))
            for marker in page.get("DeleteMarkers", []):
                place = (bucket, marker["Key"], marker["VersionId"])
                found[place] = ("deleted", str(marker["LastModified"]))
    return found
