"""``scan`` and what is below it, ``find``."""

import json
from decimal import Decimal

import pytest

from s3nav.model.errors import AccessDeniedError, UnavailableError
from s3nav.model.objects import KeyPage, ListRequest, ObjectFact
from s3nav.model.text.quantities import GIB
from tests.support.command_line import Shell
from tests.support.memory_store import WHEN, failing


@pytest.fixture
def roads(shell: Shell) -> Shell:
    for number in range(30):
        when = WHEN.replace(day=1 + number % 20)
        fact = ObjectFact(
            key="",
            size_bytes=0,
            modified_at=when,
            storage_class="GLACIER" if number % 3 == 0 else "STANDARD",
        )
        key = f"logs/2026/{number % 3}/{number:02}.gz"
        shell.store.put("roads", key, b"x" * (100 * number), fact=fact)
    shell.store.put("roads", "readme.md", b"hello")
    return shell


def scan(shell: Shell, *arguments: str) -> dict[str, object]:
    ended = shell.headless("scan", "s3://roads", "--output", "json", *arguments)
    assert ended.exit_code == 0, ended.stderr
    document = json.loads(ended.stdout)
    assert isinstance(document, dict)
    return document


def test_a_bucket_without_its_scheme_gets_a_hint(shell: Shell) -> None:
    ended = shell.headless("scan", "roads")

    assert ended.exit_code == 2
    assert "`s3nav --headless scan s3://roads`" in ended.stderr


def test_a_command_that_is_nearly_one_is_named(shell: Shell) -> None:
    assert "did you mean `list`?" in shell.headless("scan", "lst").stderr


def test_a_place_that_may_not_be_listed_is_denied_and_not_empty(roads: Shell) -> None:
    roads.store.before = failing(AccessDeniedError("no", remedy="ask"), "list")

    ended = roads.headless("scan", "s3://roads", "--output", "json")

    assert (ended.exit_code, ended.stdout) == (4, "")


def test_an_unknown_bucket_is_not_found(shell: Shell) -> None:
    assert shell.headless("scan", "s3://absent").exit_code == 5


def test_what_is_not_counted_to_its_end_is_shown_as_a_part_and_exits_so(shell: Shell) -> None:
    for number in range(2500):
        shell.store.put("roads", f"{number:05}", b"12")
    honest = shell.store.list_keys
    pages = iter(range(100))

    def list_keys(request: ListRequest) -> KeyPage:
        if next(pages) == 1:
            raise AccessDeniedError("the rest is not for you")
        return honest(request)

    shell.store.list_keys = list_keys  # type: ignore[method-assign]

    ended = shell.headless("scan", "s3://roads")

    assert ended.exit_code == 9
    assert "\n  objects   >= 1,000\n" in ended.stdout
    assert "denied" in ended.stdout
    assert "everything" not in ended.stdout
    assert "is not counted completely: access-denied: the rest is not for you" in ended.stderr


def test_the_document_of_a_scan(roads: Shell) -> None:
    document = scan(roads)

    assert list(document) == [
        "id",
        "place",
        "objects",
        "size_bytes",
        "newest_object_at",
        "complete",
        "coverage",
        "requests",
        "duration_s",
        "by_storage_class",
        "source",
    ]
    assert (document["place"], document["source"]) == ("s3://roads", "listing")
    assert (document["objects"], document["size_bytes"]) == (31, 43505)
    assert document["newest_object_at"] == "2026-11-20T12:00:00Z"
    assert document["complete"] is True
    assert document["by_storage_class"] == {
        "GLACIER": {"objects": 10, "size_bytes": 13500},
        "STANDARD": {"objects": 21, "size_bytes": 30005},
    }
    coverage = document["coverage"]
    assert isinstance(coverage, dict)
    assert (coverage["share"], coverage["estimated"], coverage["denied"]) == (1.0, False, [])


def test_a_young_scan_is_taken_and_fresh_makes_another(roads: Shell) -> None:
    first = scan(roads)

    again = roads.headless("scan", "s3://roads", "--output", "json")
    fresh = roads.headless("scan", "--fresh", "s3://roads", "--output", "json")

    assert json.loads(again.stdout)["id"] == first["id"]
    assert "was counted already" in again.stderr
    assert "--fresh counts again" in again.stderr
    assert json.loads(fresh.stdout)["id"] != first["id"]


