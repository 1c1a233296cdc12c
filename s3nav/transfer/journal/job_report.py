"""Sum a job up, as the download command prints it and scripts read it."""

import json
from typing import TYPE_CHECKING

from s3nav.transfer.journal.items import DONE, FAILED, SKIPPED
from s3nav.transfer.journal.job_records import ItemRecord, JobReport

if TYPE_CHECKING:
    from s3nav.transfer.journal.journal_rows import Counts, JobRow


def report_of(row: "JobRow", counts: "Counts") -> JobReport:
    """The report of a job's last run, from the journal alone."""
    done, failed = counts.files.get(DONE, 0), counts.files.get(FAILED, 0)
    total = row.record.total_files
    there = done - row.run_files + counts.files.get(SKIPPED, 0)
    return JobReport(
        job=row.record.job_id,
        total_files=total,
        downloaded=row.run_files,
        skipped=there,
        failed=failed,
        total_bytes=row.record.total_bytes,
        downloaded_bytes=row.run_bytes,
        duration_s=row.run_s,
        average_bytes_per_s=row.run_bytes / row.run_s if row.run_s > 0 else 0.0,
        success_rate=(row.run_files + there) / total if total else 1.0,
    )


def report_line(item: ItemRecord) -> str:
    """What became of one object, as a line of JSON in ASCII."""
    return json.dumps(
        {
            "source": item.source,
            "local_path": str(item.local_path),
            "size_bytes": item.size_bytes,
            "state": item.state.value,
            "verified_by": item.verified_by,
            "reason": item.reason,
            "etag": item.etag,
            "version_id": item.version_id,
        }
    )


def manifest_line(item: ItemRecord) -> str:
    """An object as a line of a manifest: its URI, or JSON where the URI could be misread."""
    if item.version_id:
        return json.dumps({"source": item.source, "version_id": item.version_id})
    plain = item.source.isprintable() and item.source == item.source.strip()
    return item.source if plain else json.dumps({"source": item.source})
