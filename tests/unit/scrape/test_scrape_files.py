"""JSON lines, raw JSON, temporary directories and entries of a scrape."""

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from s3nav.model.errors import LocalDiskError, UsageError
from s3nav.model.scrape_queries import QueryStatus
from s3nav.scrape.engines.temp_files import keep_aside, make_temporary, remove_temporary
from s3nav.scrape.json_lines import read_lines, write_lines
from s3nav.scrape.resources.ingest import EntryBuilder
from s3nav.scrape.resources.redact import REDACTED
from s3nav.scrape.stores.raw_json import RawJson
from tests.support.scrape_entries import answer, buckets, entries, instance, instances, record


@pytest.mark.parametrize("name", ["scrape.jsonl", "scrape.jsonl.gz"])
def test_json_lines_are_read_as_they_were_written(tmp_path: Path, name: str) -> None:
    of = record()
    made = entries(of, instances(instance(1), instance(2)), buckets("logs"))

    numbers = write_lines(tmp_path / name, [of], made)
    records, found = read_lines(tmp_path / name)

    assert numbers == (2, 3)
    assert records == [of]
    assert msgspec.json.encode(list(found)) == msgspec.json.encode(made)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "scrape.jsonl"
    write_lines(file, [record()], [])
    file.write_text(file.read_text() + '{"entry": {}}\n')

    with pytest.raises(UsageError, match="line 3 of"):
        read_lines(file)


def test_a_file_without_a_scrape_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("")

    with pytest.raises(UsageError, match="no scrape in"):
        read_lines(tmp_path / "empty.jsonl")


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", {"a": [{"b": 1}, {"c": "é"}], "x/y": {"~": True}}),
        ("/a/1/c", "é"),
        ("/x~1y/~0", True),
        ("/a/2", None),
        ("/a/b", None),
        ("/nothing/below", None),
    ],
)
def test_raw_json_finds_a_value_by_its_pointer(pointer: str, value: object) -> None:
    text = json.dumps({"a": [{"b": 1}, {"c": "é"}], "x/y": {"~": True}})

    assert RawJson(text).at(pointer) == value


def test_raw_json_keeps_lone_surrogates() -> None:
    assert RawJson('"\\ud800"').at("") == "\ud800"


def test_a_temporary_directory_is_private_and_removed_with_its_content(tmp_path: Path) -> None:
    made = make_temporary(tmp_path / "base", "scrape_x")
    (made / "file").write_text("x")

    assert made.stat().st_mode & 0o077 == 0
    assert remove_temporary(made, "scrape_x")
    assert not made.exists()


def test_only_a_directory_of_the_scrape_is_removed(tmp_path: Path) -> None:
    other = make_temporary(tmp_path, "scrape_y")
    link = tmp_path / "s3nav-scrape_x-link"
    link.symlink_to(other)

    assert not remove_temporary(other, "scrape_x")
    assert not remove_temporary(link, "scrape_x")
    assert other.is_dir()


def test_a_base_that_is_a_file_is_a_disk_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(LocalDiskError, match="is a file, not a directory"):
        make_temporary(tmp_path / "file", "scrape_x")


@pytest.mark.parametrize("move", [True, False])
def test_an_unreadable_file_is_kept_for_inspection(tmp_path: Path, *, move: bool) -> None:
    path = tmp_path / "bad.json"
    path.write_text("{")

    fact = keep_aside(path, "no JSON", tmp_path / "aside", move=move)

    assert Path(fact.kept_at).read_text() == "{"
    assert path.exists() is not move


def test_a_file_that_cannot_be_kept_has_no_new_path(tmp_path: Path) -> None:
    assert keep_aside(tmp_path / "gone", "why", tmp_path / "aside", move=True).kept_at == ""


def builder(*, redacts: bool = True) -> EntryBuilder:
    return EntryBuilder(record(), redacts=redacts, now=lambda: datetime(2026, 11, 20, tzinfo=UTC))


SECRET = answer("rds", "r", "DescribeX", {"Xs": [{"Id": "1", "MasterUserPassword": "hunter22"}]})


def test_an_entry_is_redacted_unless_told_otherwise() -> None:
    (hidden, shown) = (builder(redacts=redacts).entry(SECRET).document for redacts in (True, False))

    assert hidden is not None
    assert shown is not None
    assert hidden.response["Xs"] == [{"Id": "1", "MasterUserPassword": REDACTED}]
    assert shown.response["Xs"] == [{"Id": "1", "MasterUserPassword": "hunter22"}]


def test_a_denied_query_has_no_document_and_is_counted() -> None:
    made = builder()

    entry = made.entry(answer("s3", None, "X", None, status=QueryStatus.DENIED, code="No"))
    made.entry(buckets("a", "b"))

    assert (entry.document, entry.query.code) == (None, "No")
    counts = made.counts()
    assert (counts.queries, counts.documents, counts.resources) == (2, 1, 2)
    summed = made.summed(record())
    assert dict(summed.queries) == {"denied": 1, "ok": 1}


def test_lone_surrogates_are_escaped() -> None:
    entry = builder().entry(buckets("a\ud800"))

    assert entry.resources[0].id == "a\\ud800"
