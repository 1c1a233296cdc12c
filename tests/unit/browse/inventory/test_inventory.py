"""Scans made of an S3 Inventory: verified, sorted, and kept only when all of it was read."""

import random
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from s3nav.browse import Counted, InventoryFacts, ScanRequest, ScanRetention, Scans, ScanState
from s3nav.browse.inventory.page_sorter import STORED, PageSorter
from s3nav.browse.pages.page_codec import StoredPage
from s3nav.browse.scans.scan_store import ScanStore
from s3nav.model.errors import (
    IntegrityError,
    NotFoundError,
    S3NavError,
    UnavailableError,
    UsageError,
)
from s3nav.model.events import Event, ScanProgress
from s3nav.model.objects import GetRequest
from s3nav.model.places import S3Connection, S3Uri
from tests.support.inventories import COLUMNS, VERSIONED, WHEN, Inventory, row
from tests.support.memory_store import MemoryBody, MemoryStore

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
AWKWARD = (
    "a b",
    "a+b",
    "100%",
    "ä/ö\U0001f600",
    'quo"te',
    "comma,here",
    "new\nline",
    "a//b",
    "\uffff",
)
BOTH = pytest.mark.parametrize("is_parquet", [False, True], ids=["csv", "parquet"])


class Desk:
    """Scans over a store in memory, and inventories delivered to it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.store = MemoryStore()
        self.store.make_bucket("roads")
        self.store.make_bucket("lists")
        self.events: list[Event] = []
        self.scans = Scans(
            open_store=lambda: self.store,
            scans_file=directory / "data" / "scans.sqlite3",
            publish=self.events.append,
            retry_attempts=5,
            retention=ScanRetention(scans=4),
            now=lambda: NOW,
        )

    def deliver(self, inventory: Inventory) -> str:
        return inventory.put(lambda key, content: self.store.put("lists", key, content))

    def count(self, inventory: Inventory, place: S3Uri | None = None) -> Counted:
        counted = self.scans.count_inventory(self.deliver(inventory), place)
        assert counted is not None
        return counted

    def keys(self, counted: Counted) -> list[str]:
        pages = self.scans.pages(counted.record.scan_id)
        return [key for page in pages for key in page.keys]

    def refused(self, inventory: Inventory) -> S3NavError:
        """What counting it raises; nothing is kept of it, and nothing lies about."""
        manifest = self.deliver(inventory)
        with pytest.raises(S3NavError) as raised:
            self.scans.count_inventory(manifest)
        assert self.scans.history() == []
        names = {path.name.partition(".")[0] for path in (self.directory / "data").iterdir()}
        assert names <= {"scans"}
        return raised.value


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.scans.close()


def test_a_manifest_that_is_not_what_its_checksum_says_is_refused(desk: Desk) -> None:
    inventory = Inventory([[row("a")]])
    manifest = desk.deliver(inventory)
    changed = inventory.contents()[inventory.manifest_key].replace(b"roads", b"rails")
    desk.store.put("lists", inventory.manifest_key, changed)

    with pytest.raises(IntegrityError, match=r"does not match its manifest\.checksum"):
        desk.scans.count_inventory(manifest)


def test_a_manifest_without_its_checksum_is_refused(desk: Desk, tmp_path: Path) -> None:
    manifest = Inventory([[row("a")]]).write(tmp_path)
    manifest.with_name("manifest.checksum").unlink()

    with pytest.raises(UsageError, match=r"cannot read .*manifest\.checksum"):
        desk.scans.count_inventory(str(manifest))


@BOTH
def test_a_file_with_another_md5_is_refused(desk: Desk, is_parquet: bool) -> None:
    inventory = Inventory([[row("a")], [row("b")]], is_parquet=is_parquet)
    manifest = desk.deliver(inventory)
    key = next(key for key in inventory.contents() if "data/1" in key)
    content = inventory.contents()[key]
    desk.store.put("lists", key, content[:-1] + bytes([content[-1] ^ 1]))

    with pytest.raises(IntegrityError, match="its size or MD5 differs") as raised:
        desk.scans.count_inventory(manifest)

    assert raised.value.exit_code == 7
    assert desk.scans.history() == []


def test_a_file_that_is_longer_than_the_manifest_says_is_refused(desk: Desk) -> None:
    inventory = Inventory([[row("a")]])
    manifest = desk.deliver(inventory)
    key = next(key for key in inventory.contents() if "data/" in key)
    desk.store.put("lists", key, inventory.contents()[key] + b"more")

    with pytest.raises(IntegrityError, match="longer than its manifest says"):
        desk.scans.count_inventory(manifest)


@BOTH
def test_a_file_that_was_cut_off_before_it_was_delivered_is_refused(
    desk: Desk, is_parquet: bool
) -> None:
    rows = [row(f"{number}") for number in range(500)]
    inventory = Inventory([rows], is_parquet=is_parquet, spoil=lambda content: content[:-20])

    error = desk.refused(inventory)

    assert isinstance(error, IntegrityError)
    assert "cannot be read" in error.message


def test_a_missing_file_is_named(desk: Desk) -> None:
    inventory = Inventory([[row("a")]])
    manifest = desk.deliver(inventory)
    desk.store.empty_bucket("lists")
    for key, content in inventory.contents().items():
        if "manifest" in key:
            desk.store.put("lists", key, content)

    with pytest.raises(NotFoundError, match=r"`s3://lists/.*/data/0\.csv\.gz` does not exist"):
        desk.scans.count_inventory(manifest)


@pytest.mark.parametrize(
    ("inventory", "said"),
    [
        (Inventory([], document={"fileFormat": "ORC"}), "an inventory in ORC"),
        (Inventory([[row("a")]], columns=("Bucket", "Key", "ETag")), "no column Size"),
        (Inventory([[row("a")]], columns=("Bucket", "VersionId", "Size")), "Key and IsLatest"),
        (Inventory([], document={"files": "none"}), "is not a manifest"),
        (Inventory([], document={"creationTimestamp": "soon"}), "is not a manifest"),
        (Inventory([], document={"creationTimestamp": "-5"}), "no time"),
        (Inventory([[row("a", Bucket="rails")]]), "lists another bucket"),
        (Inventory([[row("a")], [row("a")]]), "lists `a` twice as current"),
        (Inventory([[row("a", Size=None)]]), "has no key or no size"),
        (Inventory([[row("a")]], document={"fileSchema": "Key, Size"}), "columns of the manifest"),
        (Inventory([[row("a")]], document={"fileSchema": "Key, ETag, A, B, C, Size"}), "cannot be"),
        (Inventory([[row("a", IsLatest="perhaps")]], columns=VERSIONED), "neither true nor false"),
        (
            Inventory([[row("a", LastModifiedDate=datetime(1969, 1, 1, tzinfo=UTC))]]),
            "invalid time",
        ),
        (Inventory([[row("a", -1)]], is_parquet=True), "invalid size"),
        (Inventory([[row(f"{n}", StorageClass=f"C{n}") for n in range(300)]]), "storage classes"),
        (Inventory([[row("a")]], columns=("Key",), is_parquet=True), "no column Size"),
    ],
)
def test_an_invalid_inventory_is_refused_in_a_line(
    desk: Desk, inventory: Inventory, said: str
) -> None:
    error = desk.refused(inventory)

    assert said in error.message
    assert error.remedy
    assert error.exit_code in {2, 7}


def test_without_pyarrow_parquet_is_refused_with_what_to_install(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    inventory = Inventory([[row("a")]], is_parquet=True)
    manifest = desk.deliver(inventory)
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(UsageError, match="needs pyarrow, which is not installed") as raised:
        desk.scans.count_inventory(manifest)

    assert raised.value.reference == "extra-missing"
    assert raised.value.remedy.endswith(", or configure the inventory as CSV")


def test_a_text_that_is_not_json_is_not_a_manifest(desk: Desk, tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_bytes(b"{")
    manifest.with_suffix(".checksum").write_text("f95b70fdc3088560732a5ac135644506\n")

    with pytest.raises(UsageError, match="is not a manifest of an inventory"):
        desk.scans.count_inventory(str(manifest))


def test_an_inventory_of_another_bucket_than_was_named_is_refused(desk: Desk) -> None:
    manifest = desk.deliver(Inventory([[row("a")]]))

    with pytest.raises(UsageError, match="is of s3://roads, not of s3://rails/x"):
        desk.scans.count_inventory(manifest, S3Uri("rails", "x"))


@BOTH
def test_the_scan_is_that_of_a_listing_made_when_the_inventory_was(
    desk: Desk, is_parquet: bool
) -> None:
    names = [*AWKWARD, *(f"logs/{n % 7}/{n:05}" for n in range(12_000))]
    random.Random(7).shuffle(names)
    rows = [row(name, size=len(name)) for name in names]
    for name in names:
        desk.store.put("roads", name, b"x" * len(name))

    counted = desk.count(Inventory([rows[:5001], [], rows[5001:]], is_parquet=is_parquet))
    listed = desk.scans.count(S3Uri("roads"), fresh=True).record

    record = counted.record
    assert (record.state, record.is_complete, record.place) == (
        ScanState.COMPLETE,
        True,
        S3Uri("roads"),
    )
    assert (record.objects, record.size_bytes) == (listed.objects, listed.size_bytes)
    assert desk.keys(counted) == sorted(names)
    assert list(desk.scans.totals(record.scan_id)) != []
    assert record.started_at == record.coverage.as_of == WHEN
    assert record.newest_at == WHEN
    assert record.inventory == "s3://lists/lists/roads/daily/2026-11-19T01-00Z/manifest.json"
    assert record.requests == 5
    assert listed.inventory == ""
    compared = desk.scans.compare(record.scan_id, listed.scan_id)
    assert (compared.is_complete, compared.whole.grown_objects) == (True, 0)


@BOTH
def test_old_versions_and_delete_markers_are_left_out_and_counted(
    desk: Desk, is_parquet: bool
) -> None:
    gone: dict[str, Any] = {
        "IsDeleteMarker": True,
        "Size": None,
        "ETag": None,
        "StorageClass": None,
    }
    rows = [
        row("a", 5),
        row("a", 7, IsLatest=False),
        row("a", 9, IsLatest=False),
        row("b", **gone),
        row("b", 3, IsLatest=False),
    ]

    counted = desk.count(Inventory([rows], columns=VERSIONED, is_parquet=is_parquet))

    assert (counted.record.objects, counted.record.size_bytes) == (1, 5)
    assert counted.inventory is not None
    assert counted.inventory.row_counts.old_versions == 3
    assert counted.inventory.row_counts.delete_markers == 1


def test_only_what_is_below_the_place_is_counted(desk: Desk) -> None:
    rows = [row("logs/1"), row("logs/2"), row("maps/1")]

    counted = desk.count(Inventory([rows]), S3Uri("roads", "logs/"))

    assert counted.record.place == S3Uri("roads", "logs/")
    assert desk.keys(counted) == ["logs/1", "logs/2"]
    assert counted.inventory is not None
    assert counted.inventory.row_counts.elsewhere == 1


def test_what_the_inventory_does_not_tell_is_unknown(desk: Desk) -> None:
    counted = desk.count(Inventory([[row("a", 4)]], columns=COLUMNS[:3]))

    assert isinstance(counted.inventory, InventoryFacts)
    assert counted.inventory.missing == ("LastModifiedDate", "StorageClass")
    assert counted.record.newest_at is None
    assert list(counted.record.by_class) == ["UNKNOWN"]


def test_an_inventory_of_nothing_is_a_complete_scan_of_nothing(desk: Desk) -> None:
    counted = desk.count(Inventory([]))

    assert (counted.record.objects, counted.record.is_complete) == (0, True)


def test_a_copied_inventory_needs_no_store(desk: Desk, tmp_path: Path) -> None:
    manifest = Inventory([[row("a")]]).write(tmp_path)
    flat = tmp_path / "flat"
    flat.mkdir()
    for path in (*manifest.parent.iterdir(), *tmp_path.rglob("*.csv.gz")):
        (flat / path.name).write_bytes(path.read_bytes())

    for place in (manifest, flat / "manifest.json"):
        counted = desk.scans.count_inventory(str(place))
        assert counted is not None
        assert desk.keys(counted) == ["a"]
    assert desk.store.requests == []


def test_a_copied_manifest_without_its_files_takes_them_from_s3(desk: Desk, tmp_path: Path) -> None:
    inventory = Inventory([[row("a")]])
    desk.deliver(inventory)
    manifest = inventory.write(tmp_path)
    next(tmp_path.rglob("*.csv.gz")).unlink()

    counted = desk.scans.count_inventory(str(manifest))

    assert counted is not None
    assert counted.record.requests == 1


def test_a_file_that_breaks_off_is_fetched_on_from_there(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, short_waits: None
) -> None:
    inventory = Inventory([[row(f"{number}") for number in range(3000)]])
    manifest = desk.deliver(inventory)
    honest, asked = desk.store.get, []

    class Breaking(MemoryBody):
        def readinto(self, buffer: memoryview) -> int:
            if self.position:
                raise UnavailableError("the connection ended")
            return super().readinto(buffer[:700])

    def get(request: GetRequest) -> MemoryBody:
        body = honest(request)
        if "data/" not in request.key:
            return body
        asked.append(request.span)
        return Breaking(body.head, body.content) if len(asked) < 3 else body

    desk.store.get = get  # type: ignore[method-assign]

    counted = desk.scans.count_inventory(manifest)

    assert counted is not None
    assert counted.record.objects == 3000
    assert [span.start if span else 0 for span in asked] == [0, 700, 1400]


def test_share_and_sums_are_published_while_it_is_read(desk: Desk) -> None:
    desk.count(Inventory([[row("b", 3)], [row("a", 4)]]))

    progress = [event for event in desk.events if isinstance(event, ScanProgress)]
    first, last = progress[0], progress[-1]
    assert (first.objects, first.size_bytes, first.complete) == (1, 3, False)
    assert first.share is not None
    assert 0 < first.share < 1
    assert (last.objects, last.size_bytes, last.complete, last.share) == (2, 7, True, 1.0)


def test_a_stopped_inventory_leaves_nothing(desk: Desk) -> None:
    manifest = desk.deliver(Inventory([[row("a")], [row("b")]]))

    def has_asked(limit: int) -> bool:
        return desk.store.count("get") >= limit

    for gets in range(5):
        request = ScanRequest(is_cancelled=partial(has_asked, desk.store.count("get") + gets))
        assert desk.scans.count_inventory(manifest, None, request) is None

    assert desk.scans.history() == []


def test_an_inventory_whose_process_was_killed_is_forgotten_and_never_resumed(
    desk: Desk,
) -> None:
    killed = ScanStore(desk.directory / "data" / "scans.sqlite3")
    an_hour_ago = NOW - timedelta(hours=1)
    record, lock = killed.begin(S3Connection(), S3Uri("roads"), an_hour_ago, inventory="manifest")
    lock.release()
    killed.close()
    desk.store.put("roads", "a", b"1")

    counted = desk.scans.count(S3Uri("roads"))

    assert counted.record.scan_id != record.scan_id
    assert [each.scan_id for each in desk.scans.history()] == [counted.record.scan_id]


def test_an_old_inventory_is_kept_though_many_scans_are_newer(desk: Desk) -> None:
    for _ in range(5):
        desk.scans.count(S3Uri("roads"), fresh=True)

    counted = desk.count(Inventory([[row("a")]]))

    assert desk.keys(counted) == ["a"]


@pytest.mark.parametrize("rows", [0, 1, 9, 10, 11, 1000, 2501])
def test_runs_merged_of_runs_are_in_order(tmp_path: Path, rows: int) -> None:
    names = [f"{number:05}\n\ud800" for number in range(rows)]
    random.Random(rows).shuffle(names)

    with PageSorter(tmp_path, STORED, run_rows=10, runs_at_once=3) as sorter:
        for start in range(0, rows, 7):
            part = names[start : start + 7]
            sizes = [int(name[:5]) for name in part]
            page = StoredPage(keys=part, sizes=sizes, modified_s=sizes, classes=["A"] * len(part))
            sorter.add(page)
        found = list(sorter.pages())

    assert [key for page in found for key in page.keys] == sorted(names)
    assert [size for page in found for size in page.sizes] == list(range(rows))
    assert sorter.rows == rows
    assert list(tmp_path.iterdir()) == []


def test_inventories_of_two_days_are_compared(desk: Desk) -> None:
    before = desk.count(Inventory([[row("b"), row("a")]])).record
    later = Inventory([[row("c", 5), row("b")]], created_at=WHEN + timedelta(days=1))
    after = desk.count(replace(later, prefix="lists/roads/weekly/")).record

    whole = desk.scans.compare(before.scan_id, after.scan_id).whole

    assert (whole.new_objects, whole.removed_objects, whole.changed_objects) == (1, 1, 0)
