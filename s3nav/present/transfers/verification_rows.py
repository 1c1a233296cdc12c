"""The results of comparing a directory with its bucket, as rows and a summary."""

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
_LABELS = {
    Finding.OK: "OK",
    Finding.MISSING: "Missing",
    Finding.EXTRA: "Extra",
    Finding.CHANGED_SIZE: "Changed size",
    Finding.WRONG_BYTES: "Wrong bytes",
    Finding.UNREADABLE: "Unreadable",
    Finding.NOT_PROVABLE: "Not provable",
}


def check_row(checked: CheckedFile, size_style: str) -> Row:
    """Return one checked file as a row."""
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
    """Format progress: ``Verifying: 1,234 files, 3 differ from the bucket``."""
    wrong = findings.total() - findings[Finding.OK] - findings[Finding.NOT_PROVABLE]
    return f"Verifying: {count(findings.total())} files, {count(wrong)} differ from the bucket"


def check_summary_lines(findings: Counter[Finding]) -> list[str]:
    """Return the summary block of a verification."""
    return [
        RULE,
        "VERIFY SUMMARY",
        RULE,
        f"{'Total files:':<18}{count(findings.total())}",
        *(f"{word + ':':<18}{count(findings[finding])}" for finding, word in _LABELS.items()),
    ]
