"""Kill the headless program again and again, let it go on, and count what that cost.

    python -m tests.faults.kills [--kills 200] [--seed 1]

Half of the SIGKILLs come at random moments from outside, half at a journal write: before it, within
its transaction, or after it. What was fetched twice is counted by the server. Exits 1 when a file
is corrupt, a finished file was fetched again, or more parts than one per worker and kill.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from s3nav.transfer.download.small_objects import MOST
from tests.support.faulty_s3 import FaultyS3, Seen
from tests.support.headless import PART_BYTES, WORKERS, final_files, finish, start, temporaries

PACE_S = 0.002
KILLS_A_ROUND = 5
DEADLINE_S = 300.0
WRITES = 20
"""The journal write that is the last is drawn from this number."""


@dataclass(slots=True)
class Counts:
    """What was seen over all rounds."""

    kills: int = 0
    at_writes: int = 0
    """Of the kills, those at a journal write."""
    rounds: int = 0
    corrupt_files: int = 0
    """Under their final name with other bytes than S3 holds, at any kill or at the end."""
    unfinished_rounds: int = 0
    left_temporaries: int = 0
    finished_again: int = 0
    """Files that had their final name at a kill and were fetched after it."""
    parts_again: int = 0
    parts_allowed: int = 0
    """One per worker and kill."""
    small_again: int = 0
    """Small files fetched again: they were under way, or not written yet."""
    small_allowed: int = 0
    """What a worker has under way, for each kill."""
    requests: int = 0
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        return (
            not (self.corrupt_files or self.unfinished_rounds or self.left_temporaries)
            and self.finished_again == 0
            and self.parts_again <= self.parts_allowed
            and self.small_again <= self.small_allowed
        )


def objects(seed: int) -> dict[str, bytes]:
    """Small ones, an empty one, and some in parts."""
    draw = random.Random(seed)
    small = {f"small/{n:03}": draw.randbytes(draw.randint(1, 3000)) for n in range(150)}
    large = {f"large/{n}": draw.randbytes(8 * PART_BYTES - n) for n in range(4)}
    return {**small, **large, "empty": b"", "one-part": draw.randbytes(PART_BYTES)}


def campaign(kills: int, seed: int, work: Path) -> Counts:
    """Rounds of some kills each, every round to its end."""
    draw = random.Random(seed)
    counts = Counts()
    started = time.monotonic()
    stored = objects(seed)
    with FaultyS3(pace_s=PACE_S) as server:
        server.put_all(stored)
        while counts.kills < kills:
            counts.rounds += 1
            home = work / f"round-{counts.rounds}"
            most = min(draw.randint(1, KILLS_A_ROUND), kills - counts.kills)
            _round(server, home, most, draw, counts)
    counts.seconds = time.monotonic() - started
    return counts


def _round(server: FaultyS3, home: Path, kills: int, draw: random.Random, counts: Counts) -> None:
    first = len(server.seen)
    stored = {key: versions[-1] for key, versions in server.versions.items()}
    before, killed = counts.kills, True
    finished: set[str] = set()
    while killed and counts.kills - before < kills:
        since = len(server.seen)
        killed = _run_and_kill(server, home, draw, counts)
        counts.finished_again += _again(server.seen[since:], finished)
        files = final_files(home)
        counts.corrupt_files += sum(stored[key] != content for key, content in files.items())
        finished = set(files)
    since = len(server.seen)
    code, _, _ = finish(start(server, home), DEADLINE_S)
    counts.finished_again += _again(server.seen[since:], finished)
    files = final_files(home)
    counts.corrupt_files += sum(stored.get(key) != content for key, content in files.items())
    counts.unfinished_rounds += code != 0 or files.keys() != stored.keys()
    counts.left_temporaries += len(temporaries(home))
    gets = Counter((s.key, s.byte_range) for s in server.seen[first:] if s.verb == "GET")
    counts.requests += gets.total()
    counts.parts_again += sum(n - 1 for (_, span), n in gets.items() if span)
    counts.small_again += sum(n - 1 for (_, span), n in gets.items() if not span)
    counts.parts_allowed += WORKERS * (counts.kills - before)
    counts.small_allowed += MOST * (counts.kills - before)


def _run_and_kill(server: FaultyS3, home: Path, draw: random.Random, counts: Counts) -> bool:
    """Start the program and see to its end; False when it was through before."""
    if draw.random() < 0.5:
        when = draw.choice(["before", "within", "after"])
        process = start(server, home, killed_at=(when, draw.randint(1, WRITES)))
        code, _, _ = finish(process, DEADLINE_S)
    else:
        enough = len(server.seen) + draw.randint(0, 120)
        pause_s = draw.random() * 0.03
        process = start(server, home)
        until = time.monotonic() + DEADLINE_S
        while process.poll() is None and len(server.seen) < enough and time.monotonic() < until:
            time.sleep(0.001)
        time.sleep(pause_s)
        process.kill()
        code, _, _ = finish(process)
        when = ""
    if code >= 0:
        return False
    counts.kills += 1
    counts.at_writes += bool(when)
    return True


def _again(seen: Sequence[Seen], finished: set[str]) -> int:
    return len({one.key for one in seen if one.verb == "GET" and one.key in finished})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        counts = campaign(asked.kills, asked.seed, Path(work))
    for name in Counts.__slots__:
        value = getattr(counts, name)
        sys.stdout.write(f"{name.replace('_', ' ')}: {value:.1f}\n" if name == "seconds" else
                         f"{name.replace('_', ' ')}: {value}\n")  # fmt: skip
    sys.exit(0 if counts.is_good else 1)


if __name__ == "__main__":
    main()
