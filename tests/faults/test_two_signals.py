"""Two signals within a moment, as `timeout` and a closing terminal send: they end like one."""

import contextlib
import signal
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from queue import Queue

import pytest

from s3nav.model.text.quantities import MIB
from tests.benchmarks.listing_server import BUCKET, dated
from tests.faults.kills import objects
from tests.support.clients import s3_client
from tests.support.faulty_s3 import BUCKET as FAULTY
from tests.support.faulty_s3 import Fault, FaultyS3, no_fault
from tests.support.headless import DEADLINE_S, final_files, finish, start
from tests.support.listing_thread import ListingThread
from tests.support.moto_server import moto_server
from tests.support.part_proxy import PartProxy
from tests.support.price_list import Answer, Asked
from tests.support.price_runs import LARGE, SMALL, fetch, indexed, large_offer, list_with
from tests.support.tiers import rest_is_slow
from tests.support.waiting import eventually

GETS_BEFORE = 20
WAITS_FOR_EVER = {"S3NAV_READ_TIMEOUT_S": "3000"}
PAIRS = [
    (signal.SIGTERM, signal.SIGTERM),
    (signal.SIGHUP, signal.SIGHUP),
    (signal.SIGHUP, signal.SIGTERM),
    (signal.SIGINT, signal.SIGINT),
    (signal.SIGTERM,),
]
"""The last is what the others must equal."""
Numbers = tuple[signal.Signals, ...]


def send(process: "subprocess.Popen[str]", numbers: Numbers) -> tuple[int, str]:
    """Send all in a row; the exit code and standard error."""
    for number in numbers:
        process.send_signal(number)
    code, _, err = finish(process)
    assert "Traceback" not in err
    assert "error" not in err
    return code, err


def keys(flags: Mapping[str, object]) -> list[str]:
    return [f"--access-key={flags['access_key']}", f"--secret-key={flags['secret_key']}"]


@contextlib.contextmanager
def silent_after_some_gets() -> Iterator[FaultyS3]:
    seen = 0

    def plan(verb: str, _key: str, _range: str) -> Fault:
        nonlocal seen
        seen += verb == "GET"
        return Fault.SILENCE if verb == "GET" and seen > GETS_BEFORE else Fault.NONE

    with FaultyS3(plan=plan) as server:
        server.put_all(objects(seed=3))
        yield server


@pytest.mark.parametrize("numbers", rest_is_slow(PAIRS))
def test_a_download_keeps_its_files_and_goes_on(tmp_path: Path, numbers: Numbers) -> None:
    with silent_after_some_gets() as server:
        words = ("download", f"s3://{FAULTY}/", "--download-dir", str(tmp_path / "out"))
        process = start(server, tmp_path, *words, "--no-resume", extra=WAITS_FOR_EVER)
        server.wait_for(lambda: len(server.gets()) >= GETS_BEFORE or process.poll() is not None)
        code, err = send(process, numbers)

        assert code == 130, err
        _, _, resume = err.rpartition("resume with: s3nav --headless")
        assert "download" in resume
        assert "--no-resume" not in resume, "that would begin a new job"
        before = final_files(tmp_path)
        server.plan, since = no_fault, len(server.gets())
        code, _, err = finish(start(server, tmp_path))

        assert code == 0, err
        assert not before.keys() & {one.key for one in server.gets()[since:]}
        assert final_files(tmp_path) == {
            key: versions[-1] for key, versions in server.versions.items()
        }


@pytest.mark.parametrize("numbers", rest_is_slow(PAIRS))
def test_a_scan_is_kept(tmp_path: Path, numbers: Numbers) -> None:
    with ListingThread(dated(20_000)) as server:
        server.hang(after=3, seconds=3000)
        process = start(server, tmp_path, "scan", f"s3://{BUCKET}", extra=WAITS_FOR_EVER)
        eventually(lambda: len(server.requests) > 3 or process.poll() is not None, DEADLINE_S)
        code, err = send(process, numbers)

    assert code == 130, err
    assert "interrupted; resume with" in err


@pytest.mark.moto
@pytest.mark.parametrize("numbers", rest_is_slow(PAIRS))
def test_a_put_keeps_its_parts_and_goes_on(tmp_path: Path, numbers: Numbers) -> None:
    file = tmp_path / "file"
    with file.open("wb") as opened:
        opened.truncate(24 * MIB)
    with moto_server() as server:
        flags = {**server.settings_flags, "region": "us-east-1"}
        with s3_client(flags) as client:
            client.create_bucket(Bucket="uploads")
        words = ("put", str(file), "s3://uploads/k", "--allow-write", *keys(flags))
        with PartProxy(str(flags["endpoint_url"])) as proxy:
            proxy.let_through(1)
            process = start(proxy, tmp_path, *words)
            eventually(lambda: proxy.parts or process.poll() is not None, DEADLINE_S)
            for number in numbers:
                process.send_signal(number)
            proxy.drop_held()
            code, _, err = finish(process)
            proxy.let_through(None)

            assert code == 130, err
            assert "Traceback" not in err
            assert "resume with" in err
            code, _, err = finish(start(proxy, tmp_path, *words))
            assert code == 0, err


@pytest.mark.moto
def test_a_scrape_stays(tmp_path: Path) -> None:
    with moto_server(seeded=True) as server:
        flags = {**server.settings_flags}
        words = ("scrape", "run", "--services", "s3,iam", "--max-rate", "0.1", *keys(flags))

        class Moto:
            url = str(flags["endpoint_url"])

        process = start(Moto(), tmp_path, *words)
        assert process.stderr is not None
        begun: list[str] = []
        while not begun or (begun[-1] and "has started" not in begun[-1]):
            begun.append(process.stderr.readline())
        if not begun[-1]:
            raise AssertionError(f"{finish(process)}: {''.join(begun)}")
        code, err = send(process, (signal.SIGTERM, signal.SIGTERM))

    assert code == 130, err
    assert "what was found is kept" in err


@pytest.mark.slow
def test_a_fetch_of_prices_leaves_whole_versions_only(tmp_path: Path) -> None:
    started: Queue[subprocess.Popen[str]] = Queue()
    with list_with(large_offer(tmp_path, 500)) as served:

        def interrupt() -> None:
            process = started.get(timeout=DEADLINE_S)
            process.send_signal(signal.SIGTERM)
            process.send_signal(signal.SIGTERM)

        def fault(asked: Asked) -> Answer | None:
            if LARGE not in asked.path or "region_index" in asked.path:
                return None
            return replace(served.honest(asked.path, asked.headers), halfway=interrupt)

        assert fetch(served, tmp_path, SMALL)[0] == 0
        served.faults.append(fault)
        extra = {
            "S3NAV_PRICING_BASE_URL": served.base_url,
            "S3NAV_PRICING_CACHE_DIR": str(tmp_path / "cache"),
            "S3NAV_PRICING_OUTPUT_DIR": str(tmp_path / "out"),
        }
        process = start(None, tmp_path, "pricing", "download", "--all", extra=extra)
        started.put(process)
        code, _, err = finish(process)

    assert code == 130, err
    assert "Traceback" not in err
    assert indexed(tmp_path) == {SMALL: 3}
