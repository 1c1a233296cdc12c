"""Facts of scans to be shown, without a scan."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from s3nav.browse import ClassTotal, Coverage, ScanRecord, ScanState
from s3nav.model.places import S3Uri

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
STARTED = NOW - timedelta(hours=3)

COMPLETE = ScanRecord(
    scan_id="261120-0000aa",
    place=S3Uri("roads", "logs/"),
    region="eu-west-1",
    state=ScanState.COMPLETE,
    started_at=STARTED,
    duration_s=4.2,
    requests=13,
    objects=12_345,
    size_bytes=2_500_000_000,
    newest_at=STARTED - timedelta(days=1),
    oldest_at=STARTED - timedelta(days=400),
    by_class={
        "STANDARD": ClassTotal(objects=12_000, size_bytes=2_000_000_000),
        "GLACIER": ClassTotal(objects=345, size_bytes=500_000_000),
    },
    coverage=Coverage(complete=True, share=1.0, as_of=STARTED),
)
PARTIAL = replace(
    COMPLETE,
    state=ScanState.PARTIAL,
    coverage=Coverage(complete=False, share=0.41, as_of=STARTED, denied=("logs/secret/",)),
    reason="access denied",
)
"""Two fifths of it are listed, and one prefix may not be."""
EMPTY = replace(
    PARTIAL,
    objects=0,
    size_bytes=0,
    by_class={},
    newest_at=None,
    oldest_at=None,
    coverage=Coverage(complete=False, share=None, as_of=STARTED),
)
"""It was stopped before it found anything."""
