"""How fast bare Python fetches large objects, beside s5cmd: what s3nav can come to at most.

    python -m tests.benchmarks.bench_floor_parts [--tls] [--work large medium] [--threads 4]
        [--target DIR]

Ranged GETs into one buffer a thread, CRC64NVME and a write for each MiB; no plan, no journal, no
sync, no start-up. s5cmd runs as a whole process, in turns. Prints medians, and how long s5cmd took
compared with the floor.
"""

import argparse
import mmap
import os
import shutil
import socket
import ssl
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from s3nav.transfer.integrity.checksums import CRCS
from s3nav.transfer.planning.plan_preview import cut
from tests.benchmarks.bench_download import MIB, WORKS, Place, measure
from tests.benchmarks.loopback_s3 import BUCKET, Work, serve

PART_BYTES = 16 * MIB
HEAD_BYTES = 4096
Part = tuple[str, int, int, int]
"""Key, start, stop, open file."""


def connect(url: str) -> socket.socket:
    parts = urlsplit(url)
    assert parts.hostname is not None
    wire = socket.create_connection((parts.hostname, int(parts.port or 0)), timeout=30)
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if parts.scheme != "https":
        return wire
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    return trusting.wrap_socket(wire)


def fetch(url: str, parts: list[Part]) -> None:
    """Fetch parts one after the other on one connection."""
    update = CRCS["CRC64NVME"].update
    head, piece = bytearray(HEAD_BYTES), memoryview(mmap.mmap(-1, MIB))
    host = urlsplit(url).netloc
    with connect(url) as wire:
        read: Callable[[memoryview], int] = wire.recv_into
        for key, start, stop, file in parts:
            wire.sendall(
                f"GET /{BUCKET}/{key} HTTP/1.1\r\nHost: {host}\r\n"
                f"Range: bytes={start}-{stop - 1}\r\n\r\n".encode()
            )
            filled = 0
            while (end := head.find(b"\r\n\r\n", 0, filled)) < 0:
                filled += read(memoryview(head)[filled:])
            assert head.startswith((b"HTTP/1.1 206", b"HTTP/1.1 200"))
            have = filled - end - 4
            piece[:have] = memoryview(head)[end + 4 : filled]
            crc, at = 0, start
            while at < stop:
                wanted = min(MIB, stop - at)
                while have < wanted:
                    have += read(piece[have:wanted])
                crc = update(piece[:wanted], crc)
                assert os.pwrite(file, piece[:wanted], at) == wanted
                at, have = at + wanted, 0


def floor(place: Place, work: Work, threads: int) -> tuple[float, float]:
    """Seconds, and of CPU."""
    shutil.rmtree(place.target, ignore_errors=True)
    place.target.mkdir(parents=True)
    os.sync()
    began, cpu_s = time.perf_counter(), time.process_time()
    files = [
        os.open(place.target / f"{number:06d}.bin", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC)
        for number in range(work.count)
    ]
    parts = [
        (f"{work.name}/{number:06d}.bin", span.start, span.stop, file)
        for number, file in enumerate(files)
        for span in cut(work.size_bytes, PART_BYTES)
    ]
    running = [
        threading.Thread(target=fetch, args=(place.url, parts[one::threads]))
        for one in range(threads)
    ]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    spent = time.perf_counter() - began, time.process_time() - cpu_s
    for file in files:
        os.close(file)
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--work", nargs="+", choices=["large", "medium"])
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--target", type=Path)
    asked = parser.parse_args()
    memory = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
    works = [WORKS[name] for name in asked.work or ["large", "medium"]]
    with tempfile.TemporaryDirectory(dir=memory, prefix="s3nav-floor-") as directory:
        root = Path(directory)
        with serve(root, works, tls=asked.tls, offer_crc=True) as url:
            target = (asked.target or root) / "target"
            place = Place(url=url, root=root, target=target, tls=asked.tls, durable=False)
            for work in works:
                floors: list[tuple[float, float]] = []
                peers: list[float] = []
                floor(place, work, asked.threads)
                for _ in range(asked.rounds):
                    floors.append(floor(place, work, asked.threads))
                    peers.append(measure("s5cmd", place, work).seconds)
                bare_s = statistics.median(seconds for seconds, _ in floors)
                peer_s = statistics.median(peers)
                ratio = statistics.median(
                    peer / bare for peer, (bare, _) in zip(peers, floors, strict=True)
                )
                rate = work.total_bytes / bare_s / 1e6
                print(
                    f"{work.name:8} bare {bare_s:5.2f} s {rate:6.0f} MB/s"
                    f"  cpu {statistics.median(cpu for _, cpu in floors):5.2f} s"
                    f"  s5cmd {peer_s:5.2f} s  the floor leads {ratio:5.2f} x",
                    flush=True,
                )
    shutil.rmtree(target, ignore_errors=True)


if __name__ == "__main__":
    main()
