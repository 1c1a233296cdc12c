"""The floor below the engine: bare threads that do nothing but move and check the same bytes.

    python -m tests.benchmarks.bench_floor [--work large medium] [--threads 2 4] [--rounds 3]

No signing, journal, names, retries, resuming: sockets, files and CRC64NVME alone, 1 MiB at a time.
What s3nav takes above it is start-up and bookkeeping.
"""

import argparse
import os
import queue
import resource
import shutil
import socket
import statistics
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from s3nav.transfer.crc import CRCS
from tests.benchmarks.bench_download import WORKS
from tests.benchmarks.loopback_s3 import BUCKET, Work, serve

MIB = 1 << 20
PART_BYTES = 16 * MIB
Part = tuple[str, int, int]
"""Name of the object, start and length."""
_update = CRCS["CRC64NVME"].update


def parts_of(work: Work) -> list[Part]:
    """What the engine would ask for: whole objects, or parts of the larger ones in turns."""
    starts = range(0, work.size_bytes, PART_BYTES)
    return [
        (f"{number:06d}.bin", start, min(PART_BYTES, work.size_bytes - start))
        for start in starts
        for number in range(work.count)
    ]


def fetch_all(
    address: tuple[str, int], work: Work, target: Path, todo: "queue.Queue[Part]"
) -> None:
    """One thread: one connection, one buffer."""
    buffer = memoryview(bytearray(MIB))
    with socket.create_connection(address, timeout=30) as connected:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connected.settimeout(None)
        while True:
            try:
                name, start, length = todo.get_nowait()
            except queue.Empty:
                return
            descriptor = os.open(target / name, os.O_RDWR | os.O_CREAT, 0o600)
            connected.sendall(
                f"GET /{BUCKET}/{work.name}/{name} HTTP/1.1\r\nHost: floor\r\n"
                f"Range: bytes={start}-{start + length - 1}\r\n\r\n".encode()
            )
            fetch(connected, descriptor, buffer, (start, length))
            os.close(descriptor)


def fetch(
    connected: socket.socket, descriptor: int, buffer: memoryview, span: tuple[int, int]
) -> int:
    """Read one answer into the file; its checksum."""
    received = connected.recv_into(buffer, 4096)
    while (end := bytes(buffer[:received]).find(b"\r\n\r\n")) < 0:
        received += connected.recv_into(buffer[received:], 4096)
    waiting = received - end - 4
    buffer[:waiting] = buffer[end + 4 : received]
    position, length = span
    stop, checksum = position + length, 0
    while position < stop:
        piece = buffer[: min(MIB, stop - position)]
        while waiting < len(piece):
            count = connected.recv_into(piece[waiting:], 0, socket.MSG_WAITALL)
            if count == 0:
                raise EOFError("the server closed the connection")
            waiting += count
        checksum = _update(piece, checksum)
        os.pwrite(descriptor, piece, position)
        position, waiting = position + len(piece), 0
    return checksum


def measure(url: str, work: Work, target: Path, threads: int) -> tuple[float, float]:
    """Seconds on the clock and of CPU for all of it."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    parts = urlsplit(url)
    address = (parts.hostname or "", parts.port or 80)
    todo: queue.Queue[Part] = queue.Queue()
    for part in parts_of(work):
        todo.put(part)
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    workers = [
        threading.Thread(target=fetch_all, args=(address, work, target, todo))
        for _ in range(threads)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    got = sum(path.stat().st_size for path in target.iterdir())
    if got != work.total_bytes:
        raise SystemExit(f"{got} bytes instead of {work.total_bytes}")
    return seconds, cpu_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", nargs="+", choices=WORKS, default=["large", "medium"])
    parser.add_argument("--threads", nargs="+", type=int, default=[2, 4])
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    memory = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
    works = [WORKS[name] for name in asked.work]
    with (
        tempfile.TemporaryDirectory(dir=memory, prefix="s3nav-floor-") as directory,
        serve(Path(directory), works, tls=False, offer_crc=True) as url,
    ):
        for work in works:
            for threads in asked.threads:
                runs = [
                    measure(url, work, Path(directory) / "target", threads)
                    for _ in range(asked.rounds + 1)
                ][1:]  # the first to touch memory pays for getting it from the host
                seconds = statistics.median(run[0] for run in runs)
                cpu_s = statistics.median(run[1] for run in runs)
                print(
                    f"{work.name:8} {threads} threads {seconds:6.2f} s"
                    f" {work.total_bytes / seconds / 1e6:6.0f} MB/s  cpu {cpu_s:5.2f} s",
                    flush=True,
                )


if __name__ == "__main__":
    main()
