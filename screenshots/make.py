"""Make the screenshots of the README: run s3nav on the demo in tmux, press keys, draw the screen.

usage: python screenshots/make.py [--size 120x36] [--out screenshots] [--command 's3nav --demo']
Needs tmux, fontconfig, and the font DejaVu Sans Mono (Debian: fonts-dejavu-core).
"""

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from rich.ansi import AnsiDecoder
from rich.cells import cell_len
from rich.color import Color
from rich.console import Console
from rich.style import Style

from s3nav.demo import DemoServer


@dataclass(frozen=True)
class Shot:
    """Press `keys`, wait until all of `until` is on the screen, and draw it if `name` is set."""

    name: str
    keys: tuple[str, ...]
    until: tuple[str, ...]
    at_once: bool = False
    """Draw it as soon as the words are there, not when the screen stops changing."""


# Keys as tmux names them. The program is not restarted between shots.
SHOTS = (
    # The cockpit opens on the buckets: a key pressed earlier would have no effect.
    Shot("", (), ("road-imagery-prod",)),
    Shot("counting", ("Z",), ("5 counted", "▶ "), at_once=True),
    Shot("buckets", (), ("7 counted",)),
    Shot("profiles", ("1",), ("PROFILE",)),
    Shot("", ("2",), ("scratch-empty",)),
    Shot("roads", ("/", "road", "Enter", "Enter"), ("coryell/",)),
    Shot("", ("Down", "Down", "Enter"), ("Co Rd",)),
    Shot("", ("Down", "Enter"), ("img/",)),
    Shot("", ("Down", "Enter"), (".png",)),
    Shot("browser", ("Down", "Down", "space", "space", "space"), ("3 objects",)),
    Shot("help", ("?",), ("keys: browser",)),
    Shot("", ("Escape", "s"), ("enter queue",)),
    Shot("transfers", ("Enter", "3"), ("100 %",)),
    Shot("", ("4",), ("no prices yet",)),
    Shot("", ("d", "Enter"), ("3 lists",)),
    Shot("prices", ("s", *"glacier", "Enter"), ("16 products",)),
    Shot("", ("5",), ("no scrapes",)),
    Shot("", ("n", *"sqs,lambda", "Space", *"in", "Space", *"eu-west-1", "Enter"), ("done",)),
    Shot("scrapes", ("Enter",), ("everything", "QueueUrl")),
)

# These need two scans and datasets, on a demo that the commands of `PREPARED` have changed.
PREPARED_SHOTS = (
    Shot("", (), ("road-imagery-prod",)),
    Shot("scan", ("/", "road", "Enter", "t"), ("coryell/", "covers all")),
    Shot("history", ("H",), ("2 scans",)),
    Shot("compare", ("c",), ("grew by", "more a month")),
    Shot("", ("Escape", "Escape", "Escape", "Escape"), ("scratch-empty",)),
    Shot("availability", ("a", "Z"), ("3 counted", "missing:")),
)
ROADS = "s3://road-imagery-prod"
SEGMENTS = f"{ROADS}/bell/Co Rd 4205/segments.geojson"
PREPARED = (
    f"scan {ROADS}",
    f"cp -r '{ROADS}/mclennan/Co Rd 4210/' '{ROADS}/travis/Co Rd 4600/' --allow-write",
    f"put s3nav.toml '{SEGMENTS}' --storage-class STANDARD_IA --overwrite --yes --allow-write",
    f"scan {ROADS} --fresh",
)
DATASETS = """
[datasets.fills]
bucket = "node-data"
date_pattern = "%Y%m%d"
paths = { hourly = "node_fills_by_block/" }
[datasets.fills-legacy]
bucket = "node-data"
date_pattern = "%Y/%m/%d"
paths = { daily = "node_fills/" }
[datasets.trades]
bucket = "node-data"
date_pattern = "dt=%Y-%m-%d"
paths = { daily = "node_trades/" }
"""

