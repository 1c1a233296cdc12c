"""The log: JSON lines in a rotating file of the user's own, with nothing secret in it."""

import contextlib
import json
import logging
import os
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from s3nav.persistence.atomic_files import PRIVATE_FILE_MODE
from s3nav.persistence.directories import PRIVATE_DIRECTORY_MODE

FILE_BYTES = 10_000_000
FILES_KEPT = 5
HIDDEN = "…"

_ROOT = "s3nav"
_SHORTEST_SECRET = 6
"""Shorter values are not credentials, and hiding them would eat half of every message."""

_SECRET_NAMES = (
    r"x-amz-signature|x-amz-credential|x-amz-security-token|signature|awsaccesskeyid"
    r"|(?:aws_?)?secret_?(?:access_?)?key|(?:aws_?)?session_?token|password"
)
_SECRETS = (
    # A header's value may hold spaces and commas: everything to the end of the line or string.
    (re.compile(r"(authorization[\"']?\s*[:=]\s*[\"']?)[^\r\n\"'}\\]+", re.I), rf"\1{HIDDEN}"),
    (re.compile(r"AWS4-[A-Z0-9-]+ Credential=[^\r\n\"'}\\]+"), HIDDEN),
    (
        re.compile(rf"((?:{_SECRET_NAMES})[\"']?\s*(?:[=:]|%3D)\s*[\"']?)[^\s&\"'<>,}}\\]+", re.I),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"\b((?:AKIA|ASIA)[A-Z0-9]{2})[A-Z0-9]{8,}"), rf"\1{HIDDEN}"),
)
_SECRET_FIELD = re.compile(rf"(?:{_SECRET_NAMES}|authorization|access_?key)", re.I)
_PLAIN_ATTRIBUTES = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Redactor:
    """Make text fit for the log: known secrets and whatever looks like one become ``…``."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # The longest first, so that a secret that contains another leaves nothing behind.
        self._known = sorted({s for s in secrets if len(s) >= _SHORTEST_SECRET}, key=len)[::-1]

    def text(self, text: str) -> str:
        """`text` without secrets, Authorization headers and presigned URL queries."""
        for secret in self._known:
            text = text.replace(secret, HIDDEN)
        for pattern, replacement in _SECRETS:
            text = pattern.sub(replacement, text)
        return text

    def field(self, name: str, value: object) -> object:
        """A log field's value as JSON can hold it, redacted; wholly when its name says so."""
        if _SECRET_FIELD.fullmatch(name):
            return HIDDEN
        match value:
            case None | bool() | int() | float():
                return value
            case dict():
                return {
                    self.text(str(key)): self.field(str(key), each) for key, each in value.items()
                }
            case list() | tuple() | set() | frozenset():
                return [self.field("", each) for each in value]
            case _:
                return self.text(str(value))


class JsonLines(logging.Formatter):
    """One record as one JSON object: timestamp, level, logger, message, then its own fields."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """ASCII only: a log that any tool in any locale can read."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {
            "timestamp": moment.replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": self._redactor.text(record.getMessage()),
        }
        for name, value in vars(record).items():
            if name not in _PLAIN_ATTRIBUTES and name not in line:
                line[self._redactor.text(name)] = self._redactor.field(name, value)
        if record.exc_info:
            line["error"] = self._redactor.text(self.formatException(record.exc_info))
        return json.dumps(line)


class _Narrated(logging.Formatter):
    """``2024-01-15 10:30:15 - INFO - message``, for a terminal; without the traceback."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__("%(asctime)s - %(levelname)s - %(message)s", "%Y-%m-%d %H:%M:%S")
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        record.message = record.getMessage()
        record.asctime = self.formatTime(record, self.datefmt)
        return self._redactor.text(self.formatMessage(record))

    def traceback(self, record: logging.LogRecord) -> list[str]:
        """Its lines, indented: what stands in an error can look like no line of ours."""
        if not record.exc_info:
            return []
        text = self._redactor.text(self.formatException(record.exc_info))
        return [f"  {line}" for line in text.splitlines()]


class _PrivateRotatingFile(RotatingFileHandler):
    """Opened with the first record, readable by its owner alone; never stops the program."""

    def _open(self) -> TextIOWrapper:
        path = Path(self.baseFilename)
        path.parent.mkdir(mode=PRIVATE_DIRECTORY_MODE, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, PRIVATE_FILE_MODE)
        return TextIOWrapper(os.fdopen(descriptor, "wb"), encoding="utf-8", write_through=True)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        """A log that cannot be written is given up in silence: the work matters more."""


class _Echo(logging.Handler):
    """Repeats every record to a person, line by line."""

    def __init__(self, say: Callable[[str], None], formatter: _Narrated) -> None:
        super().__init__()
        self._say = say
        self._narrated = formatter

    def emit(self, record: logging.LogRecord) -> None:
        self._say(self._narrated.format(record))
        for line in self._narrated.traceback(record):
            self._say(line)


class LogStream:
    """The log of one run; close it when the run ends."""

    def __init__(
        self,
        file: Path,
        *,
        level: str,
        secrets: Iterable[str] = (),
        echo: Callable[[str], None] | None = None,
    ) -> None:
        redactor = Redactor(secrets)
        self.file = file
        self._logger = logging.getLogger(_ROOT)
        self._level_before = self._logger.level
        handler: logging.Handler = _PrivateRotatingFile(
            file, maxBytes=FILE_BYTES, backupCount=FILES_KEPT, delay=True
        )
        handler.setFormatter(JsonLines(redactor))
        handler.setLevel(level)
        self._handlers = [handler]
        if echo is not None:
            self._handlers.append(_Echo(echo, _Narrated(redactor)))
        self._logger.setLevel(logging.DEBUG if echo is not None else level)
        for each in self._handlers:
            self._logger.addHandler(each)

    def close(self) -> None:
        """Detach from logging and close the file. Calling it twice is fine."""
        for handler in self._handlers:
            self._logger.removeHandler(handler)
            # What is left is written now: on a full disk it cannot, which is no reason to fail.
            with contextlib.suppress(OSError):
                handler.close()
        self._handlers = []
        self._logger.setLevel(self._level_before)
