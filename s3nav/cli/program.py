"""One command line: what was typed, and what is opened because of it."""

import itertools
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TextIO

import msgspec

from s3nav.cli.narration import Narration
from s3nav.cli.output import Output
from s3nav.model.errors import EXIT_OK, LocalDiskError, UsageError
from s3nav.model.places import SCHEME
from s3nav.model.text.command_line import connected, quoted, without_password
from s3nav.persistence import OPEN_DIRECTORY, Directories, LogStream
from s3nav.present.formatting import Column, Row
from s3nav.settings import HIDDEN, SECRET_FIELDS, Loaded, load_settings

if TYPE_CHECKING:
    from s3nav.present.cockpit_opening import Opening
    from s3nav.session import Session

logger = logging.getLogger(__name__)

DEMO_RESET = "--demo-reset"
DEMO = "demo"
"""Under this name scans of the demo are kept."""
CONNECTION_OPTIONS = MappingProxyType(
    {
        "profile": "--profile",
        "use_aws_cli_creds": "--use-aws-cli-creds",
        "anonymous": "--anonymous",
        "region": "--region",
        "endpoint_url": "--endpoint-url",
        "path_style": "--path-style",
        "verify_ssl": "--no-verify-ssl",
        "ca_bundle": "--ca-bundle",
        "data_dir": "--data-dir",
    }
)
"""Settings that say which S3 and which journal a command is about, and their options."""
PRICE_OPTIONS = MappingProxyType(
    {
        "pricing_output_dir": "--output-dir",
        "pricing_cache_dir": "--cache-dir",
        "pricing_base_url": "--base-url",
    }
)
"""Settings that say where price files come from and go to, and their options."""
PRICE_COMMANDS = (("pricing", "download"), ("pricing", "services"))
"""The commands that have them."""
SECRET_VARIABLES = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
SECRET_OPTIONS = frozenset("--" + name.replace("_", "-") for name in SECRET_FIELDS)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line is given from outside: the other packages, the process, the clock."""

    open_session: "Callable[[Loaded, Mapping[str, str]], Session]"
    open_cockpit: "Callable[[Session, Opening], int]"
    serve: "Callable[[Session, str, int, Callable[[str], None]], None]"
    """Session, host, port, and the function that shows the URL."""
    start_demo: Callable[[Path], AbstractContextManager[Mapping[str, object]]]
    """Given the demo's directory; fields of Settings that lead a session there."""
    reset_demo: Callable[[Path], None]
    environment: Mapping[str, str]
    name: str = "s3nav"
    """How a shell in this directory finds the program; hints say it."""
    stdin: TextIO | None
    stdout: TextIO | None
    """None when the descriptor is closed, as Python has it."""
    stderr: TextIO | None
    now: Callable[[], datetime] = _utc_now


def origin(loaded: Loaded, message: str) -> str:
    """Which setting has the value that a message quotes, and where; empty for what was typed."""
    for name, value in msgspec.structs.asdict(loaded.settings).items():
        source = loaded.sources[name]
        if source not in {"default", "flag"} and isinstance(value, str) and f"`{value}`" in message:
            return f"`{name}` of {source}"
    return ""