def test_a_scan_in_words(roads: Shell) -> None:
    ended = roads.headless("scan", "s3://roads/logs/")

    assert ended.stdout.startswith("s3://roads/logs/\n  scan      ")
    assert (
        "\n  covers    everything, just now\n  objects   30\n  size      43.5 KB\n" in ended.stdout
    )
    assert "\n  GLACIER " in ended.stdout


def test_scans_are_listed_the_newest_first_of_all_places_or_of_one(roads: Shell) -> None:
    scan(roads)
    roads.headless("scan", "s3://roads/logs/")

    every = json.loads(roads.headless("scan", "list", "--output", "json").stdout)
    some = json.loads(roads.headless("scan", "list", "s3://roads", "--output", "json").stdout)

    assert [one["place"] for one in every] == ["s3://roads/logs/", "s3://roads"]
    assert [one["place"] for one in some] == ["s3://roads"]


def test_totals_are_shown_by_prefix_to_a_depth(roads: Shell) -> None:
    scan(roads)

    def prefixes(*arguments: str) -> list[tuple[str, int]]:
        ended = roads.headless("scan", "show", "s3://roads", "--output", "json", *arguments)
        return [(row["prefix"], row["objects"]) for row in json.loads(ended.stdout)]

    assert prefixes() == [("", 31), ("logs/", 30)]
    assert prefixes("--depth", "2") == [("", 31), ("logs/", 30), ("logs/2026/", 30)]
    assert prefixes("--prefix", "logs/2026/") == [
        ("logs/2026/", 30),
        ("logs/2026/0/", 10),
        ("logs/2026/1/", 10),
        ("logs/2026/2/", 10),
    ]
    assert prefixes("--depth", "3", "--top", "3")[0] == ("logs/", 30)
    assert prefixes("--depth", "3", "--prefix", "logs/2026/", "--top", "1") == [
        ("logs/2026/2/", 10)
    ]


def test_a_scan_is_shown_with_its_classes_sizes_ages_and_largest(roads: Shell) -> None:
    scan(roads)

    shown = roads.headless("scan", "show", "s3://roads").stdout

    for part in ("by size\n", "by age", "largest objects\n", "logs/2026/2/29.gz", "by prefix\n"):
        assert part in shown


def test_a_place_that_was_never_counted_is_reported(roads: Shell) -> None:
    ended = roads.headless("scan", "show", "s3://roads")

    assert ended.exit_code == 5
    assert "s3://roads has not been counted" in ended.stderr


def test_one_scan_cannot_be_compared(roads: Shell) -> None:
    scan(roads)

    ended = roads.headless("scan", "compare", "s3://roads")

    assert ended.exit_code == 2
    assert "error[one-scan]" in ended.stderr


def test_two_scans_are_compared(roads: Shell) -> None:
    before = scan(roads)
    roads.store.delete("roads", "readme.md")
    roads.store.put("roads", "new/a", b"12345")
    after = scan(roads, "--fresh")

    words = roads.headless("scan", "compare", "s3://roads")
    ids = (str(before["id"]), str(after["id"]))
    data = json.loads(roads.headless("scan", "compare", *ids, "--output", "json").stdout)

    assert words.exit_code == 0
    assert "  new        1 object, 5 B\n  removed    1 object, 5 B\n" in words.stdout
    assert (data["before"], data["after"], data["complete"]) == (*ids, True)
    assert (data["new_objects"], data["removed_objects"], data["changed_objects"]) == (1, 1, 0)
    assert data["by_prefix"] == {
        "": {"grown_bytes": -5, "grown_objects": -1},
        "new/": {"grown_bytes": 5, "grown_objects": 1},
    }


