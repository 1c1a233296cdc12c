"""Run scrapes in the background, a few at once; each leaves a record, even when it fails."""

import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec.structs import replace

from s3nav.model.errors import LocalDiskError, S3NavError, UnavailableError, UsageError
from s3nav.model.events import Event
from s3nav.model.ports.stores import OperationCaller
from s3nav.model.scrape_queries import ScrapeState
from s3nav.model.text.plain_messages import one_line
from s3nav.persistence import ProcessLock
from s3nav.scrape.engines import (
    Engine,
    EngineEnd,
    ResolvedRequest,
    ScrapeRequest,
    check_request,
    remove_temporary,
    resolve,
)
from s3nav.scrape.recorder import Recorder, ended, log_line, new_id
from s3nav.scrape.resources import ScrapeRecord
from s3nav.scrape.stores import ResourceStore

MAX_QUEUED = 100
INTERRUPTED = "its process ended before the scrape was complete"

CallerOpener = Callable[[float, str | None], OperationCaller]
"""Takes the maximum requests per second (0: no limit) and a profile (None: the session's)."""
EngineOpener = Callable[[ScrapeRequest, OperationCaller, str], Engine]


class ScrapeTuning(msgspec.Struct, frozen=True, kw_only=True):
    """Where scrapes keep their files and how many run at once."""

    work_directory: Path
    """For locks and rejected files."""
    max_concurrent: int = 3
    profile: str | None = None


class _Running(msgspec.Struct):
    record: ScrapeRecord
    future: "Future[ScrapeRecord]"
    cancelled: threading.Event = msgspec.field(default_factory=threading.Event)
    problem: S3NavError | None = None


