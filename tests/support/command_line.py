"""Run a command line in this process, on a store in memory."""

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from s3nav.aws import Identity
from s3nav.cli.main import run
from s3nav.cli.program import Program
from s3nav.model.errors import S3NavError
from s3nav.model.places import S3Uri
from s3nav.persistence import Directories
from s3nav.present.cockpit_opening import Opening
from s3nav.session import Session
from s3nav.settings import Loaded, Settings
from tests.support.fake_caller import FakeCaller
from tests.support.memory_sender import MemorySender
from tests.support.memory_store import MemoryStore

NOW = datetime(2026, 11, 20, 8, 12, 30, tzinfo=UTC)


class Terminal(io.StringIO):
    """A stream someone looks at."""

    def isatty(self) -> bool:
        return True


@dataclass(frozen=True)
class Ended:
    """What a command line left behind."""

    exit_code: int
    stdout: str
    stderr: str


@dataclass
class Shell:
    """A place to run command lines in; what it opened can be looked at afterwards."""

    store: MemoryStore = field(default_factory=MemoryStore)
    environment: dict[str, str] = field(default_factory=dict)
    stdin: io.StringIO = field(default_factory=io.StringIO)
    sender: MemorySender | None = None
    """None: one that writes to `store`."""
    open_store_error: S3NavError | None = None
    identity: Identity | S3NavError | None = None
    cockpits: list[tuple[S3Uri | None, str | None]] = field(default_factory=list)
    openings: list[Opening] = field(default_factory=list)
    settings: list[Settings] = field(default_factory=list)
    """Of each session opened."""
    caller: FakeCaller | None = None
    """AWS for scrapes; a new session takes the same."""
    demo_flags: Mapping[str, object] = field(default_factory=dict)
    demos: list[str] = field(default_factory=list)
    demo_directories: list[Path] = field(default_factory=list)
    reset_demos: list[Path] = field(default_factory=list)
    during: Callable[[Session], None] = lambda session: None
    """Called when a session has been opened."""

    def run(self, *arguments: str, terminal: bool = False) -> Ended:
        """Run one command line to its end."""
        stdout, stderr = (Terminal(), Terminal()) if terminal else (io.StringIO(), io.StringIO())
        code = run(arguments, self.program(stdout, stderr, Terminal() if terminal else self.stdin))
        return Ended(code, stdout.getvalue(), stderr.getvalue())

    def headless(self, *arguments: str) -> Ended:
        """Run one scripted command line to its end."""
        return self.run("--headless", *arguments)

    def program(
        self, stdout: io.TextIOBase | None, stderr: io.StringIO | None, stdin: io.StringIO
    ) -> Program:
        """The program, with these streams and this shell's fakes."""
        return Program(
            open_session=self._open_session,
            open_cockpit=self._open_cockpit,
            serve=self._serve,
            start_demo=self._start_demo,
            reset_demo=self.reset_demos.append,
            environment=self.environment,
            stdin=stdin,
            stdout=stdout,  # type: ignore[arg-type]  # a broken stream is no TextIO, and must do
            stderr=stderr,
            now=lambda: NOW,
        )

    def _open_session(self, loaded: Loaded, environment: Mapping[str, str]) -> Session:
        session = Session(
            loaded,
            environment,
            open_store=self._open_store,
            open_writer=self._open_writer,
            check_identity=self._check_identity,
            open_caller=self._open_caller,
        )
        self.settings.append(loaded.settings)
        self.during(session)
        return session

    def _open_store(self, _settings: Settings, _directories: Directories) -> MemoryStore:
        if self.open_store_error:
            raise self.open_store_error
        return self.store

    def _open_writer(
        self, _settings: Settings, _directories: Directories, _region_of: Callable[[str], str]
    ) -> MemorySender:
        return self.sender or MemorySender(self.store)

    def _open_caller(
        self, _settings: Settings, _directories: Directories, _max_rate: float
    ) -> FakeCaller:
        return self.caller or FakeCaller({})

    def _check_identity(self, _settings: Settings, _directories: Directories) -> Identity:
        if isinstance(self.identity, Identity):
            return self.identity
        raise self.identity or S3NavError("the test named no identity")

    def _open_cockpit(self, session: Session, opening: Opening) -> int:
        self.cockpits.append((opening.place, opening.pane))
        self.openings.append(opening)
        return 0

    def _serve(self, _session: Session, host: str, port: int, ready: Callable[[str], None]) -> None:
        ready(f"http://{host}:{port}")

    @contextmanager
    def _start_demo(self, directory: Path) -> Iterator[Mapping[str, object]]:
        self.demo_directories.append(directory)
        self.demos.append("started")
        yield self.demo_flags
        self.demos.append("ended")
