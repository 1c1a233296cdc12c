"""``scan versions``: what old versions hold, and what they cost."""

import json
from decimal import Decimal

import pytest

from s3nav.model.errors import AccessDeniedError
from s3nav.model.objects import VersionPage, VersionsRequest
from s3nav.model.text.quantities import GIB
from tests.support.command_line import Shell
from tests.support.version_store import VersionStore


@pytest.fixture
def versioned(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> VersionStore:
    """Three keys of 1, 2 and 4,000 versions; a version has as many bytes as its number."""
    store = VersionStore({"a": 1, "logs/b": 2, "logs/c": 4000}, page_limit=1000)
    shell.store.make_bucket("roads")
    monkeypatch.setattr(shell.store, "list_versions", store.list_versions)
    return store


def test_a_place_must_be_named(shell: Shell) -> None:
    ended = shell.headless("scan", "versions")

    assert (ended.exit_code, ended.stdout) == (2, "")


def test_what_may_not_be_listed_is_an_error_and_no_numbers(
    shell: Shell, versioned: VersionStore
) -> None:
    def refuse(_request: VersionsRequest) -> None:
        raise AccessDeniedError("you may not list versions")

    versioned.trouble = refuse

    ended = shell.headless("scan", "versions", "s3://roads", "--output", "json")

    assert (ended.exit_code, ended.stdout) == (AccessDeniedError.exit_code, "")
    assert "you may not list versions" in ended.stderr


def test_what_breaks_off_is_told_with_what_was_counted(
    shell: Shell, versioned: VersionStore
) -> None:
    def refuse(request: VersionsRequest) -> None:
        if request.key_marker:
            raise AccessDeniedError("no more")

    versioned.trouble = refuse

    words = shell.headless("scan", "versions", "s3://roads")
    ended = shell.headless("scan", "versions", "s3://roads", "--output", "json")

    assert (words.exit_code, ended.exit_code) == (9, 9)
    assert "  the listing is incomplete; there is at least\n" in words.stdout
    assert "not listed completely: no more" in words.stderr
    assert json.loads(ended.stdout)["complete"] is False


def test_without_a_price_the_cost_is_unknown(shell: Shell, versioned: VersionStore) -> None:
    shell.store.make_bucket("roads", "xx-nowhere-1")

    words = shell.headless("scan", "versions", "s3://roads")

    assert "  old versions cost unknown\n  no price: no prices of xx-nowhere-1\n" in words.stdout


def test_versions_are_counted_by_class_and_priced(shell: Shell, versioned: VersionStore) -> None:
    ended = shell.headless("scan", "versions", "s3://roads", "--output", "json")
    below = shell.headless("scan", "versions", "s3://roads/a", "--output", "json")

    assert ended.exit_code == 0, ended.stderr
    found = json.loads(ended.stdout)
    old_bytes = 1 + sum(range(4000))
    assert (found["place"], found["complete"]) == ("s3://roads", True)
    assert (found["current_objects"], found["current_bytes"]) == (3, 0)
    assert (found["old_versions"], found["old_bytes"]) == (4000, old_bytes)
    assert found["delete_markers"] == 0
    assert found["by_storage_class"]["STANDARD"]["old_versions"] == 4000
    month = Decimal(found["old_cost"]["month_usd"])
    assert round(month, 20) == round(Decimal("0.023") * old_bytes / GIB, 20)
    assert found["old_cost"]["gaps"] == []
    assert json.loads(below.stdout)["old_versions"] == 0


def test_delete_markers_are_neither_current_nor_old(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.store.make_bucket("roads")
    page = VersionPage(
        keys=["a", "a", "b"],
        version_ids=["3", "2", "1"],
        are_latest=[True, False, True],
        are_markers=[True, False, False],
        sizes=[0, 7, 5],
        modified_s=[0, 0, 0],
        etags=["", "", ""],
        classes=["", "GLACIER", "STANDARD"],
    )
    monkeypatch.setattr(shell.store, "list_versions", lambda _request: page)

    words = shell.headless("scan", "versions", "s3://roads").stdout

    assert "  current   1 object, 5 B\n" in words
    assert "  old       1 version, 7 B\n" in words
    assert "  hidden by 1 delete marker\n" in words
    assert "GLACIER" in words
