"""What a verification found, in lines and rows."""

from collections import Counter

from s3nav.present.transfers import check_summary_lines, verifying_line
from s3nav.transfer import Finding


def test_a_verification_counts_files_that_differ() -> None:
    findings = Counter({Finding.OK: 1_230, Finding.MISSING: 3, Finding.NOT_PROVABLE: 1})

    assert verifying_line(findings) == "Verifying: 1,234 files, 3 differ from the bucket"
    assert "Missing:          3" in check_summary_lines(findings)
