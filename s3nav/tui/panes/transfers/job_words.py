"""What the side of the queue says: a job's facts."""

from s3nav.model.events import JobState
from s3nav.present.formatting import (
    Icons,
    count,
    duration,
    number_of,
    rate,
    safe_text,
    size,
    sparkline,
)
from s3nav.tui.bridge import JobView
from s3nav.tui.hints import in_cockpit

SPARK_CELLS = 30

_Facts = list[tuple[str, str]]


def job_facts(view: JobView, icons: Icons, *, size_style: str) -> tuple[str, _Facts]:
    """The title, then what has happened; what is zero and means nothing is left out."""
    now, record = view.progress, view.record
    done_bytes = size(now.done_bytes, size_style)
    facts: _Facts = [
        ("state", record.state.value + (f": {in_cockpit(record.reason)}" if record.reason else "")),
        ("verified", f"{number_of(now.done_files, 'file')} · {done_bytes}"),
        ("skipped", f"{count(now.skipped_files)} there already" if now.skipped_files else ""),
        ("failed", count(now.failed_files) if now.failed_files else ""),
        ("of", f"{number_of(record.total_files, 'file')} · {size(record.total_bytes, size_style)}"),
        ("to", str(record.to or record.target)),
    ]
    if record.state is JobState.RUNNING:
        facts += _running_facts(view, icons)
    if now.retries or now.slow_downs:
        facts.append(
            ("retried", f"{count(now.retries)} · asked to slow down {count(now.slow_downs)}")
        )
    if now.elapsed_s:
        facts.append(("took", duration(now.elapsed_s)))
    if view.last_failure is not None:
        failure = view.last_failure
        where = "" if failure.source in failure.message else f" ({failure.source})"
        facts.append(("last failure", f"{failure.slug}: {failure.message}{where}"))
    return safe_text(record.title), [(name, safe_text(value)) for name, value in facts if value]


def _running_facts(view: JobView, icons: Icons) -> _Facts:
    now = view.progress
    samples = min(SPARK_CELLS, len(view.samples))
    return [
        ("rate", f"{rate(now.bytes_per_s)} by {number_of(now.workers, 'worker')}"),
        ("", sparkline(view.samples, samples, ascii_only=icons.is_ascii)),
    ]
