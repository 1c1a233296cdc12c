"""The results of a dry run of an upload: what is refused and replaced comes before what is sent."""

from s3nav.present.transfers.upload_words import (
    example_facts,
    upload_facts,
    upload_preview_lines,
    upload_preview_row,
)
from s3nav.transfer import UploadPreview

PREVIEW = UploadPreview(
    send_files=3,
    send_bytes=3_000,
    skip_files=1,
    skip_bytes=500,
    replace_files=1,
    refused_files=2,
    reasons={"exists: other bytes": 2, "the same": 1},
    sends=[("/l/a", "s3://b/a"), ("/l/b", "s3://b/b")],
)


def facts(preview: UploadPreview) -> list[tuple[str, str]]:
    return upload_facts(preview, thing="file", style="auto", replacing_key="ctrl+o")


def test_what_is_refused_names_the_key_that_replaces_it() -> None:
    assert facts(PREVIEW) == [
        ("send", "3 files, 3.0 KB"),
        ("replace", "1 of them replace other bytes"),
        ("refuse", "2: other bytes are there; ctrl+o replaces"),
        ("skip", "1 file, 500 B"),
        ("", "1 the same"),
    ]


def test_an_upload_of_nothing_has_no_example() -> None:
    assert example_facts(UploadPreview()) == []
    assert facts(UploadPreview()) == [("send", "0 files, 0 B")]


def test_the_first_object_is_the_example() -> None:
    assert example_facts(PREVIEW) == [("from", "/l/a"), ("to", "s3://b/a")]


def test_lines_count_the_objects_that_are_not_listed() -> None:
    assert upload_preview_lines(PREVIEW) == [
        "/l/a → s3://b/a",
        "/l/b → s3://b/b",
        "… and 1 more",
        "would send 3 objects, 3.0 KB",
        "would replace 1 that have other bytes",
        "would skip 1 object, 500 B",
        "would refuse 2 objects",
        "  2: exists: other bytes",
        "  1: the same",
    ]
    assert upload_preview_lines(UploadPreview()) == ["would send 0 objects, 0 B"]


def test_the_totals_are_data() -> None:
    assert upload_preview_row(PREVIEW).values == (3, 3_000, 1, 500, 1, 2)
