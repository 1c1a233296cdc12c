"""Run aws-list-all: one child process per region, storing its files as they are written."""

import os
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import msgspec
from msgspec.structs import replace

from s3nav.model.errors import PartialFailureError, S3NavError
from s3nav.model.ports.stores import OperationCaller
from s3nav.model.scrape_queries import QueryStatus
from s3nav.scrape.engines.file_watcher import Watcher
from s3nav.scrape.engines.list_all_program import ListAllProgram
from s3nav.scrape.engines.listing_files import read_output
from s3nav.scrape.engines.protocol import EngineEnd, ResolvedRequest, Sink
from s3nav.scrape.engines.temp_files import make_temporary, remove_temporary

COMPONENT = "aws-list-all"
POLL_S = 0.2
STOP_DEADLINE_S = 5.0
PARALLEL = 16
MAX_OUTPUT_BYTES = 64 * 1024 * 1024
KEPT_STDERR_BYTES = 2_000
_GLOBAL_SERVICES = frozenset({"iam", "cloudfront", "s3", "route53"})
_INHERITED = ("PATH", "LANG", "LC_ALL", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")


class _Child(msgspec.Struct, frozen=True):
    """The result of one child process."""

    return_code: int
    output: str
    stderr_end: str


class ListAllEngine:
    """An `Engine` that runs aws-list-all; create one for each scrape."""

    def __init__(
        self,
        caller: OperationCaller,
        program: ListAllProgram,
        *,
        scrape_id: str,
        temp_base: Path,
        aside: Path,
        watcher_timeout_s: float,
    ) -> None:
        program.check()
        self._caller = caller
        self._program = program
        self._scrape_id = scrape_id
        self._aside = aside
        self._watcher_timeout_s = watcher_timeout_s
        self._directory = make_temporary(temp_base, scrape_id)

    @property
    def command(self) -> tuple[str, ...]:
        """The command as a user would type it."""
        return ("aws-list-all", "query", "--directory", str(self._directory))

    @property
    def temp_directory(self) -> Path | None:
        """The directory that aws-list-all writes to."""
        return self._directory

    def run(
        self, request: ResolvedRequest, sink: Sink, is_cancelled: Callable[[], bool]
    ) -> EngineEnd:
        """Run a child for each region, one after another: each needs about 0.5 GB of memory."""
        watcher = Watcher(self._directory, sink, aside=self._aside)
        watcher.start()
        children: list[_Child] = []
        try:
            for region, services in _parts(request, self._caller):
                if is_cancelled() or watcher.failure is not None:
                    break
                children.append(self._ask(region, services, request, sink, is_cancelled))
        finally:
            in_time = watcher.finish(self._watcher_timeout_s)
            if not in_time:
                sink.note("FileWatcher", "some files were not read in time and were kept")
            elif watcher.failure is None:
                _record_queries_without_file(children, watcher, sink)
            keeps = not in_time or watcher.failure is not None
            cleaned = not keeps and remove_temporary(self._directory, self._scrape_id)
            if not cleaned:
                sink.note("Cleanup", f"temporary files were kept in {self._directory}")
        return EngineEnd(
            return_code=next((c.return_code for c in children if c.return_code), 0),
            problem=watcher.failure or _problem(children, is_cancelled=is_cancelled()),
            files=watcher.files,
            files_processed=watcher.processed,
            files_rejected=watcher.rejected,
            temp_files_cleaned=cleaned,
            longest_delay_s=round(watcher.longest_delay_s, 3),
            temp_bytes=watcher.seen_bytes,
        )

    def _ask(
        self,
        region: str,
        services: Sequence[str],
        request: ResolvedRequest,
        sink: Sink,
        is_cancelled: Callable[[], bool],
    ) -> _Child:
        arguments = ["query", "--region", region, "--directory", str(self._directory)]
        arguments += ["--parallel", str(PARALLEL)]
        for option, names in (("--service", services), ("--operation", request.operations)):
            for name in names:
                arguments += [option, name]
        environment = _environment(self._directory, self._caller.environment(region))
        child = _run(self._program.command(*arguments), environment, is_cancelled)
        if child.return_code and not is_cancelled():
            sink.note(
                COMPONENT,
                f"aws-list-all ended with {child.return_code} in {region}",
                error=child.stderr_end,
            )
        return child


def _parts(
    request: ResolvedRequest, caller: OperationCaller
) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield each region with its services; global services only with the first region."""
    everything = request.services == caller.services()
    for number, region in enumerate(request.regions or (caller.home_region(),)):
        if number == 0:
            yield region, () if everything else request.services
            continue
        regional = [name for name in request.services if name not in _GLOBAL_SERVICES]
        if regional:
            yield region, regional


def _environment(home: Path, secrets: Mapping[str, str]) -> dict[str, str]:
    """Return an environment with s3nav's credentials and without the user's AWS settings."""
    passed = {
        name: value
        for name, value in os.environ.items()
        if name in _INHERITED or name.lower().endswith("_proxy")
    }
    return {
        **passed,
        **secrets,
        "HOME": str(home),
        "PYTHONUNBUFFERED": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _run(
    command: list[str], environment: Mapping[str, str], is_cancelled: Callable[[], bool]
) -> _Child:
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(environment),
        start_new_session=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    output, words = _Tail(child.stdout, MAX_OUTPUT_BYTES), _Tail(child.stderr, KEPT_STDERR_BYTES)
    try:
        while child.poll() is None:
            if is_cancelled():
                _stop(child)
                break
            # `wait` returns as soon as the child ends; a sleep would not.
            _wait(child, POLL_S)
    finally:
        child.stdin.close()
        if child.poll() is None:
            _stop(child)
    return _Child(child.returncode, output.text(), words.text()[-KEPT_STDERR_BYTES:].strip())


def _wait(child: "subprocess.Popen[bytes]", seconds: float) -> None:
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        return


def _stop(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    _wait(child, STOP_DEADLINE_S)
    if child.poll() is None:
        child.kill()
        _wait(child, STOP_DEADLINE_S)


class _Tail:
    """Reads a pipe in a thread so that the child never blocks on it; keeps the last bytes."""

    def __init__(self, pipe: IO[bytes], most: int) -> None:
        self._pipe, self._most = pipe, most
        self._bytes = bytearray()
        self._thread = threading.Thread(target=self._read, name="s3nav-scrape-pipe", daemon=True)
        self._thread.start()

    def text(self) -> str:
        """Return the kept bytes as text, after the pipe has ended."""
        self._thread.join(STOP_DEADLINE_S)
        return self._bytes.decode("utf-8", "replace")

    def _read(self) -> None:
        with self._pipe:
            while some := self._pipe.read1(65536):  # type: ignore[attr-defined]  # buffered
                self._bytes += some
                if len(self._bytes) > 2 * self._most:
                    del self._bytes[: -self._most]


def _record_queries_without_file(children: Sequence[_Child], watcher: Watcher, sink: Sink) -> None:
    """Record the queries without a stored file: empty, denied, failed, or with invalid JSON."""
    for child in children:
        for listing in read_output(child.output):
            query_result = listing.query_result
            identity = (query_result.service, query_result.region, query_result.operation)
            if identity in watcher.stored:
                continue
            if identity in watcher.broken:
                query_result = replace(
                    query_result, status=QueryStatus.TRUNCATED, code="invalid-json"
                )
            sink.expect(1)
            sink.found(query_result)


def _problem(children: Sequence[_Child], *, is_cancelled: bool) -> S3NavError | None:
    codes = sorted({child.return_code for child in children if child.return_code})
    if not codes or is_cancelled:
        return None
    exit_codes = " and ".join(map(str, codes))
    return PartialFailureError(
        f"aws-list-all ended with {exit_codes}",
        remedy="`s3nav --headless scrape logs` shows the end of its error output",
        slug="engine-failed",
    )
