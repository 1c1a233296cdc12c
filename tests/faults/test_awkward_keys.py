"""More than a hundred awkward keys: each lands where docs/local-names.md says, none outside."""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from s3nav.aws import open_store
from s3nav.model.places import S3Uri
from s3nav.persistence import Directories
from s3nav.settings import Settings
from s3nav.transfer import EngineTuning, ItemRecord, ItemState, Selection, Source, Transfers
from tests.support.clients import s3_client
from tests.support.faulty_s3 import BUCKET, FaultyS3
from tests.support.moto_server import moto_server

TABLE = Path(__file__).parents[2] / "docs" / "local-names.md"
_ROW = re.compile(
    r"^\| `(?P<key>.*?)`(?P<note> \([a-z ]+\))? \| (?P<place>.*?) \| (?P<rule>.*) \|$"
)
_ESCAPE = re.compile(r"\\(x[0-9a-f]{2}|u[0-9a-f]{4}|t|n)")
LONG_KEYS = [
    "s" * 255,
    "s" * 256,
    "s" * 300,
    "t" * 300 + "/below",
    "é" * 512,
    "k" * 1024,
    "a/" * 511 + "b",
    "../" * 341 + "x",
    "z" + "/" * 1022 + "x",
    "n\0ul",
    "\0",
    "../\0/x",
]
CONTROLS = [f"control-{chr(code)}-{code}" for code in (*range(1, 32), 127, 133, 0x2028, 0x2066)]
OUTSIDE = b"not to be touched"


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    key: str
    place: str
    """Below the bucket's directory; empty: nothing lands. `#` stands for a hash."""
    content: bytes


def rows() -> list[Row]:
    found = [match for line in TABLE.read_text().splitlines() if (match := _ROW.match(line))]
    return [_row(match) for match in found]


def _row(match: re.Match[str]) -> Row:
    key, place = _unescaped(match["key"]), match["place"]
    is_empty = match["note"] == " (empty)"
    return Row(
        key,
        "" if place == "nothing" else _unescaped(place.strip("`")),
        b"" if is_empty else _bytes(key),
    )


def _unescaped(text: str) -> str:
    text = text.replace("\\|", "|")
    return _ESCAPE.sub(lambda match: match[0].encode().decode("unicode_escape"), text)


def _bytes(key: str) -> bytes:
    return b"bytes of " + key.encode("utf-8", "surrogateescape")


def contents() -> dict[str, bytes]:
    return {row.key: row.content for row in rows()} | {
        key: _bytes(key) for key in (*LONG_KEYS, *CONTROLS)
    }


@dataclass
class Landed:
    """What a download of all awkward keys left behind."""

    target: Path
    bucket: str
    items: dict[str, ItemRecord] = field(default_factory=dict)
    before: Mapping[str, object] = field(default_factory=dict)
    after: Mapping[str, object] = field(default_factory=dict)


def _snapshot(top: Path, *, without: Path) -> dict[str, object]:
    """Every name below `top` with its bytes or the place it links to, apart from one directory."""
    found: dict[str, object] = {}
    for folder, folders, files in os.walk(top):
        if Path(folder) == without:
            folders.clear()
            continue
        for name in (*folders, *files):
            path = Path(folder, name)
            is_file = path.is_file() and not path.is_symlink()
            found[str(path)] = path.read_bytes() if is_file else path.is_symlink()
    return found


def _download(settings: Settings, bucket: str, root: Path) -> Landed:
    """Into root/parent/target, beside files that must stay as they are."""
    parent = root / "parent"
    target = parent / "target"
    target.mkdir(parents=True)
    for name in ("x", "etc/passwd", f"{bucket}/x"):
        (parent / name).parent.mkdir(parents=True, exist_ok=True)
        (parent / name).write_bytes(OUTSIDE)
    landed = Landed(target, bucket, before=_snapshot(parent, without=target))
    with closing(open_store(settings, Directories(config=root / "c", data=root / "d"))) as store:
        transfers = Transfers(
            store=store,
            journal_file=root / "journal.sqlite3",
            publish=lambda _: None,
            tuning=EngineTuning(parallel=4),
        )
        with closing(transfers):
            selection = Selection(sources=(Source(place=S3Uri(bucket)),), target=target)
            job_id = transfers.plan(selection).job_id
            transfers.start(job_id)
            assert transfers.wait(job_id, 300)
            prefix = f"s3://{bucket}/"
            landed.items = {
                item.source.removeprefix(prefix): item for item in transfers.items(job_id)
            }
    landed.after = _snapshot(parent, without=target)
    return landed


def _settings(flags: Mapping[str, str]) -> Settings:
    return Settings(
        endpoint_url=flags["endpoint_url"],
        access_key=flags["access_key"],
        secret_key=flags["secret_key"],
        region="us-east-1",
    )


def _store_all(flags: Mapping[str, str], bucket: str) -> dict[str, bytes]:
    """Put what the server takes; returns that."""
    stored = {}
    with s3_client(flags) as client:
        client.create_bucket(Bucket=bucket)
        for key, content in contents().items():
            try:
                client.put_object(Bucket=bucket, Key=key, Body=content)
            except (ClientError, BotoCoreError):
                continue
            stored[key] = content
    return stored


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Landed]:
    with FaultyS3() as server:
        server.put_all(contents())
        flags = {"endpoint_url": server.url, "access_key": "k", "secret_key": "s"}
        yield _download(_settings(flags), BUCKET, tmp_path_factory.mktemp("awkward"))


