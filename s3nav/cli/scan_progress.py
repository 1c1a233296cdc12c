"""Count one place for a command: show its progress, and handle Ctrl-C."""

from collections.abc import Callable
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor
from threading import Event as Flag
from typing import TypeVar

from s3nav.browse import Counted, ScanRequest, ScanState
from s3nav.cli.program import CommandLine
from s3nav.model.errors import EXIT_INTERRUPTED, PartialFailureError, S3NavError
from s3nav.model.events import ScanProgress
from s3nav.model.places import S3Uri
from s3nav.model.waits import ended
from s3nav.present.buckets import count_line, coverage_words, inventory_lines

T = TypeVar("T")

TICK_S = 0.1
STOPPING_S = 30.0
"""Longest wait for requests under way to end after Ctrl-C."""


def count_place(
    line: CommandLine, place: S3Uri, *, fresh: bool = False, requester_pays: bool = False
) -> Counted:
    """Count a place, or return a scan that is recent enough, with a notice. Raises S3NavError.

    After Ctrl-C the scan is partial, and the exit code is set.
    """
    scans = line.session.scans()
    counted = _run_with_progress(
        line,
        lambda request: scans.count(place, request, fresh=fresh),
        requester_pays=requester_pays,
        at_stop="stopping; what was listed is kept (Ctrl-C again exits at once)",
    )
    if counted.is_reused:
        age = coverage_words(counted.record.coverage, line.program.now())
        line.narration.say(f"{place} was counted already: {age}; --fresh counts again")
    return counted


def count_manifest(
    line: CommandLine, manifest: str, place: S3Uri | None, *, requester_pays: bool = False
) -> Counted | None:
    """Make a scan from an S3 Inventory, and report what it lacks. Raises S3NavError.

    Returns None after Ctrl-C: nothing is kept, and the exit code is set.
    """
    scans = line.session.scans()
    counted = _run_with_progress(
        line,
        lambda request: scans.count_inventory(manifest, place, request),
        requester_pays=requester_pays,
        at_stop="stopping; nothing of the inventory is kept (Ctrl-C again exits at once)",
    )
    if counted is not None and counted.inventory is not None:
        for text in inventory_lines(counted.inventory, line.program.now()):
            line.narration.say(text)
    return counted


def _run_with_progress(
    line: CommandLine, work: Callable[[ScanRequest], T], *, requester_pays: bool, at_stop: str
) -> T:
    """Run `work` in a thread and show its progress, until it ends or Ctrl-C stops it."""
    stop = Flag()
    request = ScanRequest(
        is_cancelled=stop.is_set, when_stopped=ScanState.PARTIAL, requester_pays=requester_pays
    )
    stream = line.session.stream
    subscription = stream.subscribe()
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="s3nav-count")
    under_way = pool.submit(work, request)
    try:
        while not under_way.done():
            futures.wait({under_way}, TICK_S)
            for event in subscription.drain().events:
                if isinstance(event, ScanProgress):
                    line.narration.progress(count_line(event))
    except KeyboardInterrupt:
        stop.set()
        line.exit_code = EXIT_INTERRUPTED
        line.narration.say(at_stop)
        futures.wait({under_way}, STOPPING_S)
    finally:
        stop.set()
        pool.shutdown(wait=False)
        stream.unsubscribe(subscription)
        line.narration.end_progress()
    return ended(under_way, 0, "the count")


def problem_of(line: CommandLine, counted: Counted) -> S3NavError | None:
    """Return the error for an incomplete count; None if it is complete or was interrupted."""
    record = counted.record
    if record.is_complete:
        return None
    resume_hint = f"`{line.as_headless()}` resumes it"
    if line.exit_code == EXIT_INTERRUPTED:
        line.narration.say(f"interrupted; resume with: {line.as_headless()}")
        return None
    problem = counted.problem
    return PartialFailureError(
        f"{record.place} is not counted completely: {record.reason}",
        remedy=resume_hint if record.may_resume else (problem.remedy if problem else ""),
        context=problem.context if problem else {},
    )
