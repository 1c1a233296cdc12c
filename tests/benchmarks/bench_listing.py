"""List a million keys on loopback beside s5cmd, and print keys a second, memory and requests.

    python -m tests.benchmarks.bench_listing [--keys 1000000] [--latency-ms 0 50] [--shapes dated]

The server makes its XML beforehand, and shares the machine. Each run is a process of its own;
memory is its peak. `requests` are those the server counted; the fewest possible is one a thousand
keys. s5cmd runs once a row: `du` and `ls` of everything, its faster one is the peer.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.benchmarks.listing_server import BUCKET, SHAPES, Running, running

ROOT = Path(__file__).parents[2]
KEYS = {"AWS_ACCESS_KEY_ID": "AKIABENCH", "AWS_SECRET_ACCESS_KEY": "bench"}
HERE = [sys.executable, "-m", "tests.benchmarks.bench_listing"]


def once(url: str) -> None:
    """List everything in this process; prints keys, bytes, seconds and peak memory."""
    from s3nav.aws import open_store
    from s3nav.browse import list_parallel
    from s3nav.model.objects import KeyPage, KeySpan
    from s3nav.model.places import S3Uri
    from s3nav.settings import Settings
    from s3nav.store import Directories

    lock = threading.Lock()
    total_bytes = 0

    def sink(_: KeySpan, page: KeyPage) -> None:
        nonlocal total_bytes
        page_bytes = sum(page.sizes)
        with lock:
            total_bytes += page_bytes

    with tempfile.TemporaryDirectory() as home:
        settings = Settings(
            endpoint_url=url, access_key="AKIABENCH", secret_key="bench", region="us-east-1"
        )
        store = open_store(settings, Directories(config=Path(home), data=Path(home)))
        started = time.perf_counter()
        outcome = list_parallel(store, S3Uri(BUCKET), sink=sink, is_cancelled=lambda: False)
        seconds = time.perf_counter() - started
        store.close()
    if not outcome.complete:
        raise SystemExit(f"incomplete: {outcome.problems}")
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(outcome.keys, total_bytes, seconds, peak_mb)


def ours(url: str) -> tuple[int, float, float]:
    command = [*HERE, "--once", url]
    told = subprocess.run(
        command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=240
    )
    keys, _, seconds, peak_mb = told.stdout.split()
    return int(keys), float(seconds), float(peak_mb)


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


def row(server: Running, wish: argparse.Namespace, shape: str, latency_ms: float) -> None:
    peer = 0.0
    if not wish.no_peer:
        peer = wish.keys / min(s5cmd(server.url, verb) for verb in wish.verbs)
    server.requests()
    rates, peaks, asked = [], [], []
    for _ in range(wish.rounds):
        keys, seconds, peak_mb = ours(server.url)
        if keys != wish.keys:
            raise SystemExit(f"{keys} keys listed of {wish.keys}")
        rates.append(keys / seconds)
        peaks.append(peak_mb)
        asked.append(server.requests())
    rate = statistics.median(rates)
    fewest = -(-wish.keys // 1000)
    ratio = f"{rate / peer:5.1f} x s5cmd ({peer:,.0f})" if peer else "no peer"
    print(
        f"{shape:8} {latency_ms:4.0f} ms  {rate:9,.0f} keys/s  {ratio}  peak {max(peaks):.0f} MB"
        f"  requests {max(asked)} = {max(asked) / fewest:.2f} x the fewest",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--latency-ms", type=float, nargs="+", default=[0.0, 50.0])
    parser.add_argument("--shapes", choices=SHAPES, nargs="+", default=["dated"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--verbs", nargs="+", default=["du", "ls"])
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--once", help=argparse.SUPPRESS)
    wish = parser.parse_args()
    if wish.once:
        once(wish.once)
        return
    for shape in wish.shapes:
        for latency_ms in wish.latency_ms:
            with running(wish.keys, shape, latency_ms) as server:
                row(server, wish, shape, latency_ms)


if __name__ == "__main__":
    main()
