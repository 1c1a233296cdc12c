"""What the cockpit knows of jobs, from the journal and from events."""

from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from s3nav.model.events import JobProgress, JobState, JobStateChanged
from s3nav.model.stream import EventStream
from s3nav.present.formatting import ASCII
from s3nav.present.transfers import job_facts
from s3nav.transfer import JobRecord
from s3nav.tui.bridge import Bridge

RUNNING = (
    JobRecord(
        job_id="job",
        title="roads",
        state=JobState.RUNNING,
        target=Path("data"),
        created_at=datetime(2026, 11, 20, tzinfo=UTC),
        total_files=1,
        total_bytes=1,
    ),
    JobProgress(job_id="job", state=JobState.RUNNING),
)


def test_an_end_that_is_heard_while_the_journal_is_read_is_looked_up_again() -> None:
    stream = EventStream()
    bridge = Bridge(stream)
    bridge.load([RUNNING], as_of=bridge.changes)

    begun = bridge.changes
    stream.publish(JobStateChanged(job_id="job", state=JobState.DONE))
    bridge.drain()
    bridge.load([RUNNING], as_of=begun)  # read before the end, shown after it

    assert bridge.is_stale


def test_a_journal_that_was_read_after_the_last_change_is_not_read_again() -> None:
    stream = EventStream()
    bridge = Bridge(stream)
    bridge.load([RUNNING], as_of=bridge.changes)
    stream.publish(JobStateChanged(job_id="job", state=JobState.DONE))
    bridge.drain()

    bridge.load([RUNNING], as_of=bridge.changes)

    assert not bridge.is_stale


def test_the_reason_of_a_job_names_keys_in_place_of_commands() -> None:
    record, progress = RUNNING
    why = "no keys; `s3nav --headless profiles list` shows what there is"
    paused = replace(record, state=JobState.PAUSED, reason=why)

    _, facts = job_facts(paused, progress, icons=ASCII, size_style="auto")

    assert dict(facts)["state"] == "paused: no keys; `1` shows what there is"
