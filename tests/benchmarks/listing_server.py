"""A listing of many keys on loopback, faster than any client: every entry's XML is made once.

    python -m tests.benchmarks.listing_server --keys 1000000 --shape dated --latency-ms 50

Prints its port, then serves until its input ends. ListObjectsV2 of one bucket with `prefix`,
`delimiter`, `start-after`, `continuation-token` and `max-keys`; signatures are accepted unread.
``GET /-/requests`` says how many listings were answered since it was last asked, ``GET /-/first``
when the first of them was sent (CLOCK_MONOTONIC, seconds; empty for none).
"""

import argparse
import asyncio
import bisect
import contextlib
import gc
import hashlib
import itertools
import json
import socket
import subprocess
import sys
import time
import urllib.request
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote

BUCKET = "bench"
PAGE = 1000
SIZE_MODULUS = 10_000_019
CLASSES = ("STANDARD", "STANDARD", "STANDARD_IA", "GLACIER")
END = "\U0010ffff"


def dated(count: int) -> Iterator[str]:
    """A thousand keys an hour below a directory for each day and hour."""
    for number in range(count):
        hours, item = divmod(number, 1000)
        days, hour = divmod(hours, 24)
        month, day = divmod(days, 28)
        yield (
            f"logs/{2024 + month // 12}/{1 + month % 12:02}/{1 + day:02}/{hour:02}/"
            f"part-{item:05}-c0ffee.json.gz"
        )


def flat(count: int) -> Iterator[str]:
    """One long row of numbers."""
    return (f"images/file-{number:09}.jpg" for number in range(count))


def hashed(count: int) -> Iterator[str]:
    """Digests, without any directory."""
    return (hashlib.sha1(b"%d" % number).hexdigest() + ".bin" for number in range(count))


def giant(count: int) -> Iterator[str]:
    """A hundred small directories, and one that has nearly everything."""
    small = [
        f"{letter}{digit}/note-{n}.txt"
        for letter in "abxyz"
        for digit in range(20)
        for n in range(9)
    ]
    yield from itertools.islice(small, count)
    yield from (f"m5/{n % 7:02}/{n:010}.dat" for n in range(count - len(small)))


def users(count: int) -> Iterator[str]:
    """Very many directories of few keys, and names that must be encoded."""
    return (f"user={n // 7:06}/Bild Nr. {n % 7} ü.png" for n in range(count))


SHAPES = {make.__name__: make for make in (dated, flat, hashed, giant, users)}


class Listing:
    """All keys in byte order, each with its XML."""

    def __init__(self, keys: Iterator[str]) -> None:
        self.keys = sorted(keys)
        self.starts = array("Q", [0])
        whole = bytearray()
        for at, key in enumerate(self.keys):
            whole += _entry(key, at)
            self.starts.append(len(whole))
        self.entries = memoryview(whole).toreadonly()

    def page(self, query: dict[str, str]) -> bytes:
        """One answer."""
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        after = query.get("continuation-token") or query.get("start-after", "")
        limit = min(PAGE, int(query.get("max-keys") or PAGE))
        start = bisect.bisect_left(self.keys, prefix)
        start = max(start, bisect.bisect_right(self.keys, after) if after else 0)
        stop = bisect.bisect_left(self.keys, prefix + END)
        if delimiter:
            return self._folded(query, start, stop, limit)
        end = min(start + limit, stop)
        rows = self.entries[self.starts[start] : self.starts[end]] if start < end else b""
        return _document(
            [rows], max(0, end - start), [], self.keys[end - 1] if start < end < stop else ""
        )

    def _folded(self, query: dict[str, str], at: int, stop: int, limit: int) -> bytes:
        prefix, delimiter = query.get("prefix", ""), query["delimiter"]
        entries: list[memoryview] = []
        prefixes: list[str] = []
        last = ""
        while at < stop and len(entries) + len(prefixes) < limit:
            head, found, _ = self.keys[at][len(prefix) :].partition(delimiter)
            if found:
                prefixes.append(prefix + head + delimiter)
                last = prefixes[-1] + END
                at = bisect.bisect_left(self.keys, last)
            else:
                entries.append(self.entries[self.starts[at] : self.starts[at + 1]])
                last = self.keys[at]
                at += 1
        return _document(entries, len(entries), prefixes, last if at < stop else "")


def size_of(at: int) -> int:
    """Bytes of the object at this place in the order of keys."""
    return at * 7919 % SIZE_MODULUS


def total_bytes(keys: int) -> int:
    """What a listing of this number of keys adds up to."""
    return sum(map(size_of, range(keys)))


