"""Versions and delete markers are listed, newest first, on every server."""

import threading

from s3nav.browse import list_versions_parallel, version_pages
from s3nav.model.objects import VersionPage, VersionsRequest
from s3nav.model.places import S3Uri
from s3nav.retries import RequestRetries
from tests.contract.conftest import Bench, ServerBench
from tests.support.key_store import no_restart


def all_pages(bench: Bench, prefix: str = "") -> list[VersionPage]:
    request = VersionsRequest(bucket=bench.bucket, prefix=prefix, page_size=3)
    retries = RequestRetries(retry_attempts=5)
    return list(version_pages(bench.store, request, retries=retries, is_cancelled=lambda: False))


def test_an_empty_bucket_has_no_versions(bench: Bench) -> None:
    assert all_pages(bench) == [VersionPage()]


def test_without_versioning_each_object_is_its_only_version(bench: Bench) -> None:
    for number in range(7):
        bench.put(f"a b/é{number}", b"x" * number)
    bench.put("beside")

    pages = all_pages(bench, "a b/")

    assert [key for page in pages for key in page.keys] == [f"a b/é{n}" for n in range(7)]
    assert [size for page in pages for size in page.sizes] == list(range(7))
    assert {version for page in pages for version in page.version_ids} == {"null"}
    assert all(all(page.are_latest) and not any(page.are_markers) for page in pages)
    assert len(pages) == 3
    assert pages[-1].next_key is None


def test_old_versions_and_delete_markers_are_listed(bench: Bench) -> None:
    if not isinstance(bench, ServerBench):
        return
    bench.client.put_bucket_versioning(
        Bucket=bench.bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    for number in range(4):
        bench.put("k", b"x" * (number + 1))
    bench.put("other", b"12345")
    bench.client.delete_object(Bucket=bench.bucket, Key="k")
    try:
        pages = all_pages(bench)
        rows = [
            row
            for page in pages
            for row in zip(
                page.keys, page.are_latest, page.are_markers, page.sizes, page.classes, strict=True
            )
        ]
        ids = [version for page in pages for version in page.version_ids]
    finally:
        listed = bench.client.list_object_versions(Bucket=bench.bucket)
        for entry in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]:
            bench.client.delete_object(
                Bucket=bench.bucket, Key=entry["Key"], VersionId=entry["VersionId"]
            )

    assert sorted(rows, key=lambda row: (row[0], not row[2])) == [
        ("k", True, True, 0, ""),
        *[("k", False, False, size, "STANDARD") for size in (4, 3, 2, 1)],
        ("other", True, False, 5, "STANDARD"),
    ]
    assert len(set(ids)) == 6
    assert min(second for page in pages for second in page.modified_s) > 0


def test_all_versions_are_found_with_many_requests(bench: Bench) -> None:
    if isinstance(bench, ServerBench):
        bench.client.put_bucket_versioning(
            Bucket=bench.bucket, VersioningConfiguration={"Status": "Enabled"}
        )
    for number in range(60):
        for _ in range(1 + number % 3):
            bench.put(f"{'abc'[number % 3]} é/{number:02}", b"x" * number)
    store = bench.store
    found: list[tuple[str, str]] = []
    lock = threading.Lock()

    def sink(page: VersionPage) -> None:
        with lock:
            found.extend(zip(page.keys, page.version_ids, strict=True))

    try:
        outcome = list_versions_parallel(
            store,
            S3Uri(bench.bucket),
            sink=sink,
            restart=no_restart,
            is_cancelled=lambda: False,
            retry_attempts=5,
            page_size=7,
        )
        expected = [
            row
            for page in all_pages(bench)
            for row in zip(page.keys, page.version_ids, strict=True)
        ]
    finally:
        if isinstance(bench, ServerBench):
            for key, version in found:
                bench.client.delete_object(Bucket=bench.bucket, Key=key, VersionId=version)

    assert outcome.complete
    assert sorted(found) == sorted(expected)
    assert len(found) == (120 if isinstance(bench, ServerBench) else 60)
