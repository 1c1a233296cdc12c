"""Fetch through the real wire client from an S3 that misbehaves, and count what came of it.

    python -m tests.faults.storm [--requests 1000] [--seed 1] [--only RESET …] [--gateway URL]

Prints a line for each fault and shape of objects; exits 1 when a byte was wrong or anything hung.
With a gateway (`python -m tests.support.ceph up` prints its URL) the answers are spoiled of a real
server; it knows one user, so that nobody's keys expire there.
"""

import argparse
import contextlib
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from s3nav.aws import open_store
from s3nav.model.errors import ExpiredCredentialsError, S3NavError
from s3nav.model.events import JobState
from s3nav.model.places import S3Uri
from s3nav.persistence import Directories
from s3nav.settings import Settings
from s3nav.transfer import EngineTuning, ItemState, Selection, Source, Transfers
from tests.support.ceph import ACCESS_KEY, SECRET_KEY
from tests.support.faulty_gateway import FaultyGateway
from tests.support.faulty_s3 import BUCKET, Fault, FaultyS3, Plan, seeded

PART_BYTES = 64 * 1024
PARTS_EACH = 8
WORKERS = 8
RENEWALS_MAX = 4
HEADINGS = (
    "| fault | objects | requests | faults | retried | renewed | failed items | wrong bytes | hangs"
    " | seconds |"
)
FAULTS = (
    Fault.RESET, Fault.STALL, Fault.SILENCE, Fault.TRUNCATION, Fault.WRONG_LENGTH,
    Fault.FLIPPED_BIT, Fault.SERVER_ERROR, Fault.SLOW_DOWN, Fault.EXPIRED_TOKEN, Fault.CHANGED,
    Fault.CHANGED_WITHIN, Fault.DRIP, Fault.GARBAGE, Fault.GARBAGE_HEADERS, Fault.REDIRECT,
    Fault.CHUNKED, Fault.WEB_PAGE,
)  # fmt: skip


PATIENCE_S = 60.0


class Shape(StrEnum):
    """What is fetched."""

    SMALL = "small"
    """One GET each."""
    LARGE = "large"
    """In parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a storm left behind."""

    requests: int
    faults: int
    """Answers that went wrong."""
    retried: int
    """GETs beyond one for each span."""
    renewals: int
    """How often the job paused and went on with other credentials."""
    wrong_files: int
    """Files whose bytes are of no version of their object, or of two."""
    missing_files: int
    hangs: int
    failed: tuple[str, ...]
    """Reasons of items given up."""
    state: JobState
    problem: S3NavError | None
    """The last one that stopped the job."""
    seconds: float


def patience_s(fault: Fault) -> float:
    """How long an answer is waited for: a slow machine is silent for a while by itself."""
    return 0.4 if fault in {Fault.STALL, Fault.SILENCE} else PATIENCE_S


@contextlib.contextmanager
def client(
    server: FaultyS3,
    home: Path,
    *,
    access_key: str = "key-0",
    secret_key: str = "secret",
    read_timeout_s: float = PATIENCE_S,
    retry_attempts: int = 5,
) -> Iterator[Transfers]:
    """The transfer room on the real client, as the session puts them together."""
    settings = Settings(
        endpoint_url=server.url,
        access_key=access_key,
        secret_key=secret_key,
        region="us-east-1",
        read_timeout_s=read_timeout_s,
    )
    store = open_store(settings, Directories(config=home / "config", data=home))
    transfers = Transfers(
        store=store,
        journal_file=home / "journal.sqlite3",
        publish=lambda _: None,
        tuning=EngineTuning(parallel=WORKERS, part_bytes=PART_BYTES, retry_attempts=retry_attempts),
    )
    try:
        yield transfers
    finally:
        transfers.close()
        store.close()


