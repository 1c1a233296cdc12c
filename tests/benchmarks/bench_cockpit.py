"""Press keys in a whole cockpit while it counts a bucket, and time each repaint.

    python -m tests.benchmarks.bench_cockpit [--keys 1000000] [--shapes flat dated] [--presses 300]

The cockpit is a process on a terminal of 120 x 36 that takes synchronized output; the S3 is the
synthetic listing server, which shares the machine. A press is timed from the moment before its
byte is written to the last byte of the first frame that shows the cursor on another row. The first
row is timed from the moment the server had handed the first page of a level to its socket.
"""

import argparse
import math
import os
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.listing_server import BUCKET, Running, running
from tests.support.terminal import Frame, Terminal

ROOT = Path(__file__).parents[2]
DOWN, UP, PAGE_DOWN, PAGE_UP = b"j", b"k", b"\x1b[6~", b"\x1b[5~"
END, HOME, ENTER, ESCAPE, COUNT = b"\x1b[F", b"\x1b[H", b"\r", b"\x1b", b"z"
CYCLE = (*[DOWN] * 8, UP, UP, *[PAGE_DOWN] * 4, PAGE_UP, END, UP, HOME)
"""Each of them moves the cursor, wherever the one before left it."""
LEVELS = {"flat": "images/", "dated": "logs/2024/01/01/00/"}
CURSOR = re.compile(rb"\xe2\x96\xb8((?:\x1b\[[0-9;]*m|[^\x1b])*)")
STYLES = re.compile(rb"\x1b\[[0-9;]*m")
PAUSES_S = (0.02, 0.09)
"""Between a repaint and the next key: a hurried hand, out of step with what ticks."""
ROUNDS = 12
SCAN_SIGN, BROWSER_SIGN, COUNTED_SIGN = b"compare", b"details", b"counting"


def row_under_cursor(frame: Frame) -> bytes:
    """The name in the row that a frame draws with the cursor; empty when it draws none."""
    drawn = CURSOR.search(frame.content)
    return b"".join(STYLES.sub(b"", drawn[1]).split()[:1]) if drawn else b""


@contextmanager
def cockpit(server: Running, place: str) -> Iterator[Terminal]:
    """A cockpit that looks at a place."""
    with tempfile.TemporaryDirectory(prefix="s3nav-bench-cockpit-") as home:
        command = [sys.executable, "-m", "s3nav", "--endpoint-url", server.url]
        command += ["--access-key", "key", "--secret-key", "secret", "--region", "us-east-1"]
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        with Terminal(
            [*command, "--data-dir", f"{home}/data", place], cwd=ROOT, environment=environment
        ) as terminal:
            yield terminal


class Hand:
    """Presses keys in the browser and waits for what they do."""

    def __init__(self, terminal: Terminal, row: bytes) -> None:
        self._terminal = terminal
        self._row = row
        self._dice = random.Random(7)

    def press(self, key: bytes) -> float:
        """Press a key that moves the cursor; milliseconds to its repaint."""
        since = len(self._terminal.frames)
        begun = self._terminal.type(key)

        def is_moved(frame: Frame) -> bool:
            return row_under_cursor(frame) not in {b"", self._row}

        frame = self._terminal.wait_for(is_moved, since=since)
        self._row = row_under_cursor(frame)
        time.sleep(self._dice.uniform(*PAUSES_S))
        return (frame.at - begun) * 1000

    def show(self, key: bytes, sign: bytes) -> None:
        """Press a key that leads to another pane; `sign` is a word of its footer only."""
        since = len(self._terminal.frames)
        self._terminal.type(key)
        self._terminal.wait_for(lambda frame: sign in frame.content, since=since)
        time.sleep(0.4)
        rows = [row_under_cursor(frame) for frame in self._terminal.frames[since:]]
        self._row = [row for row in rows if row][-1]


def report(name: str, times_ms: Sequence[float]) -> None:
    ordered = sorted(times_ms)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    print(
        f"  {name:44} {len(ordered):4} x  p50 {statistics.median(ordered):6.1f} ms"
        f"  p99 {p99:6.1f} ms  max {ordered[-1]:6.1f} ms",
        flush=True,
    )


def first_rows(terminal: Terminal, server: Running, name: bytes) -> list[float]:
    """Leave the level and enter it again; milliseconds from its first page to its first row."""
    took = []
    for _ in range(ROUNDS):
        since = len(terminal.frames)
        terminal.type(b"h")
        terminal.wait_for(lambda frame: b"/" in row_under_cursor(frame), since=since)
        terminal.settle(0.4)
        server.first_at()
        since = len(terminal.frames)
        terminal.type(ENTER)
        frame = terminal.wait_for(lambda frame: name in frame.content, since=since)
        sent = server.first_at()
        assert sent is not None
        took.append((frame.at - sent) * 1000)
        time.sleep(0.3)
    return took


def pressed(hand: Hand, presses: int) -> list[float]:
    """Press at least `presses` keys; at the end the cursor is where it began."""
    return [hand.press(key) for key in CYCLE * math.ceil(presses / len(CYCLE))]


def while_counting(hand: Hand, server: Running, presses: int) -> list[float]:
    """Count the level again and again, and press keys in the browser meanwhile.

    Only rounds of keys during which the server was asked for pages are kept.
    """
    took: list[float] = []
    while len(took) < presses:
        hand.show(COUNT, SCAN_SIGN)
        if took:
            hand.show(COUNT, COUNTED_SIGN)
        hand.show(ESCAPE, BROWSER_SIGN)
        server.requests()
        while True:
            batch = [hand.press(key) for key in CYCLE]
            if not server.requests():
                break
            took += batch
    return took


def bench(shape: str, options: argparse.Namespace) -> None:
    print(f"{shape}, {options.keys:,} keys")
    name = b"file-000000000" if shape == "flat" else b"part-00000"
    with (
        running(options.keys, shape, options.latency_ms) as server,
        cockpit(server, f"s3://{BUCKET}/{LEVELS[shape]}") as terminal,
    ):
        frame = terminal.wait_for(lambda frame: name in frame.content)
        sent = server.first_at()
        assert sent is not None
        report("first page to first row, at the start", [(frame.at - sent) * 1000])
        report("first page to first row, entered", first_rows(terminal, server, name))
        hand = Hand(terminal, row_under_cursor(terminal.frames[-1]))
        if shape == "flat":
            report("keys while the level is listed", pressed(hand, options.presses))
        _until_listed(server)
        report("keys, nothing else to do", pressed(hand, options.presses))
        if shape == "flat":  # the other's level is counted in no time
            report(
                "keys while the bucket is counted", while_counting(hand, server, options.presses)
            )


def _until_listed(server: Running) -> None:
    until = time.monotonic() + 120
    while server.requests() and time.monotonic() < until:
        time.sleep(0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--shapes", nargs="+", choices=LEVELS, default=list(LEVELS))
    parser.add_argument("--presses", type=int, default=300)
    options = parser.parse_args()
    for shape in options.shapes:
        bench(shape, options)


if __name__ == "__main__":
    main()
