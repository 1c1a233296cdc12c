"""List a million keys on loopback beside s5cmd, and print keys a second, memory and requests.

    python -m tests.benchmarks.bench_listing [--keys 1000000] [--latency-ms 0 50] [--shapes dated]

The server makes its XML beforehand, and shares the machine. Each run is a process of its own, with
those that it starts; memory is the sum of their peaks. `list` is the listing alone; `scan` is the
command, which keeps every page on disk and sums it up, with its start. Requests are what the server
counted; the fewest possible is one a thousand keys. s5cmd's peer is the faster of its `du` and `ls`
of everything, once a round.
"""

import argparse
import contextlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.listing_server import BUCKET, SHAPES, Running, running, total_bytes

ROOT = Path(__file__).parents[2]
KEYS = {"AWS_ACCESS_KEY_ID": "AKIABENCH", "AWS_SECRET_ACCESS_KEY": "bench"}
WATCH_S = 0.05
HERE = [sys.executable, "-m", "tests.benchmarks.bench_listing"]


def once(url: str) -> None:
    """List everything in this process; prints keys, bytes, seconds and peak memory."""
    from s3nav.aws import open_store
    from s3nav.browse import list_parallel
    from s3nav.model.objects import KeyPage, KeySpan
    from s3nav.model.places import S3Uri
    from s3nav.persistence import Directories
    from s3nav.settings import Settings
    from tests.support.key_store import no_restart

    lock = threading.Lock()
    listed_bytes = 0

    def sink(_: KeySpan, page: KeyPage) -> None:
        nonlocal listed_bytes
        page_bytes = sum(page.sizes)
        with lock:
            listed_bytes += page_bytes

    with tempfile.TemporaryDirectory() as home:
        settings = Settings(
            endpoint_url=url, access_key="AKIABENCH", secret_key="bench", region="us-east-1"
        )
        store = open_store(settings, Directories(config=Path(home), data=Path(home)))
        started, busy = time.perf_counter(), time.process_time()
        outcome = list_parallel(
            store,
            S3Uri(BUCKET),
            sink=sink,
            restart=no_restart,
            is_cancelled=lambda: False,
            retry_attempts=5,
        )
        seconds, cpu_s = time.perf_counter() - started, time.process_time() - busy
        store.close()
        others = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu_s += others.ru_utime + others.ru_stime
    if not outcome.complete:
        raise SystemExit(f"incomplete: {outcome.problems}")
    print(outcome.keys, listed_bytes, seconds, cpu_s)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of ours."""

    seconds: float
    cpu_s: float
    peak_mb: float


def bare(server: Running, keys: int) -> Run:
    """Only the listing, in a process of its own."""
    command = [*HERE, "--once", server.url]
    with subprocess.Popen(command, cwd=ROOT, env=installed(), stdout=subprocess.PIPE) as child:
        printed, peak_mb, _ = followed(child)
    words = printed.split()
    if [int(words[0]), int(words[1])] != [keys, total_bytes(keys)]:
        raise SystemExit(f"{printed!r} listed of {keys}")
    return Run(float(words[2]), float(words[3]), peak_mb)


def scan(server: Running, keys: int) -> Run:
    """The command `scan`: every page kept on disk and summed up; start-up included."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**installed(), **KEYS, "S3NAV_DATA_DIR": home, "HOME": home}
        command = [sys.executable, "-m", "s3nav", "--headless", "--endpoint-url", server.url]
        command += ["--output", "json", "scan", f"s3://{BUCKET}"]
        started = time.perf_counter()
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as child:
            words, peak_mb, used = followed(child)
        seconds = time.perf_counter() - started
    printed = json.loads(words)
    if not printed["complete"] or [printed["objects"], printed["size_bytes"]] != [
        keys,
        total_bytes(keys),
    ]:
        raise SystemExit(f"the scan says {printed!r}")
    return Run(seconds, used.ru_utime + used.ru_stime, peak_mb)


def installed() -> dict[str, str]:
    """The environment, with bytecode kept as an installation does."""
    own = dict(os.environ)
    own.pop("PYTHONDONTWRITEBYTECODE", None)
    return own


def followed(child: "subprocess.Popen[bytes]") -> tuple[bytes, float, "resource.struct_rusage"]:
    """What a process says until it ends, the sum of its peak and its children's, what it used."""
    peaks_kb: dict[int, int] = {}
    ended = threading.Event()
    watch = threading.Thread(target=_watch, args=(child.pid, peaks_kb, ended))
    watch.start()
    assert child.stdout is not None
    printed = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    ended.set()
    watch.join()
    if child.returncode:
        raise SystemExit(f"{child.args!r} ended with {child.returncode}")
    return printed, (used.ru_maxrss + sum(peaks_kb.values())) / 1024, used


def _watch(pid: int, peaks_kb: dict[int, int], ended: threading.Event) -> None:
    """The peaks of the children of a process, by looking now and then (Linux)."""
    while not ended.wait(WATCH_S):
        for listed in Path(f"/proc/{pid}/task").glob("*/children"):
            with contextlib.suppress(OSError, IndexError):
                for other in map(int, listed.read_text().split()):
                    status = Path(f"/proc/{other}/status").read_text()
                    peaks_kb[other] = int(status.partition("VmHWM:")[2].split()[0])


def s5cmd(url: str, verb: str) -> float:
    command = [str(Path(sys.executable).with_name("s5cmd")), "--endpoint-url", url, verb]
    started = time.perf_counter()
    subprocess.run(
        [*command, f"s3://{BUCKET}/*"],
        env={**os.environ, **KEYS},
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=240,
    )
    return time.perf_counter() - started


def row(server: Running, options: argparse.Namespace, shape: str, latency_ms: float) -> None:
    fewest = -(-options.keys // 1000)
    peers: list[float] = []
    runs: dict[str, list[Run]] = {"list": [], "scan": []}
    asked: dict[str, list[int]] = {"list": [], "scan": []}
    for number in range(options.rounds):
        if number < options.peer_rounds:
            peers.append(min(s5cmd(server.url, verb) for verb in options.verbs))
        for name, run in (("list", bare), ("scan", scan)):
            server.requests()
            runs[name].append(run(server, options.keys))
            asked[name].append(server.requests())
    peer_s = statistics.median(peers) if peers else 0.0
    for name, took in runs.items():
        seconds = statistics.median(run.seconds for run in took)
        cpu_s = statistics.median(run.cpu_s for run in took)
        print(
            f"{shape:7}{latency_ms:3.0f} ms  {name}  {options.keys / seconds:8,.0f} keys/s"
            f" ({options.keys / cpu_s:8,.0f} per CPU second)"
            f"  {peer_s / seconds:5.1f} x s5cmd  peak {max(run.peak_mb for run in took):.0f} MB"
            f"  requests {max(asked[name]) / fewest:.2f} x the fewest",
            flush=True,
        )
    if peer_s:
        print(
            f"{shape:7}{latency_ms:3.0f} ms  s5cmd {options.keys / peer_s:7,.0f} keys/s", flush=True
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--latency-ms", type=float, nargs="+", default=[0.0, 50.0])
    parser.add_argument("--shapes", choices=SHAPES, nargs="+", default=["dated"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--verbs", nargs="+", default=["du", "ls"])
    parser.add_argument("--peer-rounds", type=int, default=1, help="s5cmd is slow: run it less")
    parser.add_argument("--once", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.once:
        once(options.once)
        return
    for shape in options.shapes:
        for latency_ms in options.latency_ms:
            with running(options.keys, shape, latency_ms) as server:
                row(server, options, shape, latency_ms)


if __name__ == "__main__":
    main()
