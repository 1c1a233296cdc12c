"""Store and delete each file that aws-list-all writes, as soon as it is closed.

aws-list-all writes a file in many small pieces, so an open file may hold incomplete JSON. Files
without a notification from the system are found by a last scan after the writer has ended.
"""

import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path

from watchdog.events import FileClosedEvent, FileMovedEvent, FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from s3nav.model.errors import S3NavError
from s3nav.model.waits import put, take
from s3nav.scrape.engines.listing_files import UnreadableListingError, read_listing
from s3nav.scrape.engines.protocol import Sink
from s3nav.scrape.engines.temp_files import keep_aside

COMPONENT = "FileWatcher"
QUEUE_BOUND = 100_000
Identity = tuple[str, str | None, str]


class Watcher:
    """Watches one directory from `start` to `finish`."""

    def __init__(
        self, directory: Path, sink: Sink, *, aside: Path, now: Callable[[], float] = time.time
    ) -> None:
        self.files = 0
        self.processed = 0
        self.rejected = 0
        self.seen_bytes = 0
        self.longest_delay_s = 0.0
        self.stored: set[Identity] = set()
        """Queries whose answer is stored."""
        self.broken: set[Identity] = set()
        """Queries whose file could not be read."""
        self.failure: S3NavError | None = None
        self._directory = directory
        self._sink = sink
        self._aside = aside
        self._now = now
        self._queue: queue.Queue[Path | None] = queue.Queue(QUEUE_BOUND)
        self._observer = Observer()
        self._thread = threading.Thread(target=self._work, name="s3nav-scrape-files", daemon=True)

    def start(self) -> None:
        """Start watching; if the system cannot, note it and leave all files to the last scan."""
        self._thread.start()
        try:
            self._observer.schedule(_FileEvents(self._enqueue), str(self._directory))
            self._observer.start()
        except OSError as error:
            self._sink.note(COMPONENT, "files are read only at the end", error=str(error))

    def finish(self, timeout_s: float) -> bool:
        """Process the remaining files after the writer has ended; False on timeout."""
        deadline = time.monotonic() + timeout_s
        if self._observer.is_alive():
            self._observer.stop()
            self._observer.join(timeout_s)
        for path in sorted(self._directory.glob("*.json")):
            self._enqueue(path)
        put(self._queue, None, self._thread)
        self._thread.join(max(deadline - time.monotonic(), 0.1))
        return not self._thread.is_alive()

    def _enqueue(self, path: Path) -> None:
        put(self._queue, path, self._thread)

    def _work(self) -> None:
        while (path := take(self._queue)) is not None:
            # A file can be reported twice, or found again by the last scan.
            if path.suffix == ".json" and path.exists():
                self._process(path)

    def _process(self, path: Path) -> None:
        self.files += 1
        try:
            stat = path.stat()
            listing = read_listing(path)
        except UnreadableListingError as problem:
            self._reject(path, str(problem))
            return
        except OSError as error:
            self._reject(path, str(error.strerror))
            return
        query_result = listing.query_result
        try:
            self._sink.found(query_result)
        except S3NavError as error:
            self.failure = self.failure or error
            return  # keep the file: its content is not stored anywhere else
        self.processed += 1
        self.seen_bytes += stat.st_size
        self.longest_delay_s = max(self.longest_delay_s, self._now() - stat.st_mtime)
        self.stored.add((query_result.service, query_result.region, query_result.operation))
        path.unlink(missing_ok=True)

    def _reject(self, path: Path, problem: str) -> None:
        self.rejected += 1
        parts = path.stem.split("_")
        if len(parts) >= 3:
            region = None if parts[2] == "None" else parts[2]
            self.broken.add((parts[0], region, parts[1]))
        kept = keep_aside(path, problem, self._aside, move=True)
        self._sink.note(
            COMPONENT,
            f"Failed to process file: {path}",
            error=f"{problem}; kept at {kept.kept_at}" if kept.kept_at else problem,
            file_path=str(path),
        )


class _FileEvents(FileSystemEventHandler):
    """Reports files that were closed or renamed by their writer."""

    def __init__(self, on_complete: Callable[[Path], None]) -> None:
        self._on_complete = on_complete

    def on_closed(self, event: FileSystemEvent) -> None:
        """Report a file that its writer closed."""
        if isinstance(event, FileClosedEvent):
            self._on_complete(Path(str(event.src_path)))

    def on_moved(self, event: FileSystemEvent) -> None:
        """Report a file that got its final name."""
        if isinstance(event, FileMovedEvent):
            self._on_complete(Path(str(event.dest_path)))
