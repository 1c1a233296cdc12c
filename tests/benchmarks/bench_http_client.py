"""How many signed GETs a second the HTTP client makes, against nginx serving files from memory.

Run it by hand: ``python -m tests.benchmarks.bench_http_client``. It needs nginx on the PATH.
"""

import argparse
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from s3nav.aws import open_store
from s3nav.model.objects import GetRequest
from s3nav.persistence import Directories
from s3nav.settings import Settings

CONFIG = """
daemon off; worker_processes 2; pid {root}/pid; error_log {root}/error.log;
events {{ worker_connections 512; }}
http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
  open_file_cache max=20000; client_body_temp_path {root}/b; proxy_temp_path {root}/p;
  fastcgi_temp_path {root}/f; uwsgi_temp_path {root}/u; scgi_temp_path {root}/s;
  server {{ listen 127.0.0.1:{port} reuseport; root {root}; }} }}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(port: int, root: Path, *, objects: int, threads: int, rounds: int) -> list[float]:
    settings = Settings(
        endpoint_url=f"http://127.0.0.1:{port}", access_key="AKIABENCH", secret_key="bench"
    )
    store = open_store(settings, Directories(config=root, data=root))
    rates = []

    def fetch(first: int) -> None:
        buffer = memoryview(bytearray(1 << 20))
        for number in range(first, objects, threads):
            with store.get(GetRequest(bucket="bucket", key=f"k{number}")) as body:
                while body.readinto(buffer):
                    pass

    for _ in range(rounds):
        started_at = time.perf_counter()
        workers = [threading.Thread(target=fetch, args=[first]) for first in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        rates.append(objects / (time.perf_counter() - started_at))
    store.close()
    return rates


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--objects", type=int, default=10_000)
    parser.add_argument("--size", type=int, default=16 * 1024)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    root = Path(tempfile.mkdtemp(prefix="bench-http-", dir=memory))
    root.chmod(0o755)
    (root / "bucket").mkdir()
    for number in range(options.objects):
        (root / "bucket" / f"k{number}").write_bytes(os.urandom(options.size))
    port = free_port()
    (root / "nginx.conf").write_text(CONFIG.format(root=root, port=port))
    server = subprocess.Popen(
        ["nginx", "-p", str(root), "-e", str(root / "error.log"), "-c", str(root / "nginx.conf")]
    )
    try:
        time.sleep(1)
        rates = run(
            port, root, objects=options.objects, threads=options.threads, rounds=options.rounds
        )
        shown = ", ".join(f"{rate:,.0f}" for rate in rates)
        best_bytes = max(rates) * options.size
        print(f"{shown} objects/s; best {best_bytes / 1e6:,.0f} MB/s")
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