def contents(shape: Shape, requests: int, seed: int) -> dict[str, bytes]:
    """Objects that take about so many GETs."""
    draw = random.Random(seed)
    if shape is Shape.SMALL:
        return {f"small/{n:05}": draw.randbytes(draw.randint(0, 3000)) for n in range(requests)}
    size = PARTS_EACH * PART_BYTES - 7
    count = max(1, requests // PARTS_EACH)
    return {f"large/{n:04}": draw.randbytes(size + n % 7) for n in range(count)}


def plan_of(fault: Fault, shape: Shape, requests: int, seed: int) -> Plan:
    """Which GETs go wrong."""
    if fault is Fault.EXPIRED_TOKEN:
        return _every(fault, max(2, requests // (RENEWALS_MAX - 1)))
    if fault in {Fault.CHANGED, Fault.CHANGED_WITHIN}:
        return _once_a_key(fault, seed)
    if fault is Fault.FLIPPED_BIT and shape is Shape.LARGE:
        # S3 names the checksum of the whole only: any wrong part costs the object one more try.
        return _once_a_key(fault, seed)
    return seeded(fault, seed=seed)


def run(
    fault: Fault, shape: Shape, *, requests: int, seed: int, home: Path, gateway: str = ""
) -> Outcome:
    """One job from its plan to its end, renewed credentials included."""
    stored = contents(shape, requests, seed)
    deadline_s = 300.0 + requests / 10
    started = time.monotonic()
    with serving(plan_of(fault, shape, requests, seed), gateway) as server:
        server.put_all(stored)
        problem: S3NavError | None = None
        hangs = renewals = 0
        selection = Selection(sources=(Source(place=S3Uri(BUCKET)),), target=home / "out")
        while True:
            keys = (ACCESS_KEY, SECRET_KEY) if gateway else (f"key-{renewals}", "secret")
            with client(
                server, home,
                access_key=keys[0], secret_key=keys[1], read_timeout_s=patience_s(fault),
            ) as transfers:  # fmt: skip
                job = transfers.find_resumable(selection) or transfers.plan(selection)
                transfers.start(job.job_id)
                hangs += not transfers.wait(job.job_id, deadline_s)
                job = transfers.job(job.job_id)
                failed = transfers.items(job.job_id, state=ItemState.FAILED)
                problem = transfers.problem(job.job_id) or problem
            if job.state is not JobState.PAUSED or renewals == RENEWALS_MAX or hangs:
                break
            if not isinstance(problem, ExpiredCredentialsError):
                break
            renewals += 1
        wrong, missing = _compare(server, home / "out" / BUCKET)
        gets = server.gets()
    return Outcome(
        requests=len(gets),
        faults=sum(one.fault is not Fault.NONE for one in gets),
        retried=len(gets) - len({(one.key, one.byte_range) for one in gets}),
        renewals=renewals,
        wrong_files=wrong,
        missing_files=missing,
        hangs=hangs,
        failed=tuple(item.reason for item in failed),
        state=job.state,
        problem=problem,
        seconds=time.monotonic() - started,
    )


@contextlib.contextmanager
def serving(plan: Plan, gateway: str) -> Iterator[FaultyS3]:
    """The server that misbehaves: of its own, or before a real one."""
    if not gateway:
        with FaultyS3(plan=plan) as server:
            yield server
        return
    real = FaultyGateway(plan=plan, upstream=gateway, access_key=ACCESS_KEY, secret_key=SECRET_KEY)
    try:
        with real as server:
            yield server
    finally:
        real.remove_bucket()


def _compare(server: FaultyS3, landed: Path) -> tuple[int, int]:
    wrong = missing = 0
    for key, versions in server.versions.items():
        path = landed / key
        if not path.is_file():
            missing += 1
        elif path.read_bytes() not in versions:
            wrong += 1
    return wrong, missing


def _every(fault: Fault, count: int) -> Plan:
    lock = threading.Lock()
    seen = 0

    def plan(verb: str, _key: str, _byte_range: str) -> Fault:
        nonlocal seen
        if verb != "GET":
            return Fault.NONE
        with lock:
            seen += 1
            return fault if seen % count == 0 and seen // count < RENEWALS_MAX else Fault.NONE

    return plan


def _once_a_key(fault: Fault, seed: int) -> Plan:
    """Each object changes at most once, in the middle: the second GET of it or a later one."""
    draw = random.Random(seed)
    lock = threading.Lock()
    due: dict[str, int] = {}

    def plan(verb: str, key: str, _byte_range: str) -> Fault:
        if verb != "GET":
            return Fault.NONE
        with lock:
            left = due.get(key)
            if left is None:
                left = draw.randint(0, PARTS_EACH - 1)
            due[key] = left - 1
            return fault if left == 0 else Fault.NONE

    return plan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[fault.name for fault in FAULTS])
    parser.add_argument("--gateway", default="", metavar="URL")
    asked = parser.parse_args()
    say = sys.stdout.write
    say(f"{HEADINGS}\n{'|---' * (HEADINGS.count('|') - 1)}|\n")
    good = True
    for fault in FAULTS:
        for shape in Shape:
            if fault.name not in asked.only or (asked.gateway and fault is Fault.EXPIRED_TOKEN):
                continue
            with tempfile.TemporaryDirectory() as home:
                seen = run(
                    fault,
                    shape,
                    requests=asked.requests,
                    seed=asked.seed,
                    home=Path(home),
                    gateway=asked.gateway,
                )
            good = good and not (seen.wrong_files or seen.hangs)
            say(
                f"| {fault.name.lower().replace('_', ' ')} | {shape} | {seen.requests} |"
                f" {seen.faults} | {seen.retried} | {seen.renewals} | {len(seen.failed)} |"
                f" {seen.wrong_files} | {seen.hangs} | {seen.seconds:.1f} |"
                f"{'' if seen.state is JobState.DONE else f' {seen.state} {seen.problem}'}\n"
            )
            sys.stdout.flush()
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
