"""A session over a MemoryStore and a queue that moves only when a test says so."""

import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from msgspec.structs import replace

from s3nav.aws import Identity, ProfileFact
from s3nav.browse import BucketStats, ScanRetention, Scans
from s3nav.model.errors import NotFoundError, S3NavError
from s3nav.model.events import Event, JobAdded, JobProgress, JobState, JobStateChanged, ScanProgress
from s3nav.model.objects import BucketFact, ObjectFact
from s3nav.model.places import S3Uri
from s3nav.model.ports.stores import ObjectStore
from s3nav.model.stream import EventStream
from s3nav.persistence import Directories
from s3nav.pricing import (
    BillingOptions,
    DollarMeter,
    Estimator,
    Prices,
    Snapshot,
    Tariff,
    load_config,
)
from s3nav.scrape import Scrapes, ScrapeTuning, SqliteStore, open_engine
from s3nav.settings import Settings
from s3nav.transfer import (
    Bandwidth,
    Direction,
    ItemRecord,
    ItemState,
    JobRecord,
    JobUsage,
    PlannedItem,
    PlanStoppedError,
    Preview,
    Selection,
)
from s3nav.transfer.download.limits import Timetable
from s3nav.transfer.journal.records import planned
from s3nav.tui.ports import PlanReading, TransferQueue, UploadPlans
from tests.support.fake_caller import FakeCaller
from tests.support.memory_store import WHEN, MemoryStore

PART_BYTES = 16 * 1024 * 1024


ANALYTICS = ProfileFact(
    name="analytics", source="~/.aws/credentials", kind="static", region="eu-west-1"
)
ARCHIVE = ProfileFact(name="archive", source="~/.aws/config", kind="sso")
ANA = Identity(
    arn="arn:aws:iam::111122223333:user/ana", account="111122223333", source="~/.aws/credentials"
)


