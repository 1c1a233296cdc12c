"""What a verification found, in lines and rows."""

from collections import Counter
from pathlib import Path

from s3nav.present.transfers import check_row, check_summary_lines, verifying_line
from s3nav.transfer import CheckedFile, Finding


def test_a_verification_counts_files_that_differ() -> None:
    findings = Counter({Finding.OK: 1_230, Finding.MISSING: 3, Finding.NOT_PROVABLE: 1})

    assert verifying_line(findings) == "Verifying: 1,234 files, 3 differ from the bucket"
    assert "Missing:          3" in check_summary_lines(findings)


def test_an_extra_file_has_no_source() -> None:
    extra = CheckedFile(
        finding=Finding.EXTRA,
        source="",
        local_path=Path("out/x"),
        size_bytes=1_500,
        reason="not in the bucket",
    )

    row = check_row(extra, "auto")

    assert row.values == ("extra", "", 1_500, "", "out/x", "not in the bucket")
    assert row.cells[2] == "1.5 KB"
