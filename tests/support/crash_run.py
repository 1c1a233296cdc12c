"""Run one download in a process that kills itself at a given checkpoint: crash_run ROOT NAME N."""

import os
import signal
import sys
import threading
from pathlib import Path

from s3nav.model.places import S3Uri
from s3nav.transfer import EngineTuning, Selection, Source, Transfers
from tests.support.seeded_store import BUCKET, seeded_store

PART_BYTES = 64 * 1024
SIZES = {
    **{f"small/{number:03d}": 500 + number for number in range(40)},
    "large/five-parts": 5 * PART_BYTES - 7,
    "large/three-parts": 3 * PART_BYTES,
    "whole/just-one-part": PART_BYTES,
    "empty": 0,
}


def open_transfers(
    root: Path, checkpoint: "CrashPoint | None" = None, pace_s: float = 0.0
) -> Transfers:
    return Transfers(
        store=seeded_store(root / "gets.log", SIZES, pace_s=pace_s),
        journal_file=root / "journal.sqlite3",
        publish=lambda _: None,
        tuning=EngineTuning(parallel=3, part_bytes=PART_BYTES),
        checkpoint=checkpoint or (lambda _: None),
    )


def run(transfers: Transfers, root: Path) -> str:
    """Resume the job of the one selection, or plan it; run it to its end."""
    selection = Selection(sources=(Source(place=S3Uri(BUCKET)),), target=root / "out")
    record = transfers.find_resumable(selection) or transfers.plan(selection)
    transfers.start(record.job_id)
    assert transfers.wait(record.job_id, 300)
    return record.job_id


class CrashPoint:
    """Kills this process with SIGKILL when the named checkpoint is met for the n-th time."""

    def __init__(self, name: str, nth: int) -> None:
        self._name = name
        self._left = nth
        self._lock = threading.Lock()

    def __call__(self, name: str) -> None:
        if self._name not in {name, "any"}:
            return
        with self._lock:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    root, name, nth, pace_s = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
    transfers = open_transfers(root, CrashPoint(name, nth), float(pace_s))
    run(transfers, root)
    transfers.close()


if __name__ == "__main__":
    main()
