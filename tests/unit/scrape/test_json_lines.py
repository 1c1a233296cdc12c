"""A scrape in a file of JSON lines is read as it was written, or refused."""

from pathlib import Path

import msgspec
import pytest

from s3nav.model.errors import UsageError
from s3nav.scrape.json_lines import read_lines, write_lines
from tests.support.scrape_entries import buckets, entries, instance, instances, record


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
