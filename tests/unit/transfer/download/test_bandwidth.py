"""A limit of bandwidth: how it is written, and how long bytes wait for it."""

import pytest

from s3nav.model.errors import UsageError
from s3nav.transfer.download.limits import SLICE_S, Bandwidth, Throttle, Timetable

NINE, NOON, MIDNIGHT = 9 * 60, 12 * 60, 0


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.minute = NOON
        self.naps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now_s += seconds


def throttle(text: str, clock: Clock) -> Throttle:
    return Throttle(
        Timetable.parse(text),
        clock=lambda: clock.now_s,
        minute_of_day=lambda: clock.minute,
        sleep=clock.sleep,
    )


@pytest.mark.parametrize(
    "text", ["fast", "10", "-5MB/s", "0MB/s", "08:00=1MB/s", "25:00-26:00=1MB/s", "08:61-09:00=off"]
)
def test_a_bandwidth_that_makes_no_sense_is_refused(text: str) -> None:
    if text == "10":  # bytes, as everywhere
        assert Timetable.parse(text).limit_at(NOON) == 10
        return
    with pytest.raises(UsageError):
        Timetable.parse(text)


@pytest.mark.parametrize("text", ["", "off", "unlimited"])
def test_no_limit_is_no_wait(text: str) -> None:
    clock = Clock()

    throttle(text, clock).take(10**12, pytest.fail)

    assert clock.naps == []


def test_the_first_hours_that_cover_the_minute_count() -> None:
    timetable = Timetable.parse("08:00-18:00=10MB/s, 22:00-06:00=off, *=1MiB/s")

    assert timetable.limit_at(NINE) == 10_000_000
    assert timetable.limit_at(MIDNIGHT) is None
    assert timetable.limit_at(19 * 60) == 1 << 20
    assert timetable.limit_at(18 * 60) == 1 << 20


@pytest.mark.parametrize(
    "text",
    ["08:00-18:00 10MB/s, 50MB/s", "08:00-18:00=10MB/s,*=50MB/s", "08:00-18:00 10MB/s,* 50MB/s"],
)
def test_a_timetable_is_written_with_spaces_or_with_signs(text: str) -> None:
    timetable = Timetable.parse(text)

    assert timetable.limit_at(NINE) == 10_000_000
    assert timetable.limit_at(19 * 60) == 50_000_000


def test_a_limit_says_how_it_was_written_and_what_holds_now() -> None:
    clock = Clock()
    bucket = throttle("", clock)
    assert bucket.bandwidth() == Bandwidth()

    text = "08:00-18:00 10MB/s, 50MB/s"
    bucket.change(Timetable.parse(text), text)

    assert bucket.bandwidth() == Bandwidth(text=text, bytes_per_s=10_000_000)
    clock.minute = MIDNIGHT
    assert bucket.bandwidth() == Bandwidth(text=text, bytes_per_s=50_000_000)


def test_bytes_wait_until_the_limit_allows_them() -> None:
    clock = Clock()
    bucket = throttle("1MB/s", clock)

    bucket.take(2_000_000, lambda: None)
    bucket.take(1_000_000, lambda: None)

    assert sum(clock.naps) == pytest.approx(3.0)
    assert max(clock.naps) <= SLICE_S


def test_a_wait_for_bandwidth_can_be_cancelled() -> None:
    clock = Clock()

    def stop() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        throttle("1MB/s", clock).take(1_000_000_000, stop)

    assert sum(clock.naps) <= SLICE_S


def test_a_limit_that_is_lifted_lets_go_at_once() -> None:
    clock = Clock()
    bucket = throttle("1MB/s", clock)

    bucket.take(10**9, lambda: bucket.change(Timetable()))

    assert sum(clock.naps) <= SLICE_S


def test_a_low_limit_reads_small_pieces() -> None:
    clock = Clock()

    assert throttle("100KB/s", clock).piece_bytes() == 16 * 1024
    assert throttle("1GB/s", clock).piece_bytes() == 1 << 20