PROJECT = Path(__file__).parents[1]
SHOT_DEADLINE_S = 30.0
SETTLE_S = 0.4
"""How long the screen must stay the same before it is drawn; after five looks it is drawn."""
KEY_PAUSE_S = 0.15

FONT_PIXELS, CELL_WIDTH, CELL_HEIGHT = 16, 10, 20
FOREGROUND, BACKGROUND = (224, 224, 224), (18, 18, 18)

Rgb = tuple[int, int, int]


class Terminal:
    """A tmux server of its own with one window."""

    def __init__(self, directory: Path, width: int, height: int) -> None:
        self._tmux = ("tmux", "-S", str(directory / "tmux"), "-f", os.devnull)
        # The demo keeps its data between runs: screenshots start with a fresh one.
        own = f"XDG_DATA_HOME={directory} S3NAV_DOWNLOAD_DIR={directory / 'data'}"
        self._environment = f"COLORTERM=truecolor {own}"
        self._size = ("-x", str(width), "-y", str(height))

    def start(self, command: str) -> None:
        self._run("new-session", "-d", *self._size, f"exec env {self._environment} {command}")

    def press(self, key: str) -> None:
        self._run("send-keys", key)
        time.sleep(KEY_PAUSE_S)

    def text(self) -> str:
        return self._run("capture-pane", "-p")

    def colored(self) -> list[str]:
        """Each line with its escape sequences; attributes continue across line ends."""
        return self._run("capture-pane", "-e", "-N", "-p").split("\n")

    def end(self) -> None:
        self._run("kill-server")

    def wait_for(self, words: tuple[str, ...], *, at_once: bool = False) -> None:
        """Wait until all words are there and, unless `at_once`, the screen stops changing."""
        deadline = time.monotonic() + SHOT_DEADLINE_S
        while missing := [word for word in words if word not in self.text()]:
            if time.monotonic() > deadline:
                sys.exit(f"never on the screen: {', '.join(missing)}\n{self.text()}")
            time.sleep(0.02)
        before = ""
        for _ in range(0 if at_once else 5):
            if before == (before := self.text()):
                break
            time.sleep(SETTLE_S)

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self._tmux, *arguments], capture_output=True, text=True, check=False
        )
        return done.stdout


@contextmanager
def terminal(command: str, width: int, height: int) -> Iterator[Terminal]:
    """Run `command` in a terminal, and end everything in it with the block."""
    with tempfile.TemporaryDirectory(prefix="s3nav-shots-") as directory:
        running = Terminal(Path(directory), width, height)
        running.start(command)
        try:
            yield running
        finally:
            running.end()


class Painter:
    """Draw captured lines with a monospaced font."""

    def __init__(self, width: int, height: int) -> None:
        self._columns, self._rows = width, height
        self._fonts = {bold: ImageFont.truetype(_font(bold=bold), FONT_PIXELS) for bold in (0, 1)}
        self._console = Console(
            width=10_000, force_terminal=True, color_system="truecolor", legacy_windows=False
        )

    def paint(self, lines: list[str]) -> Image.Image:
        size = (self._columns * CELL_WIDTH, self._rows * CELL_HEIGHT)
        image = Image.new("RGB", size, BACKGROUND)
        draw = ImageDraw.Draw(image)
        decoder = AnsiDecoder()
        for row, line in enumerate(lines[: self._rows]):
            column = 0
            for segment in decoder.decode_line(line).render(self._console):
                style = segment.style or Style.null()
                for character in segment.text.rstrip("\n"):
                    column += self._cell(draw, column, row, character, style)
        return image

    def _cell(
        self, draw: ImageDraw.ImageDraw, column: int, row: int, character: str, style: Style
    ) -> int:
        """Draw one character; return how many columns it takes."""
        cells = cell_len(character)
        left, top = column * CELL_WIDTH, row * CELL_HEIGHT
        right, bottom = left + max(cells, 1) * CELL_WIDTH - 1, top + CELL_HEIGHT - 1
        ink, paper = _colors(style)
        draw.rectangle((left, top, right, bottom), fill=paper)
        if block := _block(character):
            x0, y0, x1, y1 = block
            draw.rectangle(
                (
                    left + round(x0 * CELL_WIDTH),
                    top + round(y0 * CELL_HEIGHT),
                    left + round(x1 * CELL_WIDTH) - 1,
                    top + round(y1 * CELL_HEIGHT) - 1,
                ),
                fill=ink,
            )
        elif character.strip():
            draw.text((left, top), character, font=self._fonts[bool(style.bold)], fill=ink)
        if style.underline:
            draw.line((left, bottom - 1, right, bottom - 1), fill=ink)
        return cells


