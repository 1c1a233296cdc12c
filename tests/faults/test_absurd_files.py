"""Files that nest without end, unpack to endless lines or name endless numbers are refused."""

import bz2
import csv
import gzip
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from s3nav.aws.credentials.app_store import read_own_store
from s3nav.browse.inventory.inventory_manifest import parse_manifest
from s3nav.browse.inventory.inventory_rows import csv_columns
from s3nav.model.errors import S3NavError
from s3nav.pricing.index.offer_index import head_of, read_offer
from s3nav.pricing.index.offer_records import ShapeDiffersError
from s3nav.pricing.price_list.offers import parse_index, parse_regions
from s3nav.scrape.engines.listing_files import UnreadableListingError, read_listing
from s3nav.scrape.json_lines import MAX_LINE_BYTES, read_lines
from s3nav.settings import load_settings
from s3nav.transfer.local_files.decompression import PIECE_BYTES, decompressed
from s3nav.transfer.selection.manifest import Manifest
from s3nav.transfer.selection.plan_file import PlanFile
from tests.support.memory_limit import memory_limit

Read = Callable[[Path], object]
HEAD = b'{"version": "1", "publicationDate": "2026-11-20T00:00:00Z", '
CSV_HEAD = b'"FormatVersion","v1.0"\n' + b'"Version","1"\n' * 4 + b'"SKU","RateCode"\n'
ABSURD = {
    "lists": b"[" * 100_000,
    "objects": b'{"a":' * 40_000,
    "closed": b'{"a":' * 40_000 + b"1" + b"}" * 40_000,
    "below the head": HEAD + b'"products": ' + b'{"a":' * 40_000,
    "lists below the head": HEAD + b'"products": ' + b"[" * 240_000,
    "a number": HEAD + b'"x": ' + b"9" * 100_000 + b"}",
    "null": b"null",
    "a text": b'"x"',
    "UTF-16": '{"version": "1"}'.encode("utf-16"),
    "second line": b'{"s3nav_plan":1}\n' + b"[" * 100_000,
}


def settings(path: Path) -> object:
    return load_settings(file=path, must_exist=True, environment={}, flags={})


READERS: dict[str, Read] = {
    "offer": lambda path: list(read_offer(path, quick=False)),
    "head of an offer": head_of,
    "plan": PlanFile.read,
    "manifest": Manifest.read,
    "inventory": lambda path: parse_manifest(path.read_bytes(), path.name),
    "scrape": lambda path: list(read_lines(path)[1]),
    "aws-list-all": read_listing,
    "settings": settings,
    "price index": lambda path: parse_index(path.read_bytes(), "https://prices.example"),
    "regions": lambda path: parse_regions(path.read_bytes(), "https://prices.example"),
    "keys": read_own_store,
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("content", ABSURD)
def test_absurd_json_is_refused_in_little_memory(tmp_path: Path, reader: str, content: str) -> None:
    path = tmp_path / "absurd.json"
    path.write_bytes(ABSURD[content])
    path.chmod(0o600)

    with memory_limit(256), pytest.raises((S3NavError, UnreadableListingError)):
        READERS[reader](path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("s.toml", b"a" + b".a" * 20_000 + b" = 1"),
        ("s.toml", b"a = " + b"[" * 20_000),
        ("s.toml", b"#" * (2 << 20)),
        ("s.yaml", b"[" * 20_000),
        ("s.yaml", b"region: &a [*a]"),
        (
            "s.yaml",
            b"a: &a [1, 1]\n"
            + b"".join(
                b"%c: &%c [*%c, *%c, *%c]\n" % (n, n, n - 1, n - 1, n - 1) for n in b"bcdefghijklmn"
            )
            + b"region: *n",
        ),
        ("s.json", b'{"region": ' + b"[" * 900 + b"]" * 900 + b"}"),
    ],
    ids=["dotted", "lists", "comment", "yaml", "a loop", "aliases", "json"],
)
def test_absurd_settings_are_refused_in_little_memory(
    tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)

    with memory_limit(128), pytest.raises(S3NavError, match="cannot be parsed"):
        settings(tmp_path / name)


def test_a_table_in_a_variable_that_nests_too_deeply_is_refused() -> None:
    variable = {"S3NAV_DATASETS": '{"a":' * 900 + "1" + "}" * 900}

    with pytest.raises(S3NavError):
        load_settings(file=None, must_exist=False, environment=variable, flags={})


def test_a_long_line_of_a_csv_offer_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "offer.csv"
    path.write_bytes(CSV_HEAD + b'"' + b"x" * 100_000_000)

    with memory_limit(64), pytest.raises(S3NavError, match="line 7 is longer"):
        list(read_offer(path))


def test_a_deep_product_in_the_usual_layout_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "offer.json"
    deep = b"[" * 100_000 + b"]" * 100_000
    head = HEAD.replace(b"{", b"{\n  ").replace(b", ", b",\n  ")
    path.write_bytes(head + b'"products" : {\n    "A" : {"x": ' + deep + b"}\n    }\n  }")

    with memory_limit(64), pytest.raises(ShapeDiffersError, match="depth"):
        list(read_offer(path))


def bomb(path: Path, start: bytes, megabytes: int) -> Path:
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(start)
        for _ in range(megabytes):
            file.write(bytes(1 << 20))
    return path


def test_an_endless_line_of_an_inventory_is_refused(tmp_path: Path) -> None:
    path = bomb(tmp_path / "rows.csv.gz", b'"bkt","', 300)

    with memory_limit(128), path.open("rb") as file, pytest.raises(S3NavError, match="longer"):
        list(csv_columns(file, ("bucket", "key"), path.name))


def test_long_rows_of_an_inventory_are_read_a_few_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv.gz"
    with gzip.open(path, "wt", compresslevel=1) as file:
        for number in range(5_000):
            csv.writer(file).writerow(("bkt", f"{number}", "x" * 60_000))

    with memory_limit(128), path.open("rb") as file:
        found = sum(len(page["key"]) for page in csv_columns(file, ("bucket", "key", "x"), "x"))

    assert found == 5_000


def test_an_endless_line_of_a_scrape_is_refused(tmp_path: Path) -> None:
    path = bomb(tmp_path / "scrape.jsonl.gz", b'{"scrape": "', 2 * MAX_LINE_BYTES >> 20)

    with memory_limit(3 * MAX_LINE_BYTES >> 20), pytest.raises(S3NavError, match="longer"):
        read_lines(path)


@pytest.mark.parametrize("codec", ["gz", "bz2"])
def test_a_bomb_is_decompressed_piece_by_piece(codec: str) -> None:
    pack = gzip.compress if codec == "gz" else bz2.compress
    packed = pack(bytes(300 << 20), 1)
    digest = hashlib.sha256()

    def pieces() -> Iterator[memoryview]:
        yield memoryview(packed)

    with memory_limit(64):
        for piece in decompressed(codec, pieces()):
            assert len(piece) <= PIECE_BYTES
            digest.update(piece)

    assert digest.digest() == hashlib.sha256(bytes(300 << 20)).digest()
