"""The log: JSON lines in a private rotating file, with secrets redacted."""

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
from s3nav.persistence.directories import make_private, make_private_directory

FILE_BYTES = 10_000_000
FILES_KEPT = 5
HIDDEN = "…"

_ROOT = "s3nav"
_SHORTEST_SECRET = 6
"""Shorter values are not credentials, and hiding them would garble most messages."""

_SECRET_NAMES = (
    r"x-amz-signature|x-amz-credential|x-amz-security-token|signature|awsaccesskeyid"
    r"|(?:aws_?)?secret_?(?:access_?)?key|(?:aws_?)?session_?token|password"
)
_SECRETS = (
    # A header's value can contain spaces and commas: hide all to the end of the line or string.
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
    """Replaces known secrets, and text that looks like one, by ``…``."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # The longest first: if one secret contains another, no part of it is left.
        self._known = sorted({s for s in secrets if len(s) >= _SHORTEST_SECRET}, key=len)[::-1]

    def text(self, text: str) -> str:
        """Return `text` without secrets, Authorization headers and presigned URL queries."""
        for secret in self._known:
            text = text.replace(secret, HIDDEN)
        for pattern, replacement in _SECRETS:
            text = pattern.sub(replacement, text)
        return text

    def field(self, name: str, value: object) -> object:
        """Return a log field's value for JSON, redacted, or hidden if its name is a secret's."""
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
    """Formats a record as a JSON object: timestamp, level, logger, message, then its fields."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """Format a record in ASCII, which any tool in any locale can read."""
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


class _TerminalFormatter(logging.Formatter):
    """Formats a record for a terminal: ``2024-01-15 10:30:15 - INFO - message``."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__("%(asctime)s - %(levelname)s - %(message)s", "%Y-%m-%d %H:%M:%S")
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        record.message = record.getMessage()
        record.asctime = self.formatTime(record, self.datefmt)
        return self._redactor.text(self.formatMessage(record))

    def traceback(self, record: logging.LogRecord) -> list[str]:
        """Return the traceback's lines, indented so that none can be mistaken for a record."""
        if not record.exc_info:
            return []
        text = self._redactor.text(self.formatException(record.exc_info))
        return [f"  {line}" for line in text.splitlines()]


class _PrivateRotatingFile(RotatingFileHandler):
    """A log file opened on the first record, readable only by its owner."""

    def _open(self) -> TextIOWrapper:
        path = Path(self.baseFilename)
        make_private_directory(path.parent)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, PRIVATE_FILE_MODE)
        make_private(descriptor)
        return TextIOWrapper(os.fdopen(descriptor, "wb"), encoding="utf-8", write_through=True)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        """Ignore write errors: a full disk must not stop the program."""


class _Echo(logging.Handler):
    """Prints every record to the terminal, line by line."""

    def __init__(self, print_line: Callable[[str], None], formatter: _TerminalFormatter) -> None:
        super().__init__()
        self._print_line = print_line
        self._formatter = formatter

    def emit(self, record: logging.LogRecord) -> None:
        self._print_line(self._formatter.format(record))
        for line in self._formatter.traceback(record):
            self._print_line(line)


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
            self._handlers.append(_Echo(echo, _TerminalFormatter(redactor)))
        self._logger.setLevel(logging.DEBUG if echo is not None else level)
        for each in self._handlers:
            self._logger.addHandler(each)
        # Warnings of libraries quote servers as they are; without any handler, Python prints them.
        self._silence = logging.NullHandler()
        logging.getLogger().addHandler(self._silence)

    def close(self) -> None:
        """Detach from logging and close the file; may be called twice."""
        for handler in self._handlers:
            self._logger.removeHandler(handler)
            # Closing flushes the buffer, which can fail on a full disk: not a reason to fail.
            with contextlib.suppress(OSError):
                handler.close()
        self._handlers = []
        logging.getLogger().removeHandler(self._silence)
        self._logger.setLevel(self._level_before)