@dataclass
class FakeTransfers:
    """Jobs and their progress as a test sets them; orders are written down."""

    publish: Callable[[Event], None]
    orders: list[tuple[str, str]] = field(default_factory=list)
    selections: list[Selection] = field(default_factory=list)
    records: dict[str, JobRecord] = field(default_factory=dict)
    counters: dict[str, JobProgress] = field(default_factory=dict)
    files: dict[str, list[ItemRecord]] = field(default_factory=dict)
    plan_error: S3NavError | None = None
    facts: dict[str, list[ObjectFact]] = field(default_factory=dict)
    """By bucket, what `review` finds."""
    usages: dict[str, JobUsage] = field(default_factory=dict)
    listing: int | None = None
    """Number of objects found by a plan that goes on until it is stopped; None: plans end."""
    bandwidth: Bandwidth = field(default_factory=Bandwidth)

    def plan(
        self,
        selection: Selection,
        preview: Preview | None = None,
        *,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> JobRecord:
        self.selections.append(selection)
        if self.listing is not None and preview is not None:
            preview.fetch_files = self.listing
            until = time.monotonic() + 120
            while not is_stopped():
                assert time.monotonic() < until, "the plan was not stopped"
                time.sleep(0.01)
            raise PlanStoppedError("stopped")
        if self.plan_error is not None:
            raise self.plan_error
        number = len(self.records) + 1
        first = selection.sources[0].place
        return self.add(f"job-{number}", title=str(first), target=selection.target)

    def add(
        self,
        job_id: str,
        *,
        title: str,
        state: JobState = JobState.PLANNED,
        target: Path = Path("data"),
        progress: JobProgress | None = None,
    ) -> JobRecord:
        counters = progress or JobProgress(job_id=job_id, state=state, total_files=1, total_bytes=5)
        record = JobRecord(
            job_id=job_id,
            title=title,
            state=state,
            target=target,
            created_at=WHEN,
            total_files=counters.total_files,
            total_bytes=counters.total_bytes,
        )
        self.records[job_id], self.counters[job_id] = record, counters
        self.publish(JobAdded(job_id=job_id, title=title))
        return record

    def get_on(self, progress: JobProgress) -> None:
        """Let a job get on."""
        self.counters[progress.job_id] = progress
        if progress.state is not self.records[progress.job_id].state:
            self._become(progress.job_id, progress.state)
        self.publish(progress)

    def start(self, job_id: str) -> None:
        self._order("start", job_id, JobState.RUNNING)

    def pause(self, job_id: str) -> None:
        self._order("pause", job_id, JobState.PAUSED)

    def resume(self, job_id: str) -> None:
        self._order("resume", job_id, JobState.RUNNING)

    def cancel(self, job_id: str) -> None:
        self._order("cancel", job_id, JobState.CANCELLED)

    def move(self, job_id: str, direction: Direction) -> tuple[int, int]:
        self.orders.append((direction.value, job_id))
        ids = list(self.records)
        at = ids.index(job_id)
        ids.insert(max(0, at + {"up": -1, "down": 1}[direction.value]), ids.pop(at))
        self.records = {one: self.records[one] for one in ids}
        return ids.index(job_id) + 1, len(ids)

    def limit_bandwidth(self, text: str) -> None:
        limit = Timetable.parse(text).limit_at(12 * 60)
        self.bandwidth = Bandwidth(text=text, bytes_per_s=limit)

    def jobs(self) -> list[JobRecord]:
        return list(self.records.values())

    def progress(self, job_id: str) -> JobProgress:
        if job_id not in self.counters:
            raise NotFoundError(f"no job `{job_id}`")
        return self.counters[job_id]

    def read(
        self, selection: Selection, preview: Preview, *, is_stopped: Callable[[], bool]
    ) -> Iterator[Sequence[PlannedItem]]:
        """Every object below each source, as planned; no real listing."""
        self.selections.append(selection)
        if self.plan_error is not None:
            raise self.plan_error
        for source in selection.sources:
            preview.stats.ask(source.place.bucket)
            items = [
                planned(source.place.bucket, fact, "")
                for fact in self.facts.get(source.place.bucket, [])
                if fact.key.startswith(source.place.key)
            ]
            preview.count(items, PART_BYTES)
            yield items

    def usage(self, job_id: str) -> JobUsage:
        empty = JobUsage(planned={}, made={}, requester_pays=False, part_bytes=PART_BYTES)
        return self.usages.get(job_id, empty)

    def items(
        self, job_id: str, *, state: ItemState | None = None, offset: int = 0, limit: int = 1000
    ) -> list[ItemRecord]:
        found = [i for i in self.files.get(job_id, []) if state in {None, i.state}]
        return found[offset : offset + limit]

    def clear_done(self) -> int:
        done = [job_id for job_id, record in self.records.items() if record.state.is_final]
        for job_id in done:
            del self.records[job_id]
        return len(done)

    def remove_leftovers(self) -> int:
        return 0

    @property
    def uploads(self) -> UploadPlans:
        raise NotFoundError("this session uploads nothing: see SendingSession")

    def _order(self, verb: str, job_id: str, state: JobState) -> None:
        self.orders.append((verb, job_id))
        self._become(job_id, state)

    def _become(self, job_id: str, state: JobState) -> None:
        self.records[job_id] = replace(self.records[job_id], state=state)
        self.publish(JobStateChanged(job_id=job_id, state=state))


class FakeSession:
    """Everything the cockpit asks for, without network; scans in a directory of their own."""

    def __init__(self, store: MemoryStore | None = None, settings: Settings | None = None) -> None:
        self.settings = settings or Settings(profile="analytics", region="eu-west-1")
        self.stream = EventStream()
        self.memory = store or MemoryStore()
        self.queue = FakeTransfers(self.stream.publish)
        self.profile_rows = (ANALYTICS, ARCHIVE)
        self.who: Identity | S3NavError = ANA
        self.used: list[str | None] = []
        self.meter = DollarMeter()
        self.directory = Path(tempfile.mkdtemp(prefix="s3nav-cockpit-"))
        weakref.finalize(self, shutil.rmtree, self.directory, ignore_errors=True)
        self.caller = FakeCaller(account={})
        self.account: Scrapes | None = None
        self.counts = Scans(
            open_store=lambda: self.memory,
            scans_file=self.directory / "scans.sqlite3",
            publish=self.stream.publish,
            retry_attempts=0,
            retention=ScanRetention(),
        )
        self.price_book: Prices | None = None
        """Set by a test; else an empty one, with no price list to ask."""

    def profiles(self) -> Sequence[ProfileFact]:
        return self.profile_rows

    def store(self) -> ObjectStore:
        return self.memory

    def retrying_store(self, check: Callable[[], None] = lambda: None) -> ObjectStore:
        return self.memory

    def identity(self) -> Identity:
        if isinstance(self.who, S3NavError):
            raise self.who
        return self.who

    def scans(self) -> Scans:
        return self.counts

    def scrapes(self) -> Scrapes:
        """An account in memory; what is kept is in a file of the session's directory."""
        if self.account is None:
            settings = Settings()
            directories = Directories(config=self.directory, data=self.directory)
            self.account = Scrapes(
                open_store=lambda: SqliteStore(directories.scrapes_file),
                open_caller=lambda _rate, _profile: self.caller,
                open_engine=open_engine(settings, directories),
                publish=self.stream.publish,
                tuning=ScrapeTuning(work_directory=directories.scrapes_work),
            )
        return self.account

    def transfers(self) -> TransferQueue:
        return self.queue

    def plan_reader(self) -> PlanReading:
        return self.queue

    def prices(self) -> Prices:
        if self.price_book is None:
            where = self.directory / "prices"
            config = load_config(
                base_url="http://127.0.0.1:9/offers/v1.0/aws",
                cache_dir=where / "cache",
                output_dir=where / "out",
                max_retries=0,
            )
            self.price_book = Prices(config, where / "prices.sqlite3")
        return self.price_book

    def estimator(self) -> Estimator:
        tariff = Tariff({"bundled snapshot": Snapshot()})
        return Estimator(tariff, BillingOptions(), self.memory.bucket_region)

    def use_profile(self, name: str | None) -> None:
        self.used.append(name)
        self.settings = msgspec.structs.replace(self.settings, profile=name)


@dataclass
class FakeCounting:
    """Counts as a test says: `stats` at once, unless `held`, which shows `so_far` until freed."""

    stats: dict[str, BucketStats] = field(default_factory=dict)
    so_far: dict[str, ScanProgress] = field(default_factory=dict)
    held: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)

    def __call__(
        self,
        scans: Scans,
        buckets: Sequence[BucketFact],
        *,
        at_once: int,
        fresh: bool,
        is_cancelled: Callable[[], bool],
    ) -> Iterator[BucketStats]:
        for bucket in buckets:
            self.asked.append(bucket.name)
            if bucket.name in self.so_far:
                scans.publish(self.so_far[bucket.name])
                while not self.held.wait(0.02) and not is_cancelled():
                    pass
            yield self.stats.get(bucket.name) or stats_of(bucket.name)


