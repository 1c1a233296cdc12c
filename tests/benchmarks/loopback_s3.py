"""An S3 of static files behind nginx on loopback: as fast as a server can be on this machine.

Listings, ETags and CRC64NVME are made once and served as files and maps, so that the clients are
what is measured. Needs nginx with the headers-more module (Debian: nginx-light,
libnginx-mod-http-headers-more-filter). Signatures are accepted unread.
"""

import base64
import hashlib
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from awscrt import checksums

BUCKET = "bench"
PAGE = 1000
BLOCK_BYTES = 1 << 20
MODULE = Path("/usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One row of the benchmark: `count` objects of `size_bytes` each below ``name/``."""

    name: str
    count: int
    size_bytes: int

    @property
    def total_bytes(self) -> int:
        return self.count * self.size_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    key: str
    size_bytes: int
    md5: str
    crc64nvme: str


CONFIG = """
{load_module}
{user}
worker_processes {workers};
pid {root}/nginx.pid;
error_log {root}/error.log warn;
events {{ worker_connections 2048; }}
http {{
  access_log off; sendfile on; tcp_nodelay on; keepalive_requests 1000000;
  client_body_temp_path {root}/t1; proxy_temp_path {root}/t2; fastcgi_temp_path {root}/t3;
  uwsgi_temp_path {root}/t4; scgi_temp_path {root}/t5;
  etag off; map_hash_max_size 65536; map_hash_bucket_size 256;
  map $uri $md5 {{ include {root}/md5.map; }}
  map $uri $crc {{ include {root}/crc.map; }}
  # S3 sends the checksum of the whole object only with the whole object.
  map "{offer_crc}$http_range" $crc_shown {{ "1" $crc; default ""; }}
  map $args $listing {{
    default none;
    "~continuation-token=(?<token>[^&]+)" $token;
    "~prefix=(?<row>[a-z]+)" $row-0;
  }}
  server {{
    listen 127.0.0.1:{port} {ssl};
    {certificate}
    root {root}/objects;
    default_type application/octet-stream;
    location = /{bucket} {{ try_files /none @list; }}
    location = /{bucket}/ {{ try_files /none @list; }}
    location @list {{
      root {root}/lists; default_type application/xml; rewrite ^ /$listing.xml break;
    }}
    location / {{
      more_clear_input_headers If-Match;
      add_header ETag '"$md5"';
      add_header x-amz-checksum-crc64nvme $crc_shown;
      add_header x-amz-checksum-type {checksum_type};
    }}
  }}
}}
"""


def store(root: Path, work: Work, *, offer_crc: bool) -> list[Stored]:
    """Write the objects and their listing pages; every object has other bytes."""
    block = os.urandom(min(work.size_bytes, BLOCK_BYTES))
    stored = [store_one(root, work, number, block) for number in range(work.count)]
    for page, start in enumerate(range(0, len(stored), PAGE)):
        rest = len(stored) > start + PAGE
        xml = listing_xml(
            work.name + "/",
            stored[start : start + PAGE],
            f"{work.name}-{page + 1}" if rest else None,
            offer_crc=offer_crc,
        )
        lists = root / "lists"
        lists.mkdir(exist_ok=True)
        (lists / f"{work.name}-{page}.xml").write_text(xml)
    return stored


def store_one(root: Path, work: Work, number: int, block: bytes) -> Stored:
    """Write one object piece by piece: the bench's own memory is inherited by what it measures."""
    key = f"{work.name}/{number:06d}.bin"
    path = root / "objects" / BUCKET / key
    path.parent.mkdir(parents=True, exist_ok=True)
    md5, crc = hashlib.md5(usedforsecurity=False), 0
    with path.open("wb") as file:
        for start in range(0, work.size_bytes, len(block)):
            piece = (number + start).to_bytes(8, "big") + block[8:]
            piece = piece[: work.size_bytes - start]
            md5.update(piece)
            crc = checksums.crc64nvme(piece, crc)
            file.write(piece)
    return Stored(
        key=key,
        size_bytes=work.size_bytes,
        md5=md5.hexdigest(),
        crc64nvme=base64.b64encode(crc.to_bytes(8, "big")).decode(),
    )


def listing_xml(prefix: str, page: list[Stored], token: str | None, *, offer_crc: bool) -> str:
    """One answer of ListObjectsV2 as S3 writes it."""
    algorithm = (
        "<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>"
        if offer_crc
        else ""
    )
    contents = "".join(
        f"<Contents><Key>{escape(o.key)}</Key><LastModified>2026-11-01T12:00:00.000Z</LastModified>"
        f"<ETag>&quot;{o.md5}&quot;</ETag>{algorithm}<Size>{o.size_bytes}</Size>"
        "<StorageClass>STANDARD</StorageClass></Contents>"
        for o in page
    )
    next_token = f"<NextContinuationToken>{token}</NextContinuationToken>" if token else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Name>{BUCKET}</Name><Prefix>{prefix}</Prefix><KeyCount>{len(page)}</KeyCount>"
        f"<MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType>"
        f"<IsTruncated>{'true' if token else 'false'}</IsTruncated>{next_token}{contents}"
        "</ListBucketResult>"
    )


@contextmanager
def serve(root: Path, works: list[Work], *, tls: bool, offer_crc: bool) -> Iterator[str]:
    """Store the works and serve them; yields the endpoint URL."""
    stored = [one for work in works for one in store(root, work, offer_crc=offer_crc)]
    for name in ("md5", "crc"):
        lines = (
            f"/{BUCKET}/{one.key} {one.md5 if name == 'md5' else one.crc64nvme};\n"
            for one in stored
        )
        (root / f"{name}.map").write_text("".join(lines))
    (root / "lists" / "none.xml").write_text(listing_xml("", [], None, offer_crc=offer_crc))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    if tls:
        make_certificate(root)
    config = root / "nginx.conf"
    config.write_text(
        CONFIG.format(
            load_module=f"load_module {MODULE};",
            # Workers of a root's nginx drop to another user, who may not read our directory.
            user="user root;" if os.geteuid() == 0 else "",
            root=root,
            port=port,
            bucket=BUCKET,
            workers=2,
            ssl="ssl" if tls else "",
            offer_crc="1" if offer_crc else "0",
            checksum_type="FULL_OBJECT" if offer_crc else '""',
            certificate=(
                f"ssl_certificate {root}/cert.pem; ssl_certificate_key {root}/key.pem;"
                if tls
                else ""
            ),
        )
    )
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    process = subprocess.Popen([nginx, "-c", str(config), "-g", "daemon off;"])
    try:
        wait_for(port)
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)


def make_certificate(root: Path) -> None:
    """A certificate for 127.0.0.1, valid for a day."""
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1", "-addext",
            "subjectAltName=IP:127.0.0.1", "-keyout", str(root / "key.pem"),
            "-out", str(root / "cert.pem"),
        ],
        check=True, capture_output=True,
    )  # fmt: skip


def wait_for(port: int) -> None:
    """Until the port answers; fails after ten seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nginx does not answer on port {port}")


def fetch(url: str) -> bytes:
    """One plain GET, to look at the server itself."""
    with urllib.request.urlopen(url) as answer:
        return bytes(answer.read())
