"""One command line: its arguments, and the settings, log, demo and session opened for it."""

import itertools
import logging
import re
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
from s3nav.model.places import DEMO, SCHEME
from s3nav.model.text.plain_messages import command, connected, quoted, without_password
from s3nav.persistence import OPEN_DIRECTORY, Directories, LogStream
from s3nav.present.formatting import Column, Row
from s3nav.present.headless_line import RECORDED_OPTIONS
from s3nav.settings import HIDDEN, SECRET_FIELDS, Loaded, load_settings

if TYPE_CHECKING:
    from s3nav.present.cockpit_opening import Opening
    from s3nav.session import Session

logger = logging.getLogger(__name__)

DEMO_RESET = "--demo-reset"
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
"""Settings that select the S3 endpoint, the credentials and the journal, with their options."""
PRICE_OPTIONS = MappingProxyType(
    {
        "pricing_output_dir": "--output-dir",
        "pricing_cache_dir": "--cache-dir",
        "pricing_base_url": "--base-url",
    }
)
"""Settings for where price files come from and are stored, with their options."""
PRICE_COMMANDS = (("pricing", "download"), ("pricing", "services"))
"""The commands with the options of `PRICE_OPTIONS`."""
SECRET_VARIABLES = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
SECRET_OPTIONS = frozenset("--" + name.replace("_", "-") for name in SECRET_FIELDS)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """What a command line needs from outside: other packages, the process, the clock."""

    open_session: "Callable[[Loaded, Mapping[str, str]], Session]"
    open_cockpit: "Callable[[Session, Opening], int]"
    serve: "Callable[[Session, str, int, Callable[[str], None]], None]"
    """Session, host, port, and the function that shows the URL."""
    start_demo: Callable[[Path], AbstractContextManager[Mapping[str, object]]]
    """Takes the demo's directory; yields the settings that connect a session to the demo."""
    reset_demo: Callable[[Path], None]
    environment: Mapping[str, str]
    name: str = "s3nav"
    """The name that runs this program in the user's shell; hints use it."""
    stdin: TextIO | None
    stdout: TextIO | None
    """None when the descriptor is closed, like `sys.stdout`."""
    stderr: TextIO | None
    now: Callable[[], datetime] = _utc_now


def origin(loaded: Loaded, message: str) -> str:
    """Name the setting whose value a message quotes, and its source; empty for typed values."""
    for name, value in msgspec.structs.asdict(loaded.settings).items():
        source = loaded.sources[name]
        if source not in {"default", "flag"} and isinstance(value, str) and f"`{value}`" in message:
            return f"`{name}` of {source}"
    return ""


