import re

import pytest
from msgspec.structs import replace

from s3nav.model.events import JobProgress, JobState, ScanProgress
from s3nav.present.formatting.cell_text import cells
from s3nav.present.transfers.progress_lines import (
    bar,
    clock,
    progress_line,
    scan_line,
    summary_lines,
)
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
    assert str(progress_line(PROGRESS)) == (
        "Downloading: 45%|████▌     | 556/1234 "
        "[02:15<02:45, 4.1files/s, Success=550, Failed=6, Speed=15.2 MB/s]"
    )


def test_the_progress_line_in_ascii() -> None:
    assert "|####      |" in str(progress_line(PROGRESS, ascii_only=True))


def test_an_unknown_end_is_not_invented() -> None:
    line = progress_line(JobProgress(job_id="j", state=JobState.RUNNING, total_files=3))

    assert str(line) == (
        "Downloading: 0%|          | 0/3 [00:00<?, Success=0, Failed=0, Speed=0 B/s]"
    )


def test_a_time_left_that_means_nothing_is_not_shown() -> None:
    assert "[02:15<?, " in str(progress_line(replace(PROGRESS, eta_s=10.0**9)))


def test_files_of_earlier_runs_are_not_those_of_this_second() -> None:
    resumed = replace(PROGRESS, done_files=5000, earlier_files=4990, failed_files=0, elapsed_s=2.0)

    assert ", 5.0files/s, " in str(progress_line(resumed))


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (79, "Downloading: 45%|████▌     | 556/1234 [02:15<02:45, Failed=6, Speed=15.2 MB/s]"),
        (70, "Downloading: 45% 556/1234 [02:15<02:45, Failed=6, Speed=15.2 MB/s]"),
        (60, "Downloading: 45% 556/1234 [02:15<02:45, Failed=6]"),
        (40, "Downloading: 45% 556/1234 [02:15]"),
    ],
)
def test_on_eighty_columns_the_least_important_parts_are_left_out(width: int, shown: str) -> None:
    assert progress_line(PROGRESS).within(width) == shown


def test_every_width_shows_whole_numbers_and_words() -> None:
    whole = str(progress_line(PROGRESS))
    words = set(re.findall(r"[\w.:/%=]+", whole))

    for width in range(40, 120):
        shown = progress_line(PROGRESS).within(width)
        assert cells(shown) <= width
        assert set(re.findall(r"[\w.:/%=]+", shown)) <= words


def test_zero_failures_are_dropped_first_and_failures_nearly_last() -> None:
    fine = replace(PROGRESS, failed_files=0)

    assert "Failed" not in progress_line(fine).within(100)
    assert "Failed=6" in progress_line(PROGRESS).within(55)


def test_an_empty_job_is_whole() -> None:
    assert "100%" in str(progress_line(JobProgress(job_id="j", state=JobState.DONE)))


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
