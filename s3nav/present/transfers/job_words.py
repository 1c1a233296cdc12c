"""The facts of a job, and the status lines of the queue."""

from collections.abc import Iterable, Sequence

from s3nav.model.events import ItemFailed, JobProgress, JobState
from s3nav.present.cockpit_hints import in_cockpit
from s3nav.present.formatting import (
    Icons,
    Span,
    count,
    duration,
    number_of,
    rate,
    safe_text,
    size,
    sparkline,
)
from s3nav.transfer import Bandwidth, JobRecord

SPARK_CELLS = 30

_Facts = list[tuple[str, str]]


def job_facts(
    record: JobRecord,
    progress: JobProgress,
    *,
    samples: Sequence[float] = (),
    last_failure: ItemFailed | None = None,
    icons: Icons,
    size_style: str,
) -> tuple[str, _Facts]:
    """Return the title and the facts of a job; zeros without meaning are left out.

    `samples` are bytes per second, oldest first.
    """
    done_bytes = size(progress.done_bytes, size_style)
    skipped, failed = progress.skipped_files, progress.failed_files
    lost = progress.lost_files
    facts: _Facts = [
        ("state", record.state.value + (f": {in_cockpit(record.reason)}" if record.reason else "")),
        ("verified", f"{number_of(progress.done_files, 'file')} · {done_bytes}"),
        ("skipped", f"{count(skipped)} there already" if skipped else ""),
        ("failed", count(failed) if failed else ""),
        ("fetched again", f"{count(lost)} gone or changed" if lost else ""),
        ("of", f"{number_of(record.total_files, 'file')} · {size(record.total_bytes, size_style)}"),
        ("to", str(record.to or record.target)),
    ]
    if record.state is JobState.RUNNING:
        workers = number_of(progress.workers, "worker")
        line = sparkline(samples, min(SPARK_CELLS, len(samples)), ascii_only=icons.is_ascii)
        facts += [("rate", f"{rate(progress.bytes_per_s, size_style)} by {workers}"), ("", line)]
    if progress.retries or progress.slow_downs:
        slow_downs = f"asked to slow down {count(progress.slow_downs)}"
        facts.append(("retried", f"{count(progress.retries)} · {slow_downs}"))
    if progress.elapsed_s:
        facts.append(("took", duration(progress.elapsed_s)))
    if last_failure is not None:
        facts.append(("last failure", _failure(last_failure)))
    return safe_text(record.title), [(name, safe_text(value)) for name, value in facts if value]


def _failure(failed: ItemFailed) -> str:
    where = "" if failed.source in failed.message else f" ({failed.source})"
    return f"{failed.slug}: {failed.message}{where}"


def jobs_by_state(states: Iterable[JobState]) -> str:
    """Count jobs by state: ``2 running · 1 done``."""
    known = list(states)
    numbers = [(state, known.count(state)) for state in JobState]
    return " · ".join(f"{number} {state}" for state, number in numbers if number) or "no jobs"


def listing_words(title: str, objects: int, *, others: int) -> list[Span]:
    """Return the newest download that is still being listed, and the number of others."""
    more = f" and {others} more" if others else ""
    text = f" · listing {safe_text(title)}{more}: {count(objects)} objects · X stops"
    return [(text, "accent")]


def limit_words(limit: Bandwidth, size_style: str = "auto") -> list[Span]:
    """Return the bandwidth limit as typed, and its value at this time of day."""
    if not limit.text:
        return []
    most = limit.bytes_per_s
    now = "no limit now" if most is None else f"now {rate(most, size_style)}"
    return [(f"at most {safe_text(limit.text)} · {now}  ", "warn")]


def unfinished_jobs(running: int, listed: Sequence[str]) -> list[str]:
    """Return what quitting stops: running jobs, and downloads that are still being listed."""
    lines = []
    if running:
        jobs = "1 job runs: it stops" if running == 1 else f"{running} jobs run: they stop"
        lines.append(f"{jobs} at a safe point and can be resumed.")
    if listed:
        titles = ", ".join(safe_text(title) for title in listed)
        lines.append(f"Still listing {titles}: not in the queue yet, so nothing of it is kept.")
    return lines
