"""What the demo server prints is kept in a file that does not grow."""

import os
from pathlib import Path

from s3nav.demo.bounded_log import LOG_BYTES_MAX, BoundedLog


def test_a_log_starts_over_before_it_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "log"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    log = BoundedLog(descriptor)

    for number in range(40):
        print(f"{number} " + "x" * (LOG_BYTES_MAX // 16), file=log)
    size = path.stat().st_size
    os.close(descriptor)

    assert 0 < size <= LOG_BYTES_MAX
    assert "39 x" in path.read_text()


def test_a_line_larger_than_the_log_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "log"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)

    BoundedLog(descriptor).write("x" * LOG_BYTES_MAX + "end")
    os.close(descriptor)

    assert path.stat().st_size == LOG_BYTES_MAX
    assert path.read_text().endswith("end")


def test_a_full_disk_does_not_stop_the_server() -> None:
    descriptor = os.open("/dev/full", os.O_RDWR)

    written = BoundedLog(descriptor).write("lost")
    os.close(descriptor)

    assert written == 4