class CommandLine:
    """One command line. Settings, log, demo and session are opened at their first use."""

    def __init__(self, program: Program, arguments: Sequence[str]) -> None:
        self.program = program
        self.arguments = tuple(arguments)
        self.output = Output(program.stdout)
        self.flags: dict[str, object] = {}
        """Settings typed as options, by field name."""
        self.typed_as: dict[str, str] = {}
        """The option that set each of them, as typed."""
        self.headless = False
        self.demo = False
        self.demo_reset = False
        """True to remove the demo's directory first."""
        self.verbose = False
        self.config: Path | None = None
        self.log_file: Path | None = None
        """None until settings have been loaded."""
        self.implied_command = ""
        """The command to add for a script when only a place, or nothing, was typed."""
        self.exit_code = EXIT_OK
        self._resources = ExitStack()
        self._complete: list[str] = []
        """Command lines that hints leave as they are."""

    @cached_property
    def narration(self) -> Narration:
        """Standard error."""
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
        """The demo's data directory: `--data-dir`, else one inside the user's own."""
        if typed := self.flags.get("data_dir"):
            return Path(str(typed))
        try:
            users = load_settings(
                file=Directories.of_user().config_file,
                must_exist=False,
                environment=self.program.environment,
                flags={},
            )
        except UsageError:  # the demo does not need the user's settings
            return Directories.of_user(self.program.environment.get("S3NAV_DATA_DIR")).demo
        return Directories.of_user(users.settings.data_dir).demo

    @cached_property
    def loaded(self) -> Loaded:
        """Settings from all layers; loading them opens the log. Raises UsageError."""
        if typed := sorted(SECRET_FIELDS - {"access_key"} & self.flags.keys()):
            options = " and ".join("--" + name.replace("_", "-") for name in typed)
            self.narration.warn(
                f"other users can read {options} in `ps`; use a profile or AWS_… variables"
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
            # The demo's port changes between runs, but scans of earlier runs are still valid.
            loaded = msgspec.structs.replace(loaded, endpoint_name=DEMO)
        self._open_log(loaded)
        return loaded

    @cached_property
    def session(self) -> "Session":
        """The session of this run."""
        session = self.program.open_session(self.loaded, self.program.environment)
        self._resources.callback(session.close)
        return session

    def open_cockpit(self, opening: "Opening") -> None:
        """Run the cockpit. Raises UsageError without a terminal."""
        if not self.is_on_terminal:
            raise UsageError(
                "the cockpit needs a terminal as standard input and output",
                remedy=f"`{self.as_headless()}` runs it without",
                slug="not-a-terminal",
            )
        self.exit_code = self.program.open_cockpit(self.session, opening)

    @property
    def is_on_terminal(self) -> bool:
        """True when standard input and output are terminals."""
        streams = (self.program.stdin, self.program.stdout)
        return all(stream is not None and stream.isatty() for stream in streams)

    def as_headless(self, arguments: Sequence[str] | None = None) -> str:
        """An equivalent command line for a script, without secrets; of `arguments` if given."""
        words: list[str] = []
        # Running a reset again would remove the results of this run.
        given = self.arguments if arguments is None else arguments
        for word in ("--demo" if word == DEMO_RESET else word for word in given):
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
        """The typed connection options, by setting, as words of a command line; no secrets."""
        typed: dict[str, Sequence[str]] = {"demo": ["--demo"]} if self.demo else {}
        if self.config is not None:
            typed["config"] = ["--config", str(self.config)]
        for setting, option in CONNECTION_OPTIONS.items():
            value = self.flags.get(setting)
            if value is not None:
                shown = without_password(str(value))
                typed[setting] = [option] if isinstance(value, bool) else [option, shown]
        return typed

    def unconnected(self, *words: str) -> str:
        """A command line with this run's files, but not its S3; `hint` leaves it as it is."""
        kept = (typed for name, typed in self.connection.items() if name not in RECORDED_OPTIONS)
        options = itertools.chain.from_iterable(kept)
        self._complete.append(command(*options, *words))
        return self._complete[-1]

    def hint(self, text: str) -> str:
        """Add this run's connection options to every command line in `text`."""
        options = list(itertools.chain.from_iterable(self.connection.values()))
        complete = map(re.escape, [*self._complete, self.as_headless()])
        parts = re.split(f"({'|'.join(complete)})", text)
        parts[::2] = [connected(self._with_price_places(part), options) for part in parts[::2]]
        return "".join(parts)

    def _with_price_places(self, text: str) -> str:
        """Add the typed price options to the commands in `text` that take them."""
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
        """Write rows to standard output; without rows, write `none` to standard error."""
        if not self.output.rows(columns, rows):
            self.output.flush()
            self.narration.say(none)

    def close(self) -> None:
        """Close what was opened, in reverse order. Calling it twice is fine."""
        self._resources.close()

    def _start_demo(self) -> Mapping[str, object]:
        if self.demo_reset:
            if self.flags.get("data_dir"):
                raise UsageError(
                    f"{DEMO_RESET} never removes a directory named with --data-dir",
                    remedy="leave out one of them, or remove the directory yourself",
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
            # Commands that keep nothing work without it; the others say what is wrong. Volumes of
            # containers are often open to everyone, and their mode cannot be changed.
            if error.reference == OPEN_DIRECTORY:
                self.narration.warn(f"{error.message}; {error.remedy}")
        self.log_file = directories.log_file
        if settings.log_file:
            self.log_file = Path(settings.log_file).expanduser()
        secrets = [settings.access_key, settings.secret_key, settings.session_token]
        secrets += [self.program.environment.get(name) for name in SECRET_VARIABLES]
        log = LogStream(
            self.log_file,
            level=settings.log_level,
            secrets=[secret for secret in secrets if secret],
            # Log lines would damage the cockpit's screen.
            echo=self.narration.say if self.verbose and self.headless else None,
        )
        self._resources.callback(log.close)
        logger.info("started", extra={"command": self.as_headless()})
