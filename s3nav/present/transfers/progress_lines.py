"""Running and finished jobs as lines of text."""

from collections.abc import Iterable

import msgspec

from s3nav.model.events import MEASURED_S, JobProgress, ScanProgress
from s3nav.present.formatting import HOUR_S, FittingLine, Part, count, number_of, rate, size
from s3nav.transfer import JobKind, JobReport

BAR_CELLS = 10
MAX_ETA_S = 99 * HOUR_S
"""Longer estimates are shown as unknown: the transfer has almost stopped."""
RULE = "=" * 60
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_UNKNOWN_CLOCK = "?"


class _Words(msgspec.Struct, frozen=True):
    doing: str
    title: str
    done: str


_LABELS = {
    JobKind.DOWNLOAD: _Words("Downloading", "DOWNLOAD SUMMARY", "Downloaded"),
    JobKind.PUT: _Words("Uploading", "UPLOAD SUMMARY", "Uploaded"),
    JobKind.COPY: _Words("Copying", "COPY SUMMARY", "Copied"),
}


def lost_line(files: int) -> str:
    """Say that finished files are fetched again."""
    verb = "is" if files == 1 else "are"
    return f"{number_of(files, 'finished file')} {verb} gone or changed: fetching again"


def believed_line(files: int) -> str:
    """Say what a plan cannot know of a directory that no recorded job wrote to."""
    return (
        f"{number_of(files, 'file')} skipped by size and time alone, as no job recorded here "
        "wrote to this directory; --compare checksum compares bytes"
    )


def progress_line(
    progress: JobProgress, *, ascii_only: bool = False, kind: JobKind = JobKind.DOWNLOAD
) -> FittingLine:
    """Format progress: ``Downloading: 45%|████▌     | 556/1234 [02:15<02:45, 4.1files/s, …]``.

    On a narrow terminal zero counts are dropped first, then parts that others imply.
    """
    ended = progress.done_files + progress.skipped_files + progress.failed_files
    fraction = _fraction(progress, ended)
    drawn = f"|{bar(fraction, ascii_only=ascii_only)}|"
    failed = progress.failed_files
    return FittingLine(
        [
            Part(f"{_LABELS[kind].doing}: {int(fraction * 100)}%"),
            Part(drawn, rank=4),
            Part(f" {ended}/{progress.total_files} [{clock(progress.elapsed_s)}"),
            Part(f"<{_left(progress)}", rank=2),
            Part(_files_a_second(progress), rank=6),
            Part(f", Success={progress.done_files}", rank=5),
            Part(f", Failed={failed}", rank=1 if failed else 7),
            Part(f", Speed={rate(progress.bytes_per_s)}", rank=3),
            Part("]"),
        ]
    )


def _left(progress: JobProgress) -> str:
    """Format the time left; ``?`` before a rate is measured or above `MAX_ETA_S`."""
    if progress.eta_s is None or progress.eta_s > MAX_ETA_S:
        return _UNKNOWN_CLOCK
    return clock(progress.eta_s)


def _files_a_second(progress: JobProgress) -> str:
    """Format the file rate of this run; empty until it has run for `MEASURED_S`."""
    if progress.elapsed_s < MEASURED_S:
        return ""
    fetched = progress.done_files - progress.earlier_files + progress.failed_files
    return f", {max(0, fetched) / progress.elapsed_s:.1f}files/s"


def summary_lines(report: JobReport, *, kind: JobKind = JobKind.DOWNLOAD) -> list[str]:
    """Return the summary block of a finished job."""
    words = _LABELS[kind]
    facts = {
        "Total files": count(report.total_files),
        words.done: count(report.downloaded),
        "Skipped": count(report.skipped),
        "Failed": count(report.failed),
        "Total size": size(report.total_bytes, "auto"),
        f"{words.done} size": size(report.downloaded_bytes, "auto"),
        "Duration": f"{report.duration_s:,.1f} seconds",
        "Average speed": rate(report.average_bytes_per_s),
        "Success rate": f"{report.success_rate * 100:.1f}%",
    }
    return [
        RULE,
        words.title,
        RULE,
        *(f"{name + ':':<18}{value}" for name, value in facts.items()),
    ]


def scan_line(scans: Iterable[ScanProgress], total_buckets: int) -> str:
    """Sum up running scans: ``Counting: 3/7 buckets, 1,234,567 objects, 12.3 GB``."""
    newest = list(scans)
    complete = sum(scan.complete for scan in newest)
    objects = sum(scan.objects for scan in newest)
    size_bytes = sum(scan.size_bytes for scan in newest)
    return (
        f"Counting: {complete}/{total_buckets} buckets, {count(objects)} objects, "
        f"{size(size_bytes, 'auto')}"
    )


def bar(fraction: float, *, cells: int = BAR_CELLS, ascii_only: bool = False) -> str:
    """Draw a bar of `cells` characters, in eighths of a cell, or with ``#`` in ASCII."""
    if ascii_only:
        return ("#" * int(fraction * cells)).ljust(cells)
    eighths = int(fraction * cells * 8)
    full, part = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[part] if part else "")).ljust(cells)


def clock(seconds: float) -> str:
    """Format seconds as ``02:15``, or ``1:02:15`` from one hour on."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute:02d}:{second:02d}"


def _fraction(progress: JobProgress, ended_files: int) -> float:
    """Return the done share by bytes, or by files when all sizes are 0."""
    if progress.total_bytes > 0:
        done_bytes = progress.done_bytes + progress.skipped_bytes
        share = done_bytes / progress.total_bytes
    elif progress.total_files > 0:
        share = ended_files / progress.total_files
    else:
        share = 1.0
    return min(max(share, 0.0), 1.0)
