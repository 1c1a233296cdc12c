"""How fast bare Python fetches small objects: what s3nav's own rate is to be compared with.

    python -m tests.benchmarks.bench_floor [--threads 1 2] [--depth 16] [--target DIR]

Signed GETs several at once on one connection, one look at each head, CRC64NVME, and open, write,
utime, close and rename for each file; no plan, no journal, no sync. Prints microseconds an object.
"""

import argparse
import base64
import os
import re
import shutil
import socket
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from s3nav.aws.http.signing import Keys, Signer
from s3nav.aws.s3.request_batch import GetSigner
from s3nav.transfer.integrity.checksums import CRCS
from tests.benchmarks import quiet
from tests.benchmarks.bench_download import WORKS
from tests.benchmarks.loopback_s3 import BUCKET, fetch, serve

WORK = WORKS["small"]
KEYS = Keys(access_key="bench", secret_key="benchbench")
FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
HEAD = re.compile(rb"HTTP/1\.1 200 .*?crc64nvme: (\S+)\r\n.*?\r\n\r\n", re.DOTALL)


def etags(url: str) -> list[str]:
    """From the listing, in the order of the keys."""
    found: list[str] = []
    for page in range(-(-WORK.count // 1000)):
        token = f"&continuation-token={WORK.name}-{page}" if page else ""
        xml = fetch(f"{url}/{BUCKET}?prefix={WORK.name}/{token}").decode()
        found += re.findall("&quot;([0-9a-f]{32})&quot;", xml)
    return found


def work(url: str, target: Path, tags: list[str], numbers: list[int], depth: int) -> None:
    """Fetch the objects of these numbers; fails when a byte is wrong."""
    host = urlsplit(url).netloc
    signer = GetSigner(Signer("us-east-1"), host=host, requester_pays=False)
    crc = CRCS["CRC64NVME"].update
    folder = os.open(target, os.O_RDONLY | os.O_DIRECTORY)
    buffer = bytearray(1 << 20)
    view = memoryview(buffer)
    start = filled = 0

    def send(batch: list[int]) -> None:
        signer.prepare(KEYS)
        paths = [(f"/{BUCKET}/{WORK.name}/{number:06d}.bin", tags[number]) for number in batch]
        wire.sendall(
            "".join(
                f"GET {path} HTTP/1.1\r\n{signer.lines(path, tag)}\r\n" for path, tag in paths
            ).encode()
        )

    name, _, port = host.partition(":")
    with socket.create_connection((name, int(port))) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        batches = [numbers[n : n + depth] for n in range(0, len(numbers), depth)]
        send(batches[0])
        for after, batch in enumerate(batches, 1):
            if after < len(batches):
                send(batches[after])
            for number in batch:
                while (head := HEAD.match(buffer, start, filled)) is None or (
                    head.end() + WORK.size_bytes > filled
                ):
                    if filled + WORK.size_bytes > len(buffer):
                        buffer[: filled - start] = buffer[start:filled]
                        start, filled = 0, filled - start
                    filled += wire.recv_into(view[filled:])
                content = view[head.end() : head.end() + WORK.size_bytes]
                start = head.end() + WORK.size_bytes
                digest = crc(content, 0).to_bytes(8, "big")
                assert base64.b64encode(digest) == bytes(head[1])
                part = f".{number:06d}.part"
                file = os.open(part, FLAGS, 0o666, dir_fd=folder)
                os.write(file, content)
                os.utime(file, ns=(10**18, 10**18))
                os.close(file)
                os.rename(part, f"{number:06d}.bin", src_dir_fd=folder, dst_dir_fd=folder)
    os.close(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--depth", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--target", type=Path)
    asked = parser.parse_args()
    memory = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=memory, prefix="s3nav-floor-") as directory:
        root = Path(directory)
        target = (asked.target or root) / "target"
        with serve(root, [WORK], tls=False, offer_crc=True) as url:
            tags = etags(url)
            for threads in asked.threads:
                for _ in range(asked.rounds):
                    shutil.rmtree(target, ignore_errors=True)
                    target.mkdir()
                    cpu_s, server_s = time.process_time(), quiet.used_by("nginx")
                    started = time.perf_counter()
                    running = [
                        threading.Thread(
                            target=work,
                            args=(
                                url,
                                target,
                                tags,
                                list(range(one, WORK.count, threads)),
                                asked.depth,
                            ),
                        )
                        for one in range(threads)
                    ]
                    for thread in running:
                        thread.start()
                    for thread in running:
                        thread.join()
                    spent = (
                        time.perf_counter() - started,
                        time.process_time() - cpu_s,
                        quiet.used_by("nginx") - server_s,
                    )
                    wall, cpu, server = (seconds / WORK.count * 1e6 for seconds in spent)
                    assert len(list(target.glob("*.bin"))) == WORK.count
                    print(
                        f"{threads} threads: {wall:5.1f} us an object, cpu {cpu:5.1f}, "
                        f"server {server:5.1f}; {1e6 / wall:,.0f} obj/s",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
