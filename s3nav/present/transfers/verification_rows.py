"""What was found when a directory was compared with its bucket, as rows and as a summary."""

from collections import Counter

from s3nav.present.formatting import Column, Row, count, size
from s3nav.present.transfers.progress_lines import RULE
from s3nav.transfer import CheckedFile, Finding

CHECK_COLUMNS = (
    Column("finding", "FINDING"),
    Column("source", "SOURCE"),
    Column("size_bytes", "SIZE", is_number=True),
    Column("verified_by", "VERIFIED BY"),
    Column("local_path", "FILE"),
    Column("reason", "REASON"),
)
_WORDS = {
    Finding.OK: "OK",
    Finding.MISSING: "Missing",
    Finding.EXTRA: "Extra",
    Finding.CHANGED_SIZE: "Changed size",
    Finding.WRONG_BYTES: "Wrong bytes",
    Finding.UNREADABLE: "Unreadable",
    Finding.NOT_PROVABLE: "Not provable",
}


def check_row(checked: CheckedFile, size_style: str) -> Row:
    """One file."""
    finding, rest = checked.finding.value, (str(checked.local_path), checked.reason)
    return Row(
        values=(finding, checked.source, checked.size_bytes, checked.verified_by, *rest),
        cells=(
            finding,
            checked.source,
            size(checked.size_bytes, size_style),
            checked.verified_by,
            *rest,
        ),
    )


def verifying_line(findings: Counter[Finding]) -> str:
    """``Verifying: 1,234 files, 3 not as in the bucket``."""
    wrong = findings.total() - findings[Finding.OK] - findings[Finding.NOT_PROVABLE]
    return f"Verifying: {count(findings.total())} files, {count(wrong)} not as in the bucket"


def check_summary_lines(findings: Counter[Finding]) -> list[str]:
    """The summary block of a verification."""
    return [
        RULE,
        "VERIFY SUMMARY",
        RULE,
        f"{'Total files:':<18}{count(findings.total())}",
        *(f"{word + ':':<18}{count(findings[finding])}" for finding, word in _WORDS.items()),
    ]
