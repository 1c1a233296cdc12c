"""Plan and journal a million objects that need no listing, and print items a second.

    python -m tests.benchmarks.bench_plan [--items 1000000] [--rounds 3]

The pages are ready made: what is measured is choosing, naming, deciding and the durable journal.
What handing the pages out costs is measured beside it and stated. Each round is a process of its
own; memory is its peak, the ready pages are made one at a time and are part of it.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from s3nav.model.objects import (
    BucketFact,
    GetRequest,
    KeyPage,
    ListingPage,
    ListRequest,
    ObjectAttributes,
    ObjectFact,
    ObjectHead,
    VersionPage,
    VersionsRequest,
)
from s3nav.model.places import S3Uri
from s3nav.model.ports.stores import PageReader, SmallGets, Wanted
from s3nav.transfer import EngineTuning, Selection, Source, Transfers
from tests.support.memory_store import MemoryBody

PAGE = 1000
WHEN = datetime(2026, 11, 1, 12, 0, 7, tzinfo=UTC)
ETAG = "d41d8cd98f00b204e9800998ecf8427e"


def page_of(number: int, items: int) -> ListingPage:
    """The page of that number, in byte order: a thousand keys of a day's directory."""
    year, day = 2026 + number // 336, number % 336
    head = f"logs/{year}/{1 + day // 28:02}/{1 + day % 28:02}/{number:06}"
    return ListingPage(
        objects=tuple(
            ObjectFact(
                key=f"{head}/part-{index:05}-c0ffee.json.gz",
                size_bytes=1024,
                etag=ETAG,
                modified_at=WHEN,
                checksum_algorithm="CRC64NVME",
                checksum_type="FULL_OBJECT",
            )
            for index in range(PAGE)
        ),
        next_token=str(number + 1) if (number + 1) * PAGE < items else None,
    )


class ReadyPages:
    """An S3 that only lists; the time to make the pages is measured and printed."""

    def __init__(self, items: int) -> None:
        self.items = items
        self.making_s = self.making_cpu_s = 0.0

    def list_page(self, request: ListRequest) -> ListingPage:
        started, busy = time.perf_counter(), time.thread_time()
        page = page_of(int(request.token or 0), self.items)
        self.making_s += time.perf_counter() - started
        self.making_cpu_s += time.thread_time() - busy
        return page

    def list_keys(self, request: ListRequest) -> KeyPage:
        return KeyPage.of(self.list_page(request))

    def page_reader(self) -> PageReader | None:
        return None

    def list_versions(self, request: VersionsRequest) -> VersionPage:
        raise NotImplementedError(request.prefix)

    def list_buckets(self) -> tuple[BucketFact, ...]:
        return ()

    def bucket_region(self, bucket: str) -> str:
        raise NotImplementedError(bucket)

    def head(
        self, bucket: str, key: str, *, version_id: str = "", requester_pays: bool = False
    ) -> ObjectHead:
        raise NotImplementedError(key)

    def part_bytes(
        self,
        bucket: str,
        key: str,
        number: int,
        *,
        version_id: str = "",
        requester_pays: bool = False,
    ) -> int | None:
        raise NotImplementedError(key)

    def attributes(
        self, bucket: str, key: str, *, version_id: str = "", requester_pays: bool = False
    ) -> ObjectAttributes | None:
        raise NotImplementedError(key)

    def get(self, request: GetRequest) -> MemoryBody:
        raise NotImplementedError(request.key)

    def small_gets(
        self, *, requester_pays: bool, waiting: Callable[[], None]
    ) -> SmallGets[Wanted] | None:
        return None

    def close(self) -> None:
        pass


def once(items: int, root: Path) -> None:
    """Plan once in this process; prints seconds, CPU seconds, those for the pages, peak memory."""
    store = ReadyPages(items)
    transfers = Transfers(
        store=store,
        journal_file=root / "journal.sqlite3",
        publish=lambda _: None,
        tuning=EngineTuning(),
    )
    selection = Selection(sources=(Source(place=S3Uri("bench", "logs/")),), target=root / "out")
    started, busy = time.perf_counter(), time.process_time()
    job = transfers.plan(selection)
    seconds = time.perf_counter() - started - store.making_s
    cpu_s = time.process_time() - busy - store.making_cpu_s
    transfers.close()
    if job.total_files != items:
        raise SystemExit(f"{job.total_files} planned of {items}")
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(seconds, cpu_s, store.making_s, peak_mb)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--once", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.once:
        once(options.items, options.once)
        return
    runs: list[tuple[float, float]] = []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory(prefix="s3nav-plan-") as root:
            command = [sys.executable, "-m", "tests.benchmarks.bench_plan"]
            command += ["--items", str(options.items), "--once", root]
            ended = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
        seconds, cpu_s, making_s, peak_mb = (float(word) for word in ended.stdout.split())
        runs.append((seconds, peak_mb))
        print(
            f"{options.items} items in {seconds:.2f} s (CPU {cpu_s:.2f} s; making the pages took"
            f" {making_s:.2f} s more): {options.items / seconds:,.0f} items/s,"
            f" {options.items / cpu_s:,.0f} per CPU second, peak {peak_mb:.0f} MB",
            flush=True,
        )
    rate = options.items / statistics.median(seconds for seconds, _ in runs)
    print(f"median {rate:,.0f} items/s, peak {max(peak for _, peak in runs):.0f} MB")


if __name__ == "__main__":
    main()
