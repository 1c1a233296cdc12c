import pytest

from s3nav.model.events import JobProgress, JobState, ScanProgress
from s3nav.present.progress import bar, clock, progress_line, scan_line, summary_lines
from s3nav.transfer import JobReport

PROGRESS = JobProgress(
    job_id="j",
    state=JobState.RUNNING,
    total_files=1234,
    total_bytes=1000,
    done_files=550,
    done_bytes=450,
    failed_files=6,
    bytes_per_s=15.2e6,
    eta_s=165,
    elapsed_s=135.6,
)


def test_the_progress_line_is_that_of_aws_data_downloader() -> None:
    assert progress_line(PROGRESS) == (
        "Downloading: 45%|████▌     | 556/1234 "
        "[02:15<02:45, 4.1files/s, Success=550, Failed=6, Speed=15.2 MB/s]"
    )


def test_the_progress_line_in_ascii() -> None:
    assert "|####      |" in progress_line(PROGRESS, ascii_only=True)


def test_an_unknown_end_is_not_invented() -> None:
    line = progress_line(JobProgress(job_id="j", state=JobState.RUNNING, total_files=3))

    assert line == (
        "Downloading: 0%|          | 0/3 [00:00<?, 0.0files/s, Success=0, Failed=0, Speed=0 B/s]"
    )


def test_an_empty_job_is_whole() -> None:
    assert "100%" in progress_line(JobProgress(job_id="j", state=JobState.DONE))


def test_the_summary_is_that_of_aws_data_downloader() -> None:
    report = JobReport(
        job="j",
        total_files=1234,
        downloaded=1200,
        skipped=28,
        failed=6,
        total_bytes=15_200_000_000,
        downloaded_bytes=14_800_000_000,
        duration_s=1245.3,
        average_bytes_per_s=12_100_000,
        success_rate=0.972,
    )

    assert summary_lines(report) == [
        "=" * 60,
        "DOWNLOAD SUMMARY",
        "=" * 60,
        "Total files:      1,234",
        "Downloaded:       1,200",
        "Skipped:          28",
        "Failed:           6",
        "Total size:       15.2 GB",
        "Downloaded size:  14.8 GB",
        "Duration:         1,245.3 seconds",
        "Average speed:    12.1 MB/s",
        "Success rate:     97.2%",
    ]


def test_the_scan_line_sums_buckets_up() -> None:
    scans = [
        ScanProgress(
            bucket=name, objects=600, size_bytes=10**9, requests=1, complete=done, elapsed_s=1
        )
        for name, done in (("a", True), ("b", False))
    ]

    assert scan_line(scans, 7) == "Counting: 1/7 buckets, 1,200 objects, 2.0 GB"


@pytest.mark.parametrize(
    ("fraction", "shown"),
    [(0, "    "), (0.5, "██  "), (0.54, "██▏ "), (0.999, "███▉"), (1, "████")],
)
def test_bar(fraction: float, shown: str) -> None:
    assert bar(fraction, cells=4) == shown


@pytest.mark.parametrize(("seconds", "shown"), [(0, "00:00"), (165, "02:45"), (3725, "1:02:05")])
def test_clock(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown
