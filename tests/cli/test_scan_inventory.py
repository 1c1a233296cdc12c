"""``scan --inventory``: a scan made of an S3 Inventory."""

import json
from pathlib import Path

import pytest

from tests.support.command_line import Shell
from tests.support.inventories import VERSIONED, Inventory, row


@pytest.fixture
def manifest(shell: Shell) -> str:
    """Of three objects, one of them with an old version, delivered to ``lists``."""
    rows = [row("logs/b", 5), row("logs/a", 7), row("x\x1b[2J", 9), row("x", 1, IsLatest=False)]
    inventory = Inventory([rows], columns=VERSIONED)
    return inventory.put(lambda key, content: shell.store.put("lists", key, content))


def test_neither_a_place_nor_an_inventory_is_a_mistake(shell: Shell) -> None:
    ended = shell.headless("scan", "s3://")

    assert (ended.exit_code, ended.stdout) == (2, "")


def test_a_manifest_that_is_not_there_is_named(shell: Shell) -> None:
    ended = shell.headless("scan", "--inventory", "absent/manifest.json")

    assert ended.exit_code == 2
    assert "cannot read `absent/manifest.json`" in ended.stderr


def test_a_damaged_inventory_exits_as_such_and_leaves_no_scan(shell: Shell, manifest: str) -> None:
    key = manifest.removeprefix("s3://lists/").replace(".json", ".checksum")
    shell.store.put("lists", key, b"0" * 32)

    ended = shell.headless("scan", "--inventory", manifest)

    assert (ended.exit_code, ended.stdout) == (7, "")
    assert "does not match its manifest.checksum" in ended.stderr
    assert json.loads(shell.headless("scan", "list", "--output", "json").stdout) == []


def test_the_document_says_where_it_comes_from_and_of_when(shell: Shell, manifest: str) -> None:
    ended = shell.headless("scan", "--inventory", manifest, "--output", "json")

    assert ended.exit_code == 0, ended.stderr
    document = json.loads(ended.stdout)
    assert (document["place"], document["objects"], document["size_bytes"]) == (
        "s3://roads",
        3,
        21,
    )
    assert document["complete"] is True
    assert document["coverage"]["as_of"] == "2026-11-19T01:00:00Z"
    assert document["source"] == f"inventory {manifest}"
    assert "inventory of 2026-11-19 01:00, 31 h old" in ended.stderr
    assert "left out: 1 old version\n" in ended.stderr


@pytest.mark.parametrize("order", ["place first", "place last", "equals sign"])
def test_a_place_before_or_behind_the_manifest_limits_the_scan(
    shell: Shell, manifest: str, order: str
) -> None:
    words = {
        "place first": ["s3://roads/logs/", "--inventory", manifest],
        "place last": ["--inventory", manifest, "s3://roads/logs/"],
        "equals sign": [f"--inventory={manifest}", "s3://roads/logs/"],
    }[order]

    ended = shell.headless("scan", *words, "--output", "json")

    document = json.loads(ended.stdout)
    assert (document["place"], document["objects"]) == ("s3://roads/logs/", 2)
    assert "left out: 1 old version, 1 object outside the place\n" in ended.stderr


def test_all_that_looks_into_scans_looks_into_it(shell: Shell, tmp_path: Path) -> None:
    manifest = Inventory([[row("logs/b", 5), row("logs/a", 7)]]).write(tmp_path)
    shell.store.put("roads", "logs/b", b"12345")

    words = shell.headless("scan", "--inventory", str(manifest)).stdout
    listed = json.loads(shell.headless("scan", "list", "--output", "json").stdout)
    exported = json.loads(shell.headless("scan", "export", "s3://roads", "--output", "json").stdout)
    shown = shell.headless("scan", "show", "s3://roads").stdout
    shell.headless("scan", "s3://roads", "--fresh")
    compared = json.loads(
        shell.headless("scan", "compare", "s3://roads", "--output", "json").stdout
    )

    assert f"source    inventory {manifest}, made 2026-11-19 01:00" in words
    assert [each["source"] for each in listed] == [f"inventory {manifest}"]
    assert [each["key"] for each in exported] == ["logs/a", "logs/b"]
    assert "logs/" in shown
    assert (compared["new_objects"], compared["removed_objects"]) == (0, 1)


def test_without_headless_it_is_read_all_the_same(shell: Shell, manifest: str) -> None:
    ended = shell.run("scan", "--inventory", manifest, terminal=True)

    assert ended.exit_code == 0, ended.stderr
    assert "objects   3" in ended.stdout
    assert shell.cockpits == []