def test_scans_without_objects_are_compared_by_totals(roads: Shell) -> None:
    before = scan(roads)
    roads.store.put("roads", "new/a", b"12345")
    after = [scan(roads, "--fresh") for _ in range(4)][-1]
    ids = (str(before["id"]), str(after["id"]))

    words = roads.headless("scan", "compare", *ids)
    data = json.loads(roads.headless("scan", "compare", *ids, "--output", "json").stdout)

    assert words.exit_code == 0, words.stderr
    assert "compared by the totals of prefixes" in words.stdout
    assert "removed" not in words.stdout
    assert (data["compared"], data["complete"]) == ("totals", True)
    assert (data["new_objects"], data["removed_objects"], data["changed_objects"]) == (None,) * 3
    assert data["by_prefix"] == {"new/": {"grown_bytes": 5, "grown_objects": 1}}


def test_the_newest_complete_scan_of_a_place_is_deleted(roads: Shell) -> None:
    first, second = scan(roads), scan(roads, "--fresh")

    ended = roads.headless("scan", "delete", "s3://roads")
    left = roads.headless("scan", "list", "--output", "jsonl").stdout.splitlines()

    assert ended.exit_code == 0, ended.stderr
    assert str(second["id"]) in ended.stderr
    assert [json.loads(row)["id"] for row in left] == [first["id"]]


def test_every_object_of_a_scan_is_exported_in_order(roads: Shell) -> None:
    scan(roads)

    ended = roads.headless("scan", "export", "s3://roads", "--output", "csv")

    lines = ended.stdout.splitlines()
    assert lines[0] == "type,modified_at,size_bytes,storage_class,key"
    assert lines[1] == "object,2026-11-01T12:00:00Z,0,GLACIER,logs/2026/0/00.gz"
    assert len(lines) == 32


def test_deleted_scans_are_gone(roads: Shell) -> None:
    document = scan(roads)

    ended = roads.headless("scan", "delete", str(document["id"]))

    assert ended.exit_code == 0
    assert "is forgotten" in ended.stderr
    assert roads.headless("scan", "list", "--output", "json").stdout == "[]\n"


def found(shell: Shell, *arguments: str) -> list[str]:
    ended = shell.headless("find", "s3://roads", "--output", "json", *arguments)
    assert ended.exit_code == 0, ended.stderr
    return [row["key"] for row in json.loads(ended.stdout)]


def test_several_ways_to_search_exclude_each_other(roads: Shell) -> None:
    ended = roads.headless("find", "s3://roads", "--live", "--fresh")

    assert ended.exit_code == 2
    assert "exclude each other" in ended.stderr


def test_a_filter_that_makes_no_sense_is_refused_before_anything_is_asked(roads: Shell) -> None:
    ended = roads.headless("find", "s3://roads", "--include", "[")

    assert ended.exit_code == 2
    assert roads.store.count("list") == 0


def test_a_search_that_cannot_be_counted_first_says_why(roads: Shell) -> None:
    roads.store.before = failing(UnavailableError("gone"), "list")

    assert roads.headless("find", "s3://roads").exit_code == 6


@pytest.mark.parametrize("how", [[], ["--live"]])
@pytest.mark.parametrize(
    ("filters", "keys"),
    [
        (["--include", "*.md"], ["readme.md"]),
        (["--extensions", "md"], ["readme.md"]),
        (["--min-size", "2800"], ["logs/2026/1/28.gz", "logs/2026/2/29.gz"]),
        (["--storage-class", "glacier", "--max-size", "300"], ["0/00", "0/03"]),
        (["--start-date", "2026-11-20"], ["logs/2026/1/19.gz"]),
        (["--limit", "2", "--exclude", "*/0/*"], ["1/01", "1/04"]),
    ],
)
def test_objects_are_found_in_a_scan_and_live(
    roads: Shell, how: list[str], filters: list[str], keys: list[str]
) -> None:
    wanted = [key if "." in key else f"logs/2026/{key}.gz" for key in keys]

    assert found(roads, *how, *filters) == wanted


def test_a_search_in_a_young_scan_asks_s3_nothing(roads: Shell) -> None:
    scan(roads)
    roads.store.requests.clear()

    assert found(roads, "--include", "*.md") == ["readme.md"]
    assert roads.store.count("list") == 0


