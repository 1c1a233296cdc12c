"""Fetch the prices of every service twice; the second time nothing changed.

    python -m tests.benchmarks.bench_price_fetch [--megabytes 300] [--regions us-east-1 eu-west-1]

The list is made up and as large as asked, with every service of AWS's real index, and is served on
loopback; `pricing download --all` runs as a process of its own, with an empty index at first.
Requests and bytes are those the server counted, heads of its answers included.
"""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.whole_price_list import REAL_EC2_BYTES, whole_list
from tests.support.headless import start
from tests.support.price_list import PriceList


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """One whole `pricing download --all`, as the server saw it."""

    seconds: float
    cpu_s: float
    requests: int
    statuses: Counter[int]
    body_bytes: int
    head_bytes: int

    @property
    def sent_bytes(self) -> int:
        return self.body_bytes + self.head_bytes


def fetch_all(served: PriceList, home: Path, regions: Sequence[str]) -> Fetch:
    """Run it to its end. Raises SystemExit when it fails."""
    served.forget()
    named = [word for region in regions for word in ("--region", region)]
    places = ["--cache-dir", str(home / "cache"), "--output-dir", str(home / "out")]
    begun = time.perf_counter()
    with (home / "out.txt").open("w+") as out, (home / "err.txt").open("w+") as err:
        child = start(
            None, home, "pricing", "download", "--all", *named, *places,
            extra={"S3NAV_PRICING_BASE_URL": served.base_url}, streams=(out, err),
        )  # fmt: skip
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - begun
        err.seek(0)
        if child.returncode:
            raise SystemExit(f"exit {child.returncode}: {err.read()[-2000:]}")
    return Fetch(
        seconds=seconds,
        cpu_s=used.ru_utime + used.ru_stime,
        requests=len(served.asked),
        statuses=Counter(served.statuses),
        body_bytes=served.body_bytes,
        head_bytes=served.head_bytes,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=300)
    parser.add_argument("--regions", nargs="+", default=["us-east-1", "eu-west-1"])
    options = parser.parse_args()
    files = whole_list(options.megabytes * 10**6, options.regions)
    largest = max(map(len, files.values()))
    print(
        f"{len(files)} files, {sum(map(len, files.values())) / 1e6:.0f} MB; the largest"
        f" {largest / 1e6:.1f} MB, 1/{REAL_EC2_BYTES / largest:.0f} of AWS's largest"
    )
    with (
        PriceList(files) as served,
        tempfile.TemporaryDirectory(prefix="s3nav-bench-prices-") as home,
    ):
        runs = [
            _reported(name, fetch_all(served, Path(home), options.regions))
            for name in ("1st", "2nd")
        ]
    share = runs[1].sent_bytes / runs[0].sent_bytes
    print(f"the second sent {share:.3%} of the first's bytes")
    if share >= 0.01 or set(runs[1].statuses) != {304}:
        sys.exit("the second fetch is not all 304")


def _reported(name: str, run: Fetch) -> Fetch:
    print(
        f"{name}: {run.requests} requests, {dict(run.statuses)}; bodies {run.body_bytes:,} B,"
        f" heads {run.head_bytes:,} B; {run.seconds:.1f} s, {run.cpu_s:.1f} s CPU"
    )
    return run


if __name__ == "__main__":
    main()
