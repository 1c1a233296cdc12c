"""What exists at the target of an upload or copy, and whether it has the same bytes."""

from pathlib import Path

import pytest

from s3nav.model.errors import AccessDeniedError
from s3nav.model.objects import ObjectHead
from s3nav.model.places import S3Uri
from s3nav.transfer.journal.records import FAILED, PENDING, SKIPPED, PlannedItem
from s3nav.transfer.planning.existing_objects import (
    EXISTS,
    REPLACES,
    ExistingObjects,
    apply_overwrite_policy,
    same_as_file,
    same_objects,
)
from s3nav.transfer.planning.plan_preview import PlanStoppedError
from tests.support.memory_store import MemoryStore, failing
from tests.support.odd_order import ORDERS, OddStore, late_disorder

PLACE = S3Uri("bkt", "k")


def planned() -> PlannedItem:
    return PlannedItem(
        bucket="bkt",
        key="k",
        local="",
        size_bytes=1,
        etag="",
        modified_ns=None,
        algorithm="",
        checksum_type="",
    )


@pytest.mark.parametrize(
    ("same", "overwrite", "expected"),
    [
        ("", False, (FAILED, EXISTS)),
        ("", True, (PENDING, REPLACES)),
        ("md5", False, (SKIPPED, "already there: same size and md5")),
        ("md5", True, (SKIPPED, "already there: same size and md5")),
    ],
)
def test_other_bytes_are_replaced_only_with_overwrite(
    same: str, overwrite: bool, expected: tuple[int, str]
) -> None:
    item = planned()

    apply_overwrite_policy(item, same, overwrite=overwrite)

    assert (item.state, item.reason) == expected


def head(size_bytes: int = 5, **facts: object) -> ObjectHead:
    return ObjectHead(size_bytes=size_bytes, **facts)  # type: ignore[arg-type]  # test shorthand


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        (head(), head(), ""),
        (head(etag="e"), head(6, etag="e"), ""),
        (head(etag="e"), head(etag="f"), ""),
        (head(etag="e"), head(etag="e"), "etag"),
        (head(checksums={"SHA256": "a"}), head(checksums={"SHA256": "b"}), ""),
        (head(checksums={"SHA256": "a"}), head(checksums={"SHA256": "a"}), "sha256"),
        (head(checksums={"SHA256": "a-2"}), head(checksums={"SHA256": "a-2"}), ""),
        (
            head(checksums={"CRC32": "a"}, checksum_type="COMPOSITE"),
            head(checksums={"CRC32": "a"}, checksum_type="COMPOSITE"),
            "",
        ),
    ],
)
def test_two_objects_are_the_same_only_by_a_checksum_of_the_whole(
    one: ObjectHead, other: ObjectHead, how: str
) -> None:
    assert same_objects(one, other) == how


def test_a_missing_object_is_not_the_same_and_not_different(tmp_path: Path) -> None:
    store = MemoryStore()
    store.make_bucket("bkt")
    (tmp_path / "file").write_bytes(b"12345")

    assert same_as_file(store, PLACE, tmp_path / "file") is None


@pytest.mark.parametrize(("content", "how"), [(b"12345", "md5"), (b"12346", ""), (b"123", "")])
def test_a_file_is_compared_with_its_object(tmp_path: Path, content: bytes, how: str) -> None:
    store = MemoryStore()
    store.put("bkt", "k", b"12345")
    (tmp_path / "file").write_bytes(content)

    assert same_as_file(store, PLACE, tmp_path / "file") == how


def test_an_object_that_cannot_be_verified_is_not_the_same(tmp_path: Path) -> None:
    store = MemoryStore(encryption="aws:kms")
    store.put("bkt", "k", b"12345")
    (tmp_path / "file").write_bytes(b"12345")

    assert same_as_file(store, PLACE, tmp_path / "file") == ""


def test_a_comparison_stops_when_the_plan_does(tmp_path: Path) -> None:
    store = MemoryStore()
    store.put("bkt", "k", b"12345")
    (tmp_path / "file").write_bytes(b"12345")

    with pytest.raises(PlanStoppedError):
        same_as_file(store, PLACE, tmp_path / "file", is_stopped=lambda: True)


def test_a_page_answers_for_all_keys_it_covers() -> None:
    store = MemoryStore()
    for number in range(900):
        store.put("bkt", f"p/{number:04}")
    existing = ExistingObjects(store, "bkt", "p/")

    found = [existing.find(f"p/{number:04}") is not None for number in range(0, 1000, 3)]

    assert found == [number < 900 for number in range(0, 1000, 3)]
    assert store.count("list") == 1
    assert store.count("head") == 0


def test_keys_far_apart_cost_two_requests_each_at_most() -> None:
    store = MemoryStore()
    for number in range(9000):
        store.put("bkt", f"p/{number:04}")
    existing = ExistingObjects(store, "bkt", "p/")

    wanted = ["p/0000", "p/4000", "p/4000x", "p/8999", "p/9"]
    found = [existing.find(key) is not None for key in wanted]

    assert found == [True, True, False, True, False]
    assert store.count("list") + store.count("head") <= 2 * len(wanted)


@pytest.mark.parametrize("kind", ORDERS)
def test_nothing_is_taken_as_absent_because_of_another_order(kind: str) -> None:
    keys = late_disorder(30)
    there = ExistingObjects(OddStore.of(keys, kind, 10), "bucket", "")

    found = [key for key in sorted([*keys, "obj", "obj/none", "zz"]) if there.find(key)]

    assert found == sorted(keys)


def test_credentials_that_may_not_read_believe_the_listing() -> None:
    store = MemoryStore()
    for number in range(1500):
        store.put("bkt", f"p/{number:04}")
    store.before = failing(AccessDeniedError("no"), "head")
    there = ExistingObjects(store, "bkt", "p/")

    assert there.find("p/0007x") is None