def _colors(style: Style) -> tuple[Rgb, Rgb]:
    ink, paper = _rgb(style.color, FOREGROUND), _rgb(style.bgcolor, BACKGROUND)
    if style.reverse:
        ink, paper = paper, ink
    if style.dim:
        ink = ((ink[0] + paper[0]) // 2, (ink[1] + paper[1]) // 2, (ink[2] + paper[2]) // 2)
    return ink, paper


def _rgb(color: Color | None, default: Rgb) -> Rgb:
    if color is None or color.is_default:
        return default
    return color.get_truecolor()


def _block(character: str) -> tuple[float, float, float, float] | None:
    """The part of the cell that a block element fills: drawn here, because fonts leave gaps."""
    number = ord(character) - 0x2580
    if number == 0:
        return 0, 0, 1, 0.5
    if 1 <= number <= 8:
        return 0, 1 - number / 8, 1, 1
    if 9 <= number <= 15:
        return 0, 0, (16 - number) / 8, 1
    return None


def _font(*, bold: int) -> str:
    name = "DejaVu Sans Mono" + (":bold" if bold else "")
    found = subprocess.run(
        ["fc-match", "-f", "%{file}", name], capture_output=True, text=True, check=False
    )
    if "Mono" not in found.stdout:
        sys.exit(
            "the font DejaVu Sans Mono is needed: apt-get install fonts-dejavu-core fontconfig"
        )
    return found.stdout


@contextmanager
def prepared_demo() -> Iterator[str]:
    """Start a demo with two scans and changes between them; yields the command that opens it."""
    with tempfile.TemporaryDirectory(prefix="s3nav-demo-") as directory, DemoServer.start() as demo:
        config = Path(directory, "s3nav.toml")
        flags = {name: str(value) for name, value in demo.settings_flags.items()}
        lines = [f"{name} = {json.dumps(value)}" for name, value in flags.items()]
        config.write_text("\n".join(lines) + DATASETS)
        program = f"{shlex.quote(sys.executable)} -m s3nav --config {config}"
        for words in PREPARED:
            subprocess.run(
                [*shlex.split(program), "--headless", *shlex.split(words)],
                check=True,
                cwd=directory,
                stdout=subprocess.DEVNULL,
            )
        yield program


def take(shots: tuple[Shot, ...], running: Terminal, painter: Painter, out: Path) -> None:
    """Take all screenshots in order."""
    for shot in shots:
        for key in shot.keys:
            running.press(key)
        running.wait_for(shot.until, at_once=shot.at_once)
        if shot.name:
            file = out / f"{shot.name}.png"
            painter.paint(running.colored()).save(file, optimize=True)
            print(file)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="120x36", help="columns x rows")
    parser.add_argument("--out", type=Path, default=PROJECT / "screenshots")
    parser.add_argument("--command", default=f"{shlex.quote(sys.executable)} -m s3nav --demo")
    options = parser.parse_args()
    if shutil.which("tmux") is None:
        sys.exit("tmux is needed: apt-get install tmux")
    width, height = (int(number) for number in options.size.split("x"))
    options.out.mkdir(parents=True, exist_ok=True)
    with terminal(options.command, width, height) as running:
        take(SHOTS, running, Painter(width, height), options.out)
    with prepared_demo() as command, terminal(command, width, height) as running:
        take(PREPARED_SHOTS, running, Painter(width, height), options.out)


if __name__ == "__main__":
    main()
