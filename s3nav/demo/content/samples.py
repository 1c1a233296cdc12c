"""Contents of the demo's objects: small real files and a few large buffers shared by many."""

import csv
import gzip
import io
import json
import random
import struct
import zlib
from base64 import b64encode
from dataclasses import dataclass
from functools import cached_property
from hashlib import md5, shake_128
from pathlib import Path

from awscrt import checksums

PART_BYTES = 8 << 20
"""Larger contents have the ETag of a multipart upload with parts of this size."""

PARQUET = Path(__file__).with_name("sample.parquet")
"""600 rows of event_id, user_id, event, amount and at; made once with pyarrow."""


@dataclass(frozen=True)
class Content:
    """Bytes that several objects can share, with their ETag and checksum."""

    body: bytes
    media_type: str = "binary/octet-stream"

    @cached_property
    def etag(self) -> str:
        """MD5, or the MD5 of the parts' MD5s and their number."""
        parts = [_md5(self.body[at : at + PART_BYTES]) for at in self._part_starts]
        if len(parts) <= 1:
            return _md5(self.body).hex()
        return f"{_md5(b''.join(parts)).hex()}-{len(parts)}"

    @cached_property
    def crc64nvme(self) -> str:
        """The checksum of the whole object, as S3 writes it."""
        return b64encode(checksums.crc64nvme(self.body).to_bytes(8, "big")).decode()

    @property
    def _part_starts(self) -> range:
        return range(0, len(self.body), PART_BYTES)


def noise(name: str, size_bytes: int) -> Content:
    """Bytes that do not compress, the same for the same name."""
    # Random.randbytes would need twice the memory.
    return Content(shake_128(name.encode()).digest(size_bytes))


def picture(chance: random.Random, size_bytes: int) -> Content:
    """A PNG of a road under a sky, padded inside a private chunk to about `size_bytes`."""
    width, height, horizon = 96, 54, chance.randint(18, 30)
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            rows += _pixel(x - width // 2, y - horizon, chance)
    padding = chance.randbytes(max(size_bytes - 4096, 0))
    body = b"\x89PNG\r\n\x1a\n" + b"".join(
        (
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
            _chunk(b"IDAT", zlib.compress(bytes(rows), 6)),
            _chunk(b"paDd", padding),
            _chunk(b"IEND", b""),
        )
    )
    return Content(body, "image/png")


def fills(chance: random.Random, lines: int) -> Content:
    """JSON lines of trades, gzipped."""
    text = io.StringIO()
    for number in range(lines):
        fill = {
            "block": 780_000_000 + number,
            "coin": chance.choice(("BTC", "ETH", "SOL")),
            "px": f"{chance.uniform(20, 90_000):.1f}",
            "sz": f"{chance.uniform(0.01, 12):.4f}",
            "side": chance.choice("AB"),
            "hash": chance.randbytes(8).hex(),
        }
        text.write(json.dumps(fill) + "\n")
    return Content(gzip.compress(text.getvalue().encode(), 1, mtime=0), "application/gzip")


def table(chance: random.Random, rows: int) -> Content:
    """A CSV of orders with quoted commas and some empty cells."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("order", "customer", "city", "amount_eur", "note"))
    for number in range(rows):
        city = chance.choice(("Waco, TX", "Köln", "São Paulo", "札幌"))
        note = chance.choice(("", "gift", 'said "later"'))
        amount = f"{chance.uniform(3, 900):.2f}"
        writer.writerow((10_000 + number, f"c{chance.randint(1, 400):04d}", city, amount, note))
    return Content(text.getvalue().encode(), "text/csv")


def document(chance: random.Random, features: int) -> Content:
    """A GeoJSON document."""
    segments = [
        {
            "type": "Feature",
            "properties": {"segment": number, "surface": chance.choice(("gravel", "asphalt"))},
            "geometry": {
                "type": "Point",
                "coordinates": [
                    round(-97.69 + chance.random() / 100, 6),
                    round(31.7 + chance.random() / 100, 6),
                ],
            },
        }
        for number in range(features)
    ]
    collection = {"type": "FeatureCollection", "features": segments}
    return Content(json.dumps(collection, indent=1).encode(), "application/geo+json")


def text(words: str, media_type: str = "text/plain; charset=utf-8") -> Content:
    """A short text."""
    return Content(words.encode(), media_type)


def parquet() -> Content:
    """The sample Parquet file."""
    return Content(PARQUET.read_bytes(), "application/vnd.apache.parquet")


def _pixel(x: int, y: int, chance: random.Random) -> bytes:
    if y < 0:
        return bytes((120 - y, 170 - y, 235))
    if abs(x) <= 1 and y % 8 < 4:
        return b"\xf0\xe0\x60"
    shade = chance.randint(0, 7)
    if abs(x) < 4 + y:
        return bytes((88 + shade, 86 + shade, 84 + shade))
    return bytes((70 + shade, 120 + shade, 52 + shade))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _md5(body: bytes) -> bytes:
    return md5(body, usedforsecurity=False).digest()
