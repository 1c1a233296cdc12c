"""How many workers pay, found by trying."""

from s3nav.transfer.download.limits import HOLD_SAMPLES, Sample, WorkerTuner


def run(
    tuner: WorkerTuner, rates: list[int], *, active: int | None = None, cpu: float = 0.1
) -> list[int]:
    """The workers after each second that brought so many bytes."""
    wanted = tuner.workers(Sample(now_s=0.0, fetched_bytes=0), active=8)
    fetched, seen = 0, []
    for second, rate in enumerate(rates, start=1):
        fetched += rate
        sample = Sample(now_s=float(second), fetched_bytes=fetched, cpu_s=second * cpu)
        wanted = tuner.workers(sample, active=active or wanted)
        seen.append(wanted)
    return seen


def test_workers_that_bring_nothing_are_taken_back_and_not_tried_again_soon() -> None:
    seen = run(WorkerTuner(first=8, most=32), [100] * (HOLD_SAMPLES + 1))

    assert seen == [16] + [8] * HOLD_SAMPLES


def test_workers_that_bring_more_stay_and_more_are_tried() -> None:
    seen = run(WorkerTuner(first=8, most=20), [100, 150, 200, 300])

    assert seen == [16, 20, 20, 20]


def test_a_process_that_computes_already_gets_no_more_workers() -> None:
    seen = run(WorkerTuner(first=8, most=32), [100, 100, 100], cpu=0.9)

    assert seen == [8, 8, 8]


def test_after_a_slow_down_it_begins_from_what_is_left() -> None:
    tuner = WorkerTuner(first=8, most=32)

    assert run(tuner, [100, 100], active=4) == [4, 4]