class CommandLine:
    """One command line. Opens settings, log, demo and session when a command first asks."""

    def __init__(self, program: Program, arguments: Sequence[str]) -> None:
        self.program = program
        self.arguments = tuple(arguments)
        self.output = Output(program.stdout)
        self.flags: dict[str, object] = {}
        """Settings typed as options, by field name."""
        self.typed_as: dict[str, str] = {}
        """The options they were typed as."""
        self.headless = False
        self.demo = False
        self.demo_reset = False
        """Whether the demo's directory is removed first."""
        self.verbose = False
        self.config: Path | None = None
        self.log_file: Path | None = None
        """Known when settings have been loaded."""
        self.implied_command = ""
        """What a script would have to type where the cockpit needs no command."""
        self.exit_code = EXIT_OK
        self._resources = ExitStack()

    @cached_property
    def narration(self) -> Narration:
        """Standard error; a command that has nothing to say does without."""
        program = self.program
        return Narration(program.stderr, program.environment, name=program.name, hint=self.hint)

    @property
    def config_file(self) -> Path:
        """The settings file of this run, whether it exists or not."""
        if self.demo:
            return self.config or self.demo_directory / Directories.of_user().config_file.name
        return self.config or Directories.of_user().config_file

    @cached_property
    def demo_directory(self) -> Path:
        """Where the demo keeps its data: `--data-dir`, else beside the user's own."""
        if typed := self.flags.get("data_dir"):
            return Path(str(typed))
        try:
            users = load_settings(
                file=Directories.of_user().config_file,
                must_exist=False,
                environment=self.program.environment,
                flags={},
            )
        except UsageError:  # the demo needs none of the user's settings
            return Directories.of_user(self.program.environment.get("S3NAV_DATA_DIR")).demo
        return Directories.of_user(users.settings.data_dir).demo

    @cached_property
    def loaded(self) -> Loaded:
        """Settings from all layers; the log is open from here on. Raises UsageError."""
        if typed := sorted(SECRET_FIELDS - {"access_key"} & self.flags.keys()):
            options = " and ".join("--" + name.replace("_", "-") for name in typed)
            self.narration.warn(
                f"{options} can be read by others in `ps`; a profile or AWS_… variables cannot"
            )
        flags = dict(self.flags)
        if self.demo:
            flags = {**self._start_demo(), **flags}
        loaded = load_settings(
            file=self.config_file,
            must_exist=self.config is not None,
            environment=self.program.environment,
            flags=flags,
            typed_as=self.typed_as,
        )
        if self.demo:
            # The demo's port may differ; what was counted yesterday is of the same S3.
            loaded = msgspec.structs.replace(loaded, endpoint_name=DEMO)
        self._open_log(loaded)
        return loaded

    @cached_property
    def session(self) -> "Session":
        """The session of this run, opened when first asked for."""
        session = self.program.open_session(self.loaded, self.program.environment)
        self._resources.callback(session.close)
        return session

    def open_cockpit(self, opening: "Opening") -> None:
        """Show the cockpit as asked. Raises UsageError without a terminal."""
        if not self.is_on_terminal:
            raise UsageError(
                "the cockpit needs a terminal, and standard input or output is none",
                remedy=f"`{self.as_headless()}` runs it without",
                slug="not-a-terminal",
            )
        self.exit_code = self.program.open_cockpit(self.session, opening)

    @property
    def is_on_terminal(self) -> bool:
        """True when someone can see the screen and type."""
        streams = (self.program.stdin, self.program.stdout)
        return all(stream is not None and stream.isatty() for stream in streams)

    def as_headless(self) -> str:
        """This command line for a script, without secrets."""
        words: list[str] = []
        # Typed again, a reset would remove what this run began.
        for word in ("--demo" if word == DEMO_RESET else word for word in self.arguments):
            if words and words[-1] in SECRET_OPTIONS:
                words.append(HIDDEN)
                continue
            name, equals, _ = word.partition("=")
            hidden = f"{name}={HIDDEN}" if name in SECRET_OPTIONS and equals else word
            words.append(without_password(hidden))
        if self.implied_command:
            places = (at for at, word in enumerate(words) if word.startswith(SCHEME))
            words.insert(next(places, len(words)), self.implied_command)
        if "--headless" not in words:
            words.insert(0, "--headless")
        return "s3nav " + " ".join(word if word == HIDDEN else quoted(word) for word in words)

    @property
    def connection(self) -> Mapping[str, Sequence[str]]:
        """What was typed of the connection, by setting, as words; never a secret."""
        typed: dict[str, Sequence[str]] = {"demo": ["--demo"]} if self.demo else {}
        if self.config is not None:
            typed["config"] = ["--config", str(self.config)]
        for setting, option in CONNECTION_OPTIONS.items():
            value = self.flags.get(setting)
            if value is not None:
                said = without_password(str(value))
                typed[setting] = [option] if isinstance(value, bool) else [option, said]
        return typed

    def hint(self, text: str) -> str:
        """`text` with the connection of this run in every command line that it names."""
        options = list(itertools.chain.from_iterable(self.connection.values()))
        own = self.as_headless()  # has what was typed already
        return own.join(
            connected(self._with_price_places(part), options) for part in text.split(own)
        )

    def _with_price_places(self, text: str) -> str:
        """`text` with the places of prices that were typed in each command that takes them."""
        typed = [
            [option, without_password(str(self.flags[setting]))]
            for setting, option in PRICE_OPTIONS.items()
            if setting in self.flags
        ]
        options = list(itertools.chain.from_iterable(typed))
        for words in PRICE_COMMANDS:
            text = connected(text, options, words)
        return text

    def show(self, columns: Sequence[Column], rows: Iterable[Row], *, none: str) -> None:
        """Write rows to standard output; without any, say `none` on standard error."""
        if not self.output.rows(columns, rows):
            self.output.flush()
            self.narration.say(none)

    def close(self) -> None:
        """Close what was opened, newest first; twice is fine."""
        self._resources.close()

    def _start_demo(self) -> Mapping[str, object]:
        if self.demo_reset:
            if self.flags.get("data_dir"):
                raise UsageError(
                    f"{DEMO_RESET} removes the demo's own directory, not one named with --data-dir",
                    remedy="leave one of the two out, or remove the directory yourself",
                )
            self.program.reset_demo(self.demo_directory)
        self.narration.say("starting the demo S3 …")
        return self._resources.enter_context(self.program.start_demo(self.demo_directory))

    def _open_log(self, loaded: Loaded) -> None:
        settings = loaded.settings
        directories = Directories.of_user(settings.data_dir)
        try:
            directories.create()
        except LocalDiskError as error:
            # Commands that keep nothing work without it; the others say what is wrong.
            if error.reference == OPEN_DIRECTORY:
                raise
        self.log_file = directories.log_file
        if settings.log_file:
            self.log_file = Path(settings.log_file).expanduser()
        secrets = [settings.access_key, settings.secret_key, settings.session_token]
        secrets += [self.program.environment.get(name) for name in SECRET_VARIABLES]
        log = LogStream(
            self.log_file,
            level=settings.log_level,
            secrets=[secret for secret in secrets if secret],
            # The cockpit's screen is no place for lines of a log.
            echo=self.narration.say if self.verbose and self.headless else None,
        )
        self._resources.callback(log.close)
        logger.info("started", extra={"command": self.as_headless()})
