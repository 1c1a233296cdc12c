"""A directory is compared with its bucket long after the download, and no object is fetched."""

import gzip
import os
from collections import Counter
from pathlib import Path

import pytest
from msgspec.structs import replace

from s3nav.model.errors import AccessDeniedError, NotFoundError, UnavailableError
from s3nav.model.places import S3Uri
from s3nav.transfer import CheckedFile, Finding
from tests.support.memory_store import failing
from tests.unit.transfer.conftest import Bench


def check(bench: Bench, place: str = "s3://bkt") -> list[CheckedFile]:
    return list(bench.transfers().check_tree(bench.target, S3Uri.parse(place)))


def findings(bench: Bench, place: str = "s3://bkt") -> dict[str, str]:
    root = bench.target
    return {f.local_path.relative_to(root).as_posix(): f.finding.value for f in check(bench, place)}


def downloaded(bench: Bench, objects: dict[str, bytes]) -> None:
    for key, content in objects.items():
        bench.store.put("bkt", key, content)
    bench.download(bench.transfers())
    bench.store.requests.clear()


def test_a_place_with_nothing_behind_it_is_not_found(bench: Bench) -> None:
    bench.store.make_bucket("bkt")
    bench.target.mkdir()

    with pytest.raises(NotFoundError):
        check(bench, "s3://bkt/none/")


def test_each_difference_is_found(bench: Bench) -> None:
    downloaded(bench, {name: os.urandom(3_000) for name in ("a", "d/b", "d/c", "d/e", "z")})
    root = bench.target / "bkt"
    (root / "a").unlink()
    (root / "d/b").write_bytes(b"short")
    flipped = bytearray((root / "d/c").read_bytes())
    flipped[1_000] ^= 1
    (root / "d/c").write_bytes(flipped)
    (root / "d/new").write_bytes(b"mine")
    (root / "z").unlink()
    (root / "z").symlink_to(root / "d/e")

    assert findings(bench) == {
        "bkt/a": "missing",
        "bkt/d/b": "changed-size",
        "bkt/d/c": "wrong-bytes",
        "bkt/d/e": "ok",
        "bkt/d/new": "extra",
        "bkt/z": "unreadable",
    }
    assert bench.store.count("get") == 0


def test_what_the_listing_verifies_costs_no_request(bench: Bench) -> None:
    downloaded(bench, {f"f{number:03d}": os.urandom(500) for number in range(50)})

    found = check(bench)

    assert Counter(f.verified_by for f in found) == {"md5": 50}
    assert {verb for verb, _ in bench.store.requests} == {"list"}
    assert [f.source for f in found] == sorted(f.source for f in found)


def test_extra_files_outside_the_place_are_none_of_its_business(bench: Bench) -> None:
    downloaded(bench, {"p/a": b"a", "q/b": b"b"})
    for name in ("p/extra", "q/extra", "extra"):
        (bench.target / "bkt" / name).write_bytes(b"x")

    assert findings(bench, "s3://bkt/p/") == {"bkt/p/a": "ok", "bkt/p/extra": "extra"}
    assert findings(bench, "s3://bkt/p/a") == {"bkt/p/a": "ok"}
    assert findings(bench, "s3://bkt/p/*") == {"bkt/p/a": "ok"}


def test_an_unfinished_download_is_an_extra_that_says_so(bench: Bench) -> None:
    downloaded(bench, {"a": b"a"})
    (bench.target / "bkt/.b.s3nav-0a1b2c3d-1f.part").write_bytes(b"half")

    (extra,) = (f for f in check(bench) if f.finding is Finding.EXTRA)

    assert extra.reason == "unfinished download"


def test_multipart_objects_are_verified_by_their_parts(bench: Bench) -> None:
    parts = [os.urandom(700), os.urandom(300), os.urandom(50)]
    bench.store.put_multipart("bkt", "plain", parts)
    bench.store.put_multipart(
        "bkt", "summed", parts, algorithm="SHA256", checksum_type="COMPOSITE", encryption="aws:kms"
    )
    downloaded(bench, {})

    assert [f.verified_by for f in check(bench)] == ["multipart-etag", "composite-sha256"]


def test_what_s3_cannot_prove_the_journal_does(bench: Bench) -> None:
    bench.store.put_multipart("bkt", "kms", [b"1" * 900, b"2" * 5_000], encryption="aws:kms")
    downloaded(bench, {})

    (found,) = check(bench)

    assert (found.finding, found.verified_by) == (Finding.OK, "journal-crc64nvme")


def test_bytes_that_only_the_journal_knows_to_be_wrong_are_found(bench: Bench) -> None:
    bench.store.put_multipart("bkt", "kms", [b"1" * 90], encryption="aws:kms")
    downloaded(bench, {})
    (bench.target / "bkt/kms").write_bytes(b"1" * 89 + b"2")

    (found,) = check(bench)

    assert found.finding is Finding.WRONG_BYTES


def test_without_any_checksum_nothing_is_claimed(bench: Bench) -> None:
    bench.store.put_multipart("bkt", "kms", [b"1" * 90], encryption="aws:kms")
    (bench.target / "bkt").mkdir(parents=True)
    (bench.target / "bkt/kms").write_bytes(b"1" * 90)

    (found,) = check(bench)

    assert (found.finding, found.verified_by) == (Finding.NOT_PROVABLE, "none")


def test_a_head_that_is_not_allowed_makes_one_file_not_provable(bench: Bench) -> None:
    bench.store.put_multipart("bkt", "a", [b"1" * 90])
    downloaded(bench, {"b": b"b"})
    bench.store.before = failing(AccessDeniedError("no HEAD for you"), "head")

    assert findings(bench) == {"bkt/a": "not-provable", "bkt/b": "ok"}


def test_an_endpoint_that_is_down_ends_the_check(bench: Bench) -> None:
    bench.store.put_multipart("bkt", "a", [b"1" * 90])
    downloaded(bench, {})
    bench.store.before = failing(UnavailableError("down"), "head")

    with pytest.raises(UnavailableError):
        check(bench)


def test_decompressed_files_stand_for_their_objects(bench: Bench) -> None:
    for name in ("a", "b", "c"):
        bench.store.put("bkt", f"{name}.csv.gz", gzip.compress(name.encode() * 3_000))
    transfers = bench.transfers()
    job = transfers.plan(replace(bench.selection("bkt"), decompress=True)).job_id
    transfers.start(job)
    assert transfers.wait(job, 50)
    (bench.target / "bkt/b.csv").write_bytes(b"B" * 3_000)
    (bench.target / "bkt/c.csv").unlink()

    assert findings(bench) == {
        "bkt/a.csv": "ok",
        "bkt/b.csv": "wrong-bytes",
        "bkt/c.csv": "missing",
    }


def test_awkward_keys_are_found_where_the_download_put_them(bench: Bench) -> None:
    keys = ["../x", "a//b", "a", "a/b", "dir/", "\x1b[2J", "n\u0000ul", "é" * 200]
    downloaded(bench, {key: b"" if key.endswith("/") else key.encode() for key in keys})

    assert set(findings(bench).values()) == {"ok"}


def test_a_target_that_is_no_place_of_downloads_misses_everything(
    bench: Bench, tmp_path: Path
) -> None:
    bench.store.put("bkt", "a", b"a")
    bench.target.mkdir()

    assert findings(bench) == {"bkt/a": "missing"}