def _entry(key: str, at: int) -> bytes:
    second = at * 37 % 31_000_000
    day, second = divmod(second, 86_400)
    month, day = divmod(day % 336, 28)
    return (
        f"<Contents><Key>{quote(key, safe='/')}</Key><LastModified>2025-{1 + month:02}-{1 + day:02}"
        f"T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.000Z</LastModified>"
        f"<ETag>&quot;{hashlib.md5(b'%d' % at, usedforsecurity=False).hexdigest()}&quot;</ETag>"
        "<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>"
        f"<Size>{size_of(at)}</Size><StorageClass>{CLASSES[at % 4]}</StorageClass></Contents>"
    ).encode()


def _document(
    entries: Sequence[memoryview | bytes], count: int, prefixes: list[str], token: str
) -> bytes:
    more = f"<NextContinuationToken>{quote(token)}</NextContinuationToken>" if token else ""
    folded = "".join(
        f"<CommonPrefixes><Prefix>{quote(name, safe='/')}</Prefix></CommonPrefixes>"
        for name in prefixes
    )
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult '
        f'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>{BUCKET}</Name><Prefix></Prefix>'
        f"<MaxKeys>{PAGE}</MaxKeys><EncodingType>url</EncodingType>"
        f"<KeyCount>{count + len(prefixes)}</KeyCount>"
        f"<IsTruncated>{'true' if token else 'false'}</IsTruncated>{more}"
    )
    return b"".join([head.encode(), *entries, folded.encode(), b"</ListBucketResult>"])


class Answering(asyncio.Protocol):
    """One connection; requests without bodies."""

    listing: Listing
    latency_s = 0.0
    answered = 0
    first_at: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.set_write_buffer_limits(high=4 << 20)
        connected = transport.get_extra_info("socket")
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 << 20)  # a page at once
        self.transport = transport
        self.waiting = b""

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while (end := self.waiting.find(b"\r\n\r\n")) >= 0:
            line = self.waiting[: self.waiting.index(b"\r\n")].decode()
            self.waiting = self.waiting[end + 4 :]
            method, target, _ = line.split(" ")
            path, _, text = target.partition("?")
            query = dict(parse_qsl(text, keep_blank_values=True))
            if method != "GET" or path == "/-/requests":
                self.say(b"" if method == "HEAD" else b"%d" % self.answers_since())
            elif path == "/-/first":
                self.say(repr(self.first_at).encode() if self.first_at else b"")
                Answering.first_at = None
            elif self.latency_s:
                loop = asyncio.get_running_loop()
                loop.call_later(self.latency_s, self.list, query)
            else:
                self.list(query)

    def answers_since(self) -> int:
        count, Answering.answered = Answering.answered, 0
        return count

    def list(self, query: dict[str, str]) -> None:
        Answering.answered += 1
        token = query.get("continuation-token")
        if token:
            query["continuation-token"] = dict(parse_qsl(f"t={token}"))["t"]
        self.say(self.listing.page(query))
        if Answering.first_at is None:
            Answering.first_at = time.monotonic()

    def say(self, body: bytes) -> None:
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n"
            f"x-amz-bucket-region: us-east-1\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.transport.write(head.encode() + body)


@dataclass(frozen=True, slots=True)
class Running:
    """A server in its own process."""

    url: str

    def requests(self) -> int:
        """Listings answered since this was last asked."""
        return int(self._ask("requests"))

    def first_at(self) -> float | None:
        """When the first listing since this was last asked was sent (CLOCK_MONOTONIC, seconds)."""
        first = self._ask("first")
        return float(first) if first else None

    def _ask(self, what: str) -> bytes:
        with urllib.request.urlopen(f"{self.url}/-/{what}", timeout=10) as answer:
            return bytes(answer.read())


@contextmanager
def running(
    keys: int, shape: str, latency_ms: float, *, file: Path | None = None
) -> Iterator[Running]:
    """Start a server and stop it afterwards; `file` holds its keys, in place of a shape."""
    command = [sys.executable, "-m", "tests.benchmarks.listing_server", "--keys", str(keys)]
    command += ["--shape", shape, "--latency-ms", str(latency_ms)]
    if file is not None:
        command += ["--file", str(file)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as child:
        assert child.stdout is not None
        try:
            yield Running(f"http://127.0.0.1:{int(child.stdout.readline())}")
        finally:
            child.terminate()


async def serve(listing: Listing, latency_s: float) -> None:
    Answering.listing, Answering.latency_s = listing, latency_s
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--shape", choices=SHAPES, default="dated")
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--file", type=Path, help="a JSON list of keys, in place of a shape")
    options = parser.parse_args()
    named = (
        json.loads(options.file.read_bytes())
        if options.file
        else SHAPES[options.shape](options.keys)
    )
    listing = Listing(iter(named))
    gc.disable()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(listing, options.latency_ms / 1000))


if __name__ == "__main__":
    main()
