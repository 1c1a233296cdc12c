"""Take files in as they are closed, store what they hold, and delete them.

A file is read when its writer has closed it: it is written in many small pieces, and half of it
is no JSON. What the system did not report is found by the last look when the writer has ended.
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
Place = tuple[str, str | None, str]


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
        self.places: set[Place] = set()
        """Queries whose answer is stored."""
        self.broken: set[Place] = set()
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
        """Begin; a system that cannot watch is told, and the last look does it all."""
        self._thread.start()
        try:
            self._observer.schedule(_Closed(self._hear), str(self._directory))
            self._observer.start()
        except OSError as error:
            self._sink.note(COMPONENT, "files are read at the end alone", error=str(error))

    def finish(self, timeout_s: float) -> bool:
        """The writer has ended: take in what is left; False when the time is up before that."""
        deadline = time.monotonic() + timeout_s
        if self._observer.is_alive():
            self._observer.stop()
            self._observer.join(timeout_s)
        for path in sorted(self._directory.glob("*.json")):
            self._hear(path)
        put(self._queue, None, self._thread)
        self._thread.join(max(deadline - time.monotonic(), 0.1))
        return not self._thread.is_alive()

    def _hear(self, path: Path) -> None:
        put(self._queue, path, self._thread)

    def _work(self) -> None:
        while (path := take(self._queue)) is not None:
            # Told twice, or seen by the last look as well: it is gone the second time.
            if path.suffix == ".json" and path.exists():
                self._take(path)

    def _take(self, path: Path) -> None:
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
        finding = listing.finding
        try:
            self._sink.found(finding)
        except S3NavError as error:
            self.failure = self.failure or error
            return  # the file stays: what it holds is nowhere else
        self.processed += 1
        self.seen_bytes += stat.st_size
        self.longest_delay_s = max(self.longest_delay_s, self._now() - stat.st_mtime)
        self.places.add((finding.service, finding.region, finding.operation))
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


class _Closed(FileSystemEventHandler):
    """Hears of files that their writer has closed, or moved to their place."""

    def __init__(self, tell: Callable[[Path], None]) -> None:
        self._tell = tell

    def on_closed(self, event: FileSystemEvent) -> None:
        """A file is complete."""
        if isinstance(event, FileClosedEvent):
            self._tell(Path(str(event.src_path)))

    def on_moved(self, event: FileSystemEvent) -> None:
        """A file got its name."""
        if isinstance(event, FileMovedEvent):
            self._tell(Path(str(event.dest_path)))