def test_an_old_scan_is_searched_when_it_is_named_and_holds_the_place(roads: Shell) -> None:
    scan_id = str(scan(roads)["id"])

    ended = roads.headless("find", "s3://roads/logs/2026/1/", "--scan", scan_id, "--limit", "1")
    other = roads.headless("find", "s3://other", "--scan", scan_id)

    assert "logs/2026/1/01.gz" in ended.stdout
    assert f"searching scan {scan_id}" in ended.stderr
    assert other.exit_code == 2


def test_an_empty_result_is_reported(roads: Shell) -> None:
    ended = roads.headless("find", "s3://roads", "--include", "absent")

    assert (ended.exit_code, ended.stderr) == (0, "nothing below s3://roads matches\n")


def _grow(shell: Shell) -> dict[str, object]:
    """A place with 20 GiB of Standard, of which half becomes infrequent and 10 GiB are new."""
    half, small = 10 * GIB, 1 << 10
    facts = {
        "a": ObjectFact(key="a", size_bytes=half),
        "b": ObjectFact(key="b", size_bytes=half),
    }
    _hold(shell, facts)
    scan(shell)
    facts["b"] = ObjectFact(key="b", size_bytes=half, storage_class="STANDARD_IA")
    facts["c"] = ObjectFact(key="c", size_bytes=half)
    facts["d"] = ObjectFact(key="d", size_bytes=small, storage_class="STANDARD_IA")
    _hold(shell, facts)
    scan(shell, "--fresh")
    ended = shell.headless("scan", "compare", "s3://roads", "--output", "json")
    assert ended.exit_code == 0, ended.stderr
    cost: dict[str, object] = json.loads(ended.stdout)["cost"]
    return cost


def _hold(shell: Shell, facts: dict[str, ObjectFact]) -> None:
    """Objects of any size without their bytes."""
    shell.store.empty_bucket("roads")
    for fact in facts.values():
        shell.store.put_fact("roads", fact)


def test_without_prices_of_its_region_the_cost_is_a_named_gap_and_not_0(shell: Shell) -> None:
    shell.store.make_bucket("roads", "xx-nowhere-1")

    found = _grow(shell)
    words = shell.headless("scan", "compare", "s3://roads").stdout

    assert (found["month_usd_before"], found["month_usd_after"]) == (None, None)
    assert (found["month_usd_change"], found["prices_as_of"]) == (None, None)
    assert found["gaps"] == ["no prices of xx-nowhere-1"]
    assert "  costs      unknown\n" in words
    assert "  no price   no prices of xx-nowhere-1\n" in words


def test_an_unknown_class_leaves_the_change_unknown(shell: Shell) -> None:
    shell.store.make_bucket("roads")
    _hold(shell, {"a": ObjectFact(key="a", size_bytes=GIB)})
    scan(shell)
    odd = ObjectFact(key="b", size_bytes=7, storage_class="UNKNOWN")
    _hold(shell, {"a": ObjectFact(key="a", size_bytes=GIB), "b": odd})
    scan(shell, "--fresh")

    ended = shell.headless("scan", "compare", "s3://roads", "--output", "json")

    found = json.loads(ended.stdout)["cost"]
    assert (found["month_usd_before"], found["month_usd_after"]) == ("0.023", "0.023")
    assert found["month_usd_change"] is None
    assert found["gaps"] == ["storage of 7 bytes: their class is not known"]


def test_a_comparison_shows_what_storage_costs_a_month_more(shell: Shell) -> None:
    shell.store.make_bucket("roads")
    found = _grow(shell)
    words = shell.headless("scan", "compare", "s3://roads").stdout

    # 20 GB at 0.023; then the same, and 10 GB and 128 KiB (for 1 KiB) at 0.0125.
    more = Decimal("0.0125") * (10 + Decimal(128 << 10) / GIB)
    assert found["month_usd_before"] == "0.46"
    assert Decimal(str(found["month_usd_after"])) == Decimal("0.46") + more
    assert Decimal(str(found["month_usd_change"])) == more
    assert (found["gaps"], found["prices_as_of"]) == ([], "2025-06-05")
    assert "  a month    $0.4600 to $0.5850\n  costs      $0.1250 more a month\n" in words
    assert "  prices: us-east-1 of 2025-06-05 (bundled snapshot)\n" in words