def stats_of(
    bucket: str,
    *,
    region: str = "us-east-2",
    objects: int = 0,
    size_bytes: int = 0,
    by_class: dict[str, int] | None = None,
    complete: bool = True,
    problem: S3NavError | None = None,
) -> BucketStats:
    return BucketStats(
        bucket=bucket,
        region=region,
        objects=objects,
        size_bytes=size_bytes,
        newest_object_at=WHEN if objects else None,
        bytes_by_class=by_class or {},
        complete=complete,
        problem=problem,
        requests=1,
        scanned_at=datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
    )


def furnished_store() -> MemoryStore:
    """A few buckets with prefixes, awkward keys and several storage classes."""
    store = MemoryStore()
    for name, region in (
        ("backups-eu", "eu-west-1"),
        ("finance-locked", "us-east-1"),
        ("node-data", "ap-northeast-1"),
        ("road-imagery-prod", "us-east-2"),
    ):
        store.make_bucket(name, region)
    for number in range(40):
        when = WHEN + timedelta(minutes=7 * number)
        fact = ObjectFact(
            key="",
            size_bytes=0,
            modified_at=when,
            storage_class="GLACIER" if number % 9 == 4 else "STANDARD",
        )
        key = f"coryell/img/{number:03d}_31.70{number * 37 % 1000:04d}_-97.69{number:04d}.png"
        store.put("road-imagery-prod", key, b"p" * (1000 + 731 * number % 9000), fact=fact)
    for key in (
        "coryell/meta/a.json",
        "coryell/readme.md",
        "logs/2026/11/19/x.gz",
        "logs/2026/11/20/y.gz",
        "manifest.csv",
        "[bold]not markup[bold].txt",
        "\x1b[2Jescape.bin",
        "日本語のファイル.txt",
    ):
        store.put("road-imagery-prod", key, b"content of " + key.encode())
    return store


ROADS = S3Uri("road-imagery-prod")