def _check_all(landed: Landed, stored: Mapping[str, bytes]) -> None:
    assert landed.after == landed.before, "something was written outside the target"
    assert landed.items.keys() == stored.keys()
    places = set()
    for key, item in landed.items.items():
        if item.state is ItemState.SKIPPED:
            assert key.endswith("/")
            assert not stored[key]
            continue
        assert item.state is ItemState.DONE, (key, item.reason)
        assert item.local_path.read_bytes() == stored[key]
        assert item.local_path.resolve().is_relative_to(landed.target.resolve())
        places.add(item.local_path)
    assert len(places) == sum(item.state is ItemState.DONE for item in landed.items.values())
    files = {path for path in landed.target.rglob("*") if not path.is_dir()}
    assert files == places, "nothing lies around"


def test_there_are_more_than_a_hundred() -> None:
    assert len(contents()) >= 100


def test_every_awkward_key_lands_inside_the_target_and_no_two_at_one_place(landed: Landed) -> None:
    _check_all(landed, contents())


@pytest.mark.parametrize("row", rows(), ids=lambda row: ascii(row.key))
def test_a_key_of_the_table_lands_where_it_says(landed: Landed, row: Row) -> None:
    item = landed.items[row.key]

    if not row.place:
        assert item.state is ItemState.SKIPPED
        return
    segment = row.key.rpartition("/")[2] if "/" in row.place else row.key
    digest = hashlib.sha256(segment.encode()).hexdigest()[:16]
    place = row.place.replace("#", digest)
    assert item.local_path == landed.target / BUCKET / place
    assert item.local_path.read_bytes() == row.content


@pytest.mark.moto
@pytest.mark.slow
def test_moto_too(tmp_path: Path) -> None:
    with moto_server() as server:
        flags = {name: str(value) for name, value in server.settings_flags.items()}
        flags["region"] = "us-east-1"
        stored = _store_all(flags, "awkward")
        seen = _download(_settings(flags), "awkward", tmp_path)

    assert len(stored) >= 90
    _check_all(seen, stored)


@pytest.mark.rgw
def test_the_gateway_too(tmp_path: Path) -> None:
    url = os.environ.get("S3NAV_TEST_RGW")
    if url is None:
        pytest.skip("S3NAV_TEST_RGW names no gateway; .ci/run starts one")
    flags = {"endpoint_url": url, "access_key": "test", "secret_key": "testtest"}
    bucket = f"awkward-{os.getpid()}-{tmp_path.stat().st_ino}"

    stored = _store_all(flags, bucket)
    seen = _download(_settings(flags), bucket, tmp_path)

    assert len(stored) >= 90
    _check_all(seen, stored)
    with s3_client(flags) as client:
        for key in stored:
            client.delete_object(Bucket=bucket, Key=key)
        client.delete_bucket(Bucket=bucket)


def test_links_planted_in_the_target_lead_nowhere(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_bytes(OUTSIDE)
    target = tmp_path / "target" / BUCKET
    target.mkdir(parents=True)
    (target / "folder").symlink_to(outside, target_is_directory=True)
    (target / "file").symlink_to(outside / "file")
    (target / "dangling").symlink_to(outside / "new")
    (target / "real").mkdir()
    (target / "real" / "up").symlink_to("../../..", target_is_directory=True)
    keys = ["folder/x", "folder/sub/x", "file", "dangling", "real/up/x", "fine"]
    before = _snapshot(outside, without=target)
    with FaultyS3() as server:
        server.put_all({key: _bytes(key) for key in keys})
        settings = Settings(
            endpoint_url=server.url, access_key="k", secret_key="s", region="us-east-1"
        )
        store = open_store(settings, Directories(config=tmp_path / "c", data=tmp_path / "d"))
        transfers = Transfers(
            store=store,
            journal_file=tmp_path / "journal.sqlite3",
            publish=lambda _: None,
            tuning=EngineTuning(parallel=2),
        )
        with closing(store), closing(transfers):
            selection = Selection(
                sources=(Source(place=S3Uri(BUCKET)),), target=tmp_path / "target"
            )
            job_id = transfers.plan(selection).job_id
            transfers.start(job_id)
            assert transfers.wait(job_id, 300)
            states = {
                item.source.removeprefix(f"s3://{BUCKET}/"): item
                for item in transfers.items(job_id)
            }

    assert _snapshot(outside, without=target) == before
    assert not (tmp_path / "x").exists()
    failed = {key for key, item in states.items() if item.state is ItemState.FAILED}
    assert failed == {"folder/x", "folder/sub/x", "real/up/x"}
    assert all("symbolic link" in states[key].reason for key in failed)
    for key in ("file", "dangling", "fine"):
        assert not (target / key).is_symlink(), "a link of that name is replaced, not followed"
        assert (target / key).read_bytes() == _bytes(key)
