"""Jobs in the words of the queue."""

from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from s3nav.model.events import ItemFailed, JobProgress, JobState
from s3nav.present.formatting import ASCII
from s3nav.present.transfers import (
    job_facts,
    jobs_by_state,
    limit_words,
    listing_words,
    unfinished_jobs,
)
from s3nav.transfer import Bandwidth, JobRecord

JOB = JobRecord(
    job_id="j",
    title="s3://b/\x1blogs/",
    state=JobState.RUNNING,
    target=Path("out"),
    created_at=datetime(2026, 11, 20, tzinfo=UTC),
    total_files=3,
    total_bytes=3_000,
)
PROGRESS = JobProgress(job_id="j", state=JobState.RUNNING, done_files=1, done_bytes=1_000)


def facts(
    record: JobRecord = JOB,
    progress: JobProgress = PROGRESS,
    *,
    failure: ItemFailed | None = None,
    samples: tuple[float, ...] = (),
) -> dict[str, str]:
    _, shown = job_facts(
        record, progress, samples=samples, last_failure=failure, icons=ASCII, size_style="auto"
    )
    return dict(shown)


def test_a_failure_names_its_object_once() -> None:
    there = ItemFailed(job_id="j", source="s3://b/k", slug="access-denied", message="no")
    within = replace(there, message="s3://b/k: no")

    assert facts(failure=there)["last failure"] == "access-denied: no (s3://b/k)"
    assert facts(failure=within)["last failure"] == "access-denied: s3://b/k: no"


def test_a_paused_job_says_why_with_the_keys_of_the_cockpit() -> None:
    paused = replace(JOB, state=JobState.PAUSED, reason="see `s3nav --headless jobs list`")

    assert facts(paused)["state"] == "paused: see `3`"


def test_zeros_that_mean_nothing_are_left_out() -> None:
    shown = facts()

    assert {"skipped", "failed", "retried", "took"} & shown.keys() == set()
    assert shown["verified"] == "1 file · 1.0 KB"
    assert shown["of"] == "3 files · 3.0 KB"


def test_failures_retries_and_time_are_shown_when_there_are_some() -> None:
    shown = facts(
        progress=replace(
            PROGRESS, skipped_files=1, failed_files=2, retries=5, slow_downs=1, elapsed_s=60.0
        )
    )

    assert shown["skipped"] == "1 there already"
    assert shown["failed"] == "2"
    assert shown["retried"] == "5 · asked to slow down 1"
    assert shown["took"] == "1:00"


def test_only_a_running_job_has_a_rate() -> None:
    running = facts(progress=replace(PROGRESS, workers=1, bytes_per_s=5e6), samples=(1.0, 2.0))

    assert running["rate"] == "5.0 MB/s by 1 worker"
    assert len(running[""]) == 2
    assert "rate" not in facts(replace(JOB, state=JobState.DONE))


def test_a_title_cannot_control_the_terminal() -> None:
    title, _ = job_facts(JOB, PROGRESS, icons=ASCII, size_style="auto")

    assert title == "s3://b/\\x1blogs/"


def test_jobs_are_counted_by_state_in_the_order_of_their_lives() -> None:
    states = [JobState.DONE, JobState.RUNNING, JobState.DONE]

    assert jobs_by_state(states) == "1 running · 2 done"
    assert jobs_by_state([]) == "no jobs"


def test_the_newest_listing_is_named_and_the_others_are_counted() -> None:
    ((text, _),) = listing_words("s3://b/logs/", 1_200, others=2)

    assert text == " · listing s3://b/logs/ and 2 more: 1,200 objects · X stops"


def test_without_a_limit_nothing_is_shown_of_one() -> None:
    assert limit_words(Bandwidth()) == []


def test_a_limit_says_what_it_means_now() -> None:
    limited = Bandwidth(text="08:00-18:00=10MB/s,*=off", bytes_per_s=10_000_000)

    assert limit_words(limited)[0][0] == "at most 08:00-18:00=10MB/s,*=off · now 10.0 MB/s  "
    assert "no limit now" in limit_words(replace(limited, bytes_per_s=None))[0][0]


def test_quitting_names_running_jobs_and_what_is_still_listed() -> None:
    running, listed = unfinished_jobs(1, ["s3://b/logs/"])

    assert running == "1 job runs: it stops at a safe point and can be resumed."
    assert listed.startswith("Still listing s3://b/logs/: ")
    assert unfinished_jobs(2, [])[0].startswith("2 jobs run: they stop ")
    assert unfinished_jobs(0, []) == []
