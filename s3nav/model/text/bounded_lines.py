"""Read lines of a file that may have absurdly long ones, as a gzip bomb does."""

from collections.abc import Iterator
from typing import IO, AnyStr

import msgspec

UNDECODABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding JSON of unknown origin raises; RecursionError when it is nested too deeply."""


class LineTooLongError(ValueError):
    """A line is longer than any that makes sense."""


def bounded_lines(file: IO[AnyStr], longest: int) -> Iterator[AnyStr]:
    """Yield the lines of a file. Raises LineTooLongError above `longest` characters or bytes."""
    number = 0
    while line := file.readline(longest + 1):
        number += 1
        if len(line) > longest:
            raise LineTooLongError(f"line {number} is longer than {longest:,}")
        yield line
