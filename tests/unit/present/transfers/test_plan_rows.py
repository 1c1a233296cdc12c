"""What a dry run prints, in the unit of sizes that the user has set."""

from pathlib import Path

from s3nav.model.objects import ObjectFact
from s3nav.present.transfers import decision_row, preview_lines, upload_preview_lines
from s3nav.pricing import Bill
from s3nav.transfer import Preview, UploadPreview
from s3nav.transfer.journal.records import planned

MIB = 1 << 20


def test_a_dry_run_of_a_download_has_one_kind_of_unit() -> None:
    preview = Preview(
        fetch_files=1, fetch_bytes=3 * MIB, skip_files=1, skip_bytes=2 * MIB, free_bytes=5 * MIB
    )

    text = "\n".join(preview_lines(preview, Bill(), "binary"))

    assert "download 1 object, 3.0 MiB" in text
    assert "skip 1 object, 2.0 MiB" in text
    assert "free on the disk: 5.0 MiB" in text
    assert " MB" not in text
    assert "download 1 object, 3.1 MB" in "\n".join(preview_lines(preview, Bill()))


def test_a_decision_has_its_size_in_the_same_unit() -> None:
    item = planned("b", ObjectFact(key="k", size_bytes=3 * MIB), "k")

    assert decision_row(item, Path("data"), "binary").cells[1] == "3.0 MiB"


def test_a_dry_run_of_an_upload_has_one_kind_of_unit() -> None:
    preview = UploadPreview(send_files=1, send_bytes=3 * MIB, skip_files=1, skip_bytes=MIB)

    lines = upload_preview_lines(preview, "binary")

    assert "would send 1 object, 3.0 MiB" in lines
    assert "would skip 1 object, 1.0 MiB" in lines
