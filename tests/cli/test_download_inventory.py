"""``download --inventory``: an S3 Inventory in place of a listing."""

import hashlib
import json
import shlex
from pathlib import Path

import pytest

from s3nav.model.errors import AccessDeniedError, CredentialsError
from s3nav.model.objects import GetRequest
from tests.support.command_line import Shell
from tests.support.inventories import COLUMNS, VERSIONED, Inventory, Row, row
from tests.support.memory_store import MemoryBody

FILES = {"logs/b.gz": b"b" * 7, "logs/a": b"a" * 5, "x": b"x", "old/GLACIER": b"cold"}


def _etag(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _rows() -> list[Row]:
    """In no order, as S3 gives them."""
    return [row(key, len(content), ETag=_etag(content)) for key, content in FILES.items()]


@pytest.fixture
def roads(shell: Shell) -> Shell:
    for key, content in FILES.items():
        shell.store.put("roads", key, content)
    shell.store.make_bucket("lists")
    return shell


def deliver(shell: Shell, inventory: Inventory) -> str:
    manifest = inventory.put(lambda key, content: shell.store.put("lists", key, content))
    shell.store.requests.clear()
    return manifest


def without(column: str) -> list[str]:
    return [name for name in COLUMNS if name != column]


BAD: list[tuple[Inventory, list[str], int, str]] = [
    (Inventory([_rows()]), ["s3://rails/x"], 2, "is of s3://roads, not of s3://rails/x"),
    (Inventory([_rows()]), ["s3://roads", "--plan", "p"], 2, "--inventory and --plan exclude"),
    (Inventory([_rows()]), ["--manifest", "m"], 2, "--manifest and --inventory exclude"),
    (Inventory([_rows()]), ["--all-buckets"], 2, "--all-buckets and --inventory exclude"),
    (Inventory([_rows()]), ["--prefixes", "a/"], 2, "--prefixes and --inventory exclude"),
    (Inventory([_rows()]), ["s3://roads/nothing/"], 5, "nothing in the inventory matches s3://"),
    (
        Inventory([_rows()]),
        ["--min-size", "1GB", "--fail-if-empty"],
        5,
        "no object is selected: 4 too small",
    ),
    (Inventory([_rows()], columns=without("ETag")), [], 2, "has no column ETag"),
    (Inventory([_rows()], columns=without("Size")), [], 2, "has no column Size"),
    (
        Inventory([_rows()], columns=without("LastModifiedDate")),
        ["--last-days", "3"],
        2,
        "has no column LastModifiedDate, which a filter needs",
    ),
    (
        Inventory([_rows()], columns=without("StorageClass")),
        ["--storage-class", "STANDARD"],
        2,
        "has no column StorageClass, which a filter needs",
    ),
    (Inventory([_rows()], document={"files": 3}), [], 2, "is not a manifest of an inventory"),
    (Inventory([_rows()], document={"fileFormat": "ORC"}), [], 2, "is an inventory in ORC"),
    (Inventory([[*_rows(), row("e", ETag="")]]), [], 7, "an object has no valid ETag"),
    (Inventory([[*_rows(), row("e", ETag="a\r\nb")]]), [], 7, "an object has no valid ETag"),
    (
        Inventory([[*_rows(), row("e", VersionId="v\n")]], columns=VERSIONED),
        [],
        7,
        "an object has an invalid version id",
    ),
    (Inventory([_rows(), _rows()]), [], 7, "lists `logs/a` twice as current"),
    (Inventory([_rows()], spoil=lambda content: content[:-9]), [], 7, "cannot be read"),
]


@pytest.mark.parametrize(("inventory", "arguments", "exit_code", "said"), BAD)
def test_a_bad_inventory_is_one_clear_error_and_touches_nothing(
    roads: Shell,
    tmp_path: Path,
    inventory: Inventory,
    arguments: list[str],
    exit_code: int,
    said: str,
) -> None:
    manifest = deliver(roads, inventory)

    ended = roads.headless("download", "--inventory", manifest, *arguments)

    assert (ended.exit_code, ended.stdout) == (exit_code, "")
    assert ended.stderr.count("error[") == 1
    assert said in ended.stderr
    assert not (tmp_path / "data").exists()
    listed = roads.headless("jobs", "list", "--output", "json")
    assert json.loads(listed.stdout) == []


@pytest.mark.parametrize("what", ["manifest.checksum", "data/1.csv.gz"])
def test_what_is_not_what_its_checksum_says_is_refused_before_a_row_is_taken(
    roads: Shell, tmp_path: Path, what: str
) -> None:
    manifest = deliver(roads, Inventory([_rows()[:2], _rows()[2:]]))
    folder = manifest.removeprefix("s3://lists/").removesuffix("manifest.json")
    key = f"{folder}{what}" if "checksum" in what else f"lists/roads/daily/{what}"
    roads.store.put("lists", key, b"0" * 32)

    ended = roads.headless("download", "--inventory", manifest)

    assert (ended.exit_code, ended.stdout) == (7, "")
    assert not (tmp_path / "data").exists()
    assert [key for verb, key in roads.store.requests if verb == "get" and key in FILES] == []


def test_a_manifest_that_is_not_there_is_named(roads: Shell) -> None:
    ended = roads.headless("download", "--inventory", "absent/manifest.json")

    assert ended.exit_code == 2
    assert "absent/manifest.json`: No such file" in ended.stderr


def test_what_was_deleted_since_fails_by_name_and_the_rest_arrives(
    roads: Shell, tmp_path: Path
) -> None:
    rows = [*_rows(), row("gone", 3)]
    manifest = deliver(roads, Inventory([rows]))

    ended = roads.headless("download", "--inventory", manifest, "--output", "json")

    assert ended.exit_code == 9
    report = json.loads(ended.stdout)
    assert (report["downloaded"], report["failed"]) == (4, 1)
    assert "s3://roads/gone" in ended.stderr
    assert (tmp_path / "data/roads/x").read_bytes() == b"x"


def test_an_archived_object_fails_as_in_any_download(roads: Shell) -> None:
    def refuse(verb: str, key: str) -> None:
        if verb == "get" and "GLACIER" in key:
            raise AccessDeniedError("`s3://roads/old/GLACIER` is archived", slug="archived")

    rows = [row("old/GLACIER", 4, ETag=_etag(b"cold"), StorageClass="GLACIER"), _rows()[2]]
    manifest = deliver(roads, Inventory([rows]))
    roads.store.before = refuse

    listed = roads.headless("download", "s3://roads/old/", "--download-dir", "listed")
    ended = roads.headless("download", "--inventory", manifest)

    assert "is archived" in ended.stderr
    assert "is archived" in listed.stderr
    assert ended.exit_code == 9


def test_an_object_that_changed_since_arrives_as_it_is_now(roads: Shell, tmp_path: Path) -> None:
    manifest = deliver(roads, Inventory([_rows()]))
    roads.store.put("roads", "x", b"another")

    ended = roads.headless("download", "--inventory", manifest, "--output", "json")

    assert ended.exit_code == 0, ended.stderr
    assert json.loads(ended.stdout)["downloaded"] == 4
    assert (tmp_path / "data/roads/x").read_bytes() == b"another"


def test_the_version_that_the_inventory_names_arrives(roads: Shell, tmp_path: Path) -> None:
    roads.store.put_version("roads", "x", "v1", b"first")
    roads.store.put_version("roads", "x", "v2", b"second")
    rows = [
        row("x", 5, ETag=_etag(b"first"), VersionId="v1"),
        row("x", 9, VersionId="v0", IsLatest=False),
        row("y", IsDeleteMarker=True, Size=None, ETag=None, StorageClass=None),
        row("logs/a", 5, ETag=_etag(b"a" * 5), VersionId="null"),
    ]
    manifest = deliver(roads, Inventory([rows], columns=VERSIONED))

    ended = roads.headless("download", "--inventory", manifest)

    assert ended.exit_code == 0, ended.stderr
    assert "left out: 1 old version, 1 delete marker\n" in ended.stderr
    assert (tmp_path / "data/roads/x").read_bytes() == b"first"
    assert (tmp_path / "data/roads/logs/a").read_bytes() == b"a" * 5


@pytest.mark.parametrize("is_parquet", [False, True], ids=["csv", "parquet"])
def test_all_arrives_and_nothing_is_listed(roads: Shell, tmp_path: Path, is_parquet: bool) -> None:
    rows = _rows()
    inventory = Inventory([rows[2:], rows[:2]], is_parquet=is_parquet)
    manifest = deliver(roads, inventory)

    ended = roads.headless("download", "--inventory", manifest)

    assert ended.exit_code == 0, ended.stderr
    assert f"objects come from inventory {manifest}: 2 files, " in ended.stderr
    assert "inventory of 2026-11-19 01:00, 31 h old" in ended.stderr
    got = {key: (tmp_path / "data/roads" / key).read_bytes() for key in FILES}
    assert got == FILES
    assert roads.store.count("list") == 0


def test_a_dry_run_says_how_old_it_is_and_what_it_asked(roads: Shell) -> None:
    manifest = deliver(roads, Inventory([_rows()]))

    words = roads.headless("download", "--inventory", manifest, "--dry-run")
    ended = roads.headless(
        "download", "--inventory", manifest, "s3://roads/logs/", "--dry-run", "--output", "json"
    )

    assert "would download 4 objects" in words.stdout
    assert "sent 0 LIST requests, would send 4 GET requests" in words.stdout
    assert "objects come from the inventory of 2026-11-19 01:00 with 3 GET requests" in (
        words.stdout
    )
    report = json.loads(ended.stdout)
    assert (report["fetch_files"], report["list_requests"]) == (2, 0)
    assert report["inventory_as_of"] == "2026-11-19T01:00:00Z"
    assert "left out: 2 objects outside the place\n" in ended.stderr
    asked = {verb for verb, _ in roads.store.requests}
    assert asked == {"get"}
    assert not [key for _, key in roads.store.requests if key in FILES]


def test_sources_and_filters_narrow_it_as_they_narrow_a_listing(roads: Shell) -> None:
    manifest = deliver(roads, Inventory([_rows()]))
    for arguments in (
        ["s3://roads/logs/", "s3://roads/x"],
        ["s3://roads/logs/*.gz"],
        ["s3://roads", "--exclude", "logs/*", "--min-size", "2"],
        ["s3://roads", "--extensions", "gz"],
    ):
        listed, taken = (
            roads.headless("download", *arguments, *more, "--dry-run", "--output", "csv").stdout
            for more in ([], ["--inventory", manifest])
        )

        assert taken == listed, arguments


def test_days_are_read_from_the_keys_of_each_source(roads: Shell) -> None:
    rows = [row(f"a/2026-11-{day:02}/0") for day in range(1, 6)]
    rows += [row(f"b/202611{day:02}.gz") for day in range(1, 6)]
    manifest = deliver(roads, Inventory([rows]))

    ended = roads.headless(
        *("download", "--inventory", manifest, "s3://roads/a/", "s3://roads/b/"),
        *("--date-from", "key", "--start-date", "2026-11-04", "--dry-run", "--output", "jsonl"),
    )

    sources = [json.loads(text)["source"] for text in ended.stdout.splitlines()]
    assert sources == [
        f"s3://roads/{key}"
        for key in ("a/2026-11-04/0", "a/2026-11-05/0", "b/20261104.gz", "b/20261105.gz")
    ]


def test_the_same_command_skips_what_exists(roads: Shell) -> None:
    rows = [
        row(key, len(content), ETag=_etag(content), LastModifiedDate=fact.modified_at)
        for key, content in FILES.items()
        if (fact := roads.store.fact("roads", key))
    ]
    manifest = deliver(roads, Inventory([rows]))
    roads.headless("download", "--inventory", manifest)

    again = roads.headless("download", "--inventory", manifest, "--output", "json")

    report = json.loads(again.stdout)
    assert (report["downloaded"], report["skipped"]) == (0, 4)


def test_an_unfinished_job_is_resumed_and_its_command_names_the_inventory(
    roads: Shell, tmp_path: Path
) -> None:
    def refuse(verb: str, key: str) -> None:
        if verb == "get" and key == "x":
            raise CredentialsError("the session ended")

    manifest = Inventory([_rows()]).write(tmp_path)
    roads.store.before = refuse
    relative = str(manifest.relative_to(tmp_path))
    first = roads.headless("download", "--inventory", relative, "s3://roads", "--exclude", "logs/*")
    assert "the session ended" in first.stderr
    [job] = json.loads(roads.headless("jobs", "list", "--output", "json").stdout)

    command = roads.headless("jobs", "command", job["job"]).stdout
    roads.store.before = lambda verb, key: None
    roads.store.requests.clear()
    resumed = roads.run(*shlex.split(command)[1:])

    assert f"--inventory {manifest}" in command
    assert resumed.exit_code == 0, resumed.stderr
    assert "resuming 2 objects" in resumed.stderr
    assert roads.store.requests == [("get", "x")]


def test_requester_pays_holds_for_the_inventory_too(
    roads: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = deliver(roads, Inventory([_rows()]))
    paid: list[bool] = []
    get = roads.store.get

    def noted(request: GetRequest) -> MemoryBody:
        paid.append(request.requester_pays)
        return get(request)

    monkeypatch.setattr(roads.store, "get", noted)

    ended = roads.headless("download", "--inventory", manifest, "--requester-pays")

    assert ended.exit_code == 0, ended.stderr
    assert paid == [True] * 7


def test_an_estimate_prices_what_it_lists_and_what_reading_it_costs(roads: Shell) -> None:
    manifest = deliver(roads, Inventory([_rows()]))

    ended = roads.headless("estimate", "--inventory", manifest, "--output", "json")
    kept = roads.headless(
        "estimate", "--inventory", manifest, "s3://roads/logs/", "--storage", "--output", "json"
    )

    assert ended.exit_code == 0, ended.stderr
    document = json.loads(ended.stdout)
    requests = [entry for entry in document["lines"] if "GET" in entry["what"]]
    assert requests, document
    assert kept.exit_code == 0, kept.stderr
    assert roads.store.count("list") == 0


def test_a_class_the_inventory_does_not_tell_has_no_price(roads: Shell) -> None:
    manifest = deliver(roads, Inventory([_rows()], columns=without("StorageClass")))

    ended = roads.headless("download", "--inventory", manifest, "--dry-run", "--output", "json")

    assert ended.exit_code == 0, ended.stderr
    assert "not in the inventory, so unknown: StorageClass" in ended.stderr
    assert json.loads(ended.stdout)["cost_gaps"] == 1


def test_without_headless_it_is_fetched_all_the_same(roads: Shell, tmp_path: Path) -> None:
    manifest = deliver(roads, Inventory([_rows()]))

    ended = roads.run("download", "--inventory", manifest, terminal=True)

    assert ended.exit_code == 0, ended.stderr
    assert (tmp_path / "data/roads/x").read_bytes() == b"x"
    assert roads.cockpits == []
