"""Plan a million objects, fetch many of them, and print the memory of the process meanwhile.

    python -m tests.benchmarks.bench_memory [--plan 1000000] [--fetch 200000] [--root DIR]

The bucket is made up page by page and each object is a few bytes, so that what grows is what the
program keeps: plan, journal, queue, counters. A row is printed for each tenth of the way.
"""

import argparse
import hashlib
import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from s3nav.model.objects import (
    GetRequest,
    KeyPage,
    ListingPage,
    ListRequest,
    ObjectFact,
    ObjectHead,
)
from s3nav.model.places import S3Uri
from s3nav.transfer import EngineTuning, Filters, Preview, Selection, Source, Transfers
from tests.benchmarks.bench_plan import PAGE, WHEN, ReadyPages
from tests.support.memory_store import MemoryBody

CONTENT = b"a few bytes\n"
ETAG = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
MB = 1 << 20
ROWS = 10


class MadeUp(ReadyPages):
    """A bucket of equal tiny objects, a thousand in each directory."""

    def list_page(self, request: ListRequest) -> ListingPage:
        number = int(request.token or 0)
        facts = tuple(
            ObjectFact(
                key=f"data/{number:06}/{index:05}",
                size_bytes=len(CONTENT),
                etag=ETAG,
                modified_at=WHEN,
            )
            for index in range(PAGE)
        )
        is_last = (number + 1) * PAGE >= self.items
        return ListingPage(objects=facts, next_token=None if is_last else str(number + 1))

    def list_keys(self, request: ListRequest) -> KeyPage:
        return KeyPage.of(self.list_page(request))

    def get(self, request: GetRequest) -> MemoryBody:
        head = ObjectHead(size_bytes=len(CONTENT), etag=ETAG, modified_at=WHEN)
        return MemoryBody(head, CONTENT)


def memory_mb() -> float:
    """What the process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MB


def watched(what: str, total: int, done: Callable[[], int], work: Callable[[], None]) -> None:
    """Do the work in a thread; print a row whenever a tenth more is done."""
    thread = threading.Thread(target=work)
    started = time.perf_counter()
    thread.start()
    due, top = 0, memory_mb()
    while thread.is_alive():
        thread.join(0.02)
        top = max(top, memory_mb())
        if done() >= due:
            print(
                f"| {what} | {done():,} | {time.perf_counter() - started:.1f} |"
                f" {memory_mb():.0f} | {top:.0f} |",
                flush=True,
            )
            due = done() - done() % (total // ROWS) + total // ROWS
    print(
        f"| {what} | {total:,} | {time.perf_counter() - started:.1f} | {memory_mb():.0f} |"
        f" {top:.0f} |",
        flush=True,
    )


def run(root: Path, *, plan: int, fetch: int) -> None:
    print("| what | objects | seconds | MB now | MB at most |\n|---|---|---|---|---|", flush=True)
    for items, is_fetched in ((plan, False), (fetch, True)):
        transfers = Transfers(
            store=MadeUp(items),
            journal_file=root / "journal.sqlite3",
            publish=lambda _: None,
            tuning=EngineTuning(),
        )
        sources = (Source(place=S3Uri("bench", "data/")),)
        selection = Selection(sources=sources, target=root / f"out-{items}", filters=Filters())
        preview = Preview()
        planned: list[str] = []

        def make(
            transfers: Transfers = transfers,
            selection: Selection = selection,
            preview: Preview = preview,
            planned: list[str] = planned,
        ) -> None:
            planned.append(transfers.plan(selection, preview).job_id)

        def total(preview: Preview = preview) -> int:
            return preview.total_files

        watched("plan", items, total, make)
        if is_fetched:
            fetch_all(transfers, planned[0], items)
        transfers.close()


def fetch_all(transfers: Transfers, job_id: str, items: int) -> None:
    def work() -> None:
        transfers.start(job_id)
        transfers.wait(job_id, 600)

    watched("fetch", items, lambda: transfers.progress(job_id).done_files, work)
    report = transfers.report(job_id)
    if report.downloaded != items or report.failed:
        raise SystemExit(f"{report.downloaded} of {items} fetched, {report.failed} failed")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plan", type=int, default=1_000_000)
    parser.add_argument("--fetch", type=int, default=200_000)
    parser.add_argument("--root", type=Path)
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="s3nav-memory-", dir=wish.root) as root:
        run(Path(root), plan=wish.plan, fetch=wish.fetch)


if __name__ == "__main__":
    main()