class Runs:
    """The scrapes started by this process."""

    def __init__(
        self,
        *,
        store: Callable[[], ResourceStore],
        open_caller: CallerOpener,
        open_engine: EngineOpener,
        publish: Callable[[Event], None],
        tuning: ScrapeTuning,
    ) -> None:
        self._store = store
        self._open_caller = open_caller
        self._open_engine = open_engine
        self._publish = publish
        self._tuning = tuning
        self._lock = threading.Lock()
        self._runs: dict[str, _Running] = {}
        self._pool = ThreadPoolExecutor(
            max_workers=tuning.max_concurrent, thread_name_prefix="s3nav-scrape-run"
        )

    def start(self, request: ScrapeRequest) -> str:
        """Check the request, then scrape in the background; return the scrape's id.

        Raises UsageError for unknown names, CredentialsError when AWS rejects the caller, and
        UnavailableError when too many scrapes are waiting.
        """
        with self._lock:
            waiting = sum(not run.future.done() for run in self._runs.values())
        if waiting >= MAX_QUEUED:
            raise UnavailableError(
                f"{waiting} scrapes are running or waiting", remedy="try again later", slug="busy"
            )
        caller = self._open_caller(request.max_rate, request.profile)
        try:
            check_request(request, caller)
            identity = caller.caller()
            scrape_id = new_id()
            profile = request.profile or self._tuning.profile
            resolved = resolve(request, caller, scrape_id, profile)
            engine = self._open_engine(request, caller, scrape_id)
        except BaseException:
            caller.close()
            raise
        record = replace(
            _new_record(request, resolved, engine),
            account=identity.account,
            caller_arn=identity.arn,
        )
        self._submit(record, request, resolved, engine, caller)
        return scrape_id

    def wait(self, scrape_id: str, timeout_s: float | None = None) -> bool:
        """Wait for a scrape of this process to end; False on timeout."""
        run = self._runs.get(scrape_id)
        if run is None:
            return True
        try:
            run.future.result(timeout_s)
        except FutureTimeoutError:
            return run.future.done()
        return True

    def cancel(self, scrape_id: str) -> bool:
        """Ask a scrape of this process to stop, keeping its results; False if none runs."""
        run = self._runs.get(scrape_id)
        if run is None or run.future.done():
            return False
        run.cancelled.set()
        return True

    def problem(self, scrape_id: str) -> S3NavError | None:
        """Return the error that ended a scrape of this process; None without one."""
        run = self._runs.get(scrape_id)
        return None if run is None else run.problem

    def record(self, scrape_id: str) -> ScrapeRecord | None:
        """Return the newest record of a scrape of this process; None for others."""
        run = self._runs.get(scrape_id)
        if run is None:
            return None
        return run.future.result(0) if run.future.done() else run.record

    def is_running(self, scrape_id: str) -> bool:
        """True while a scrape of this process runs."""
        run = self._runs.get(scrape_id)
        return run is not None and not run.future.done()

    def mark_interrupted(self) -> tuple[str, ...]:
        """Mark scrapes of this machine whose process has ended; return their ids."""
        store, host = self._store(), socket.gethostname()
        marked = []
        for record in store.scrapes():
            if record.state.is_final or record.host != host or self.is_running(record.scrape_id):
                continue
            lock = ProcessLock.acquire(self._lock_file(record.scrape_id))
            if lock is None:  # another s3nav is running it
                continue
            try:
                if record.temp_directory:
                    remove_temporary(Path(record.temp_directory), record.scrape_id)
                store.save_scrape(ended(record, ScrapeState.INTERRUPTED, INTERRUPTED))
                store.add_logs([log_line(record, "ERROR", "Scrapes", INTERRUPTED)])
                marked.append(record.scrape_id)
            finally:
                lock.release()
        return tuple(marked)

    def close(self) -> None:
        """Stop all scrapes at the next safe point and wait for them."""
        with self._lock:
            runs = list(self._runs.values())
        for run in runs:
            run.cancelled.set()
        self._pool.shutdown(wait=True)

    def _submit(
        self,
        record: ScrapeRecord,
        request: ScrapeRequest,
        resolved: ResolvedRequest,
        engine: Engine,
        caller: OperationCaller,
    ) -> None:
        lock = self._lock_of(record.scrape_id)
        try:
            self._store().save_scrape(record)
        except BaseException:
            if engine.temp_directory is not None:
                remove_temporary(engine.temp_directory, record.scrape_id)
            lock.release()
            caller.close()
            raise
        run = _Running(record, Future())

        def work() -> ScrapeRecord:
            try:
                return self._run(run, request, resolved, engine)
            finally:
                caller.close()
                lock.release()

        with self._lock:
            self._runs[record.scrape_id] = run
            run.future = self._pool.submit(work)

    def _run(
        self, run: _Running, request: ScrapeRequest, resolved: ResolvedRequest, engine: Engine
    ) -> ScrapeRecord:
        store = self._store()
        record = replace(run.record, state=ScrapeState.RUNNING, start_time=datetime.now(UTC))
        recorder: Recorder | None = None
        end = EngineEnd(return_code=1)
        try:
            store.save_scrape(record)
            recorder = Recorder(store, record, self._publish, redacts=request.redacts)
            end = engine.run(resolved, recorder, run.cancelled.is_set)
            run.problem = end.problem
        except S3NavError as error:
            run.problem = error
        except Exception as error:  # noqa: BLE001  # reported in the record and by `problem`
            run.problem = S3NavError(one_line(f"{type(error).__name__}: {error}"))
        if recorder is not None:
            record = recorder.close()
            run.problem = run.problem or recorder.failure
        record = _finished(record, end, run)
        record = self._save_end(run, store, record)
        if recorder is not None:
            recorder.record = record
            recorder.publish_progress(record.state)
        return record

    def _save_end(self, run: _Running, store: ResourceStore, record: ScrapeRecord) -> ScrapeRecord:
        try:
            store.save_scrape(record)
            record = (
                store.scrape(record.scrape_id) or record
            )  # with the number of spooled documents
            if run.problem is not None:
                store.add_logs([log_line(record, "ERROR", "Engine", run.problem.message)])
        except S3NavError as error:
            run.problem = run.problem or error
        return record

    def _lock_of(self, scrape_id: str) -> ProcessLock:
        path = self._lock_file(scrape_id)
        try:
            lock = ProcessLock.acquire(path)
        except OSError as error:
            raise LocalDiskError(f"cannot lock `{path}`: {error.strerror}") from error
        if lock is None:
            raise UsageError(f"`{scrape_id}` is being run by another s3nav", slug="scrape-locked")
        return lock

    def _lock_file(self, scrape_id: str) -> Path:
        return self._tuning.work_directory / "locks" / f"{scrape_id}.lock"


def _new_record(request: ScrapeRequest, resolved: ResolvedRequest, engine: Engine) -> ScrapeRecord:
    moment = datetime.now(UTC)
    directory = engine.temp_directory
    return ScrapeRecord(
        scrape_id=resolved.scrape_id,
        start_time=moment,
        command=engine.command,
        services=request.services,
        regions=resolved.regions,
        profile=resolved.profile,
        temp_directory=None if directory is None else str(directory),
        temp_files_cleaned=directory is None,
        created_at=moment,
        updated_at=moment,
        engine=request.engine,
        host=socket.gethostname(),
        process=os.getpid(),
    )


def _finished(record: ScrapeRecord, end: EngineEnd, run: _Running) -> ScrapeRecord:
    state = ScrapeState.DONE
    if run.problem is not None:
        state = ScrapeState.FAILED
    elif run.cancelled.is_set():
        state = ScrapeState.CANCELLED
    elif record.queries and not any(record.queries.get(name) for name in ("ok", "empty")):
        state = ScrapeState.FAILED
    record = ended(record, state, run.problem.message if run.problem else "")
    if state is ScrapeState.FAILED and run.problem is None:
        record = replace(record, problem="no query was answered")
    is_native = record.engine == "native"
    return replace(
        record,
        return_code=end.return_code,
        scraped_files_count=record.documents if is_native else end.files,
        files_processed_to_mongo=record.documents if is_native else end.files_processed,
        files_rejected=end.files_rejected,
        temp_files_cleaned=end.temp_files_cleaned,
        processing_delay_seconds=end.longest_delay_s,
        temp_bytes=end.temp_bytes,
    )
