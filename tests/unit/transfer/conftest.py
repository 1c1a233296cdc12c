"""A store, a target, and transfers over them that are closed when the test ends."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from s3nav.model.events import Event
from s3nav.model.places import S3Uri
from s3nav.transfer import (
    EngineTuning,
    Filters,
    JobRecord,
    PlanReader,
    Preview,
    Selection,
    Source,
    Transfers,
)
from tests.support.memory_store import MemoryStore

PART_BYTES = 1_000


@dataclass
class Bench:
    """What a transfer test works with."""

    root: Path
    store: MemoryStore = field(default_factory=MemoryStore)
    events: list[Event] = field(default_factory=list)
    opened: list[Transfers] = field(default_factory=list)

    @property
    def target(self) -> Path:
        return self.root / "out"

    def transfers(
        self,
        *,
        parallel: int = 3,
        retries: int = 3,
        checkpoint: Callable[[str], None] | None = None,
    ) -> Transfers:
        transfers = Transfers(
            store=self.store,
            journal_file=self.root / "journal.sqlite3",
            publish=self.events.append,
            tuning=EngineTuning(parallel=parallel, retry_attempts=retries, part_bytes=PART_BYTES),
            checkpoint=checkpoint or (lambda _: None),
        )
        self.opened.append(transfers)
        return transfers

    def plan_reader(self) -> PlanReader:
        return PlanReader(self.store, part_bytes=PART_BYTES, retry_attempts=3)

    def preview(self, selection: Selection) -> Preview:
        """What a download of a selection would do."""
        preview = Preview()
        for _ in self.plan_reader().read(selection, preview):
            pass
        return preview

    def selection(
        self,
        *places: str,
        filters: Filters | None = None,
        overwrite: bool = False,
        literal: bool = False,
    ) -> Selection:
        return Selection(
            sources=tuple(Source(place=S3Uri.parse(p), literal=literal) for p in places),
            target=self.target,
            filters=filters or Filters(),
            overwrite=overwrite,
        )

    def download(self, transfers: Transfers, *places: str) -> JobRecord:
        """Plan, run and wait; returns the record after it."""
        job_id = transfers.plan(self.selection(*(places or ("bkt",)))).job_id
        transfers.start(job_id)
        assert transfers.wait(job_id, 50)
        return transfers.job(job_id)

    def local(self, path: str) -> bytes:
        return (self.target / path).read_bytes()

    def files(self) -> list[str]:
        """All files below the target, temporary ones included."""
        return sorted(
            p.relative_to(self.target).as_posix() for p in self.target.rglob("*") if not p.is_dir()
        )


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    for transfers in bench.opened:
        transfers.close()
