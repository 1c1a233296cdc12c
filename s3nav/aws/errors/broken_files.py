"""Say what is wrong with a file of ``~/.aws``.

Its lines are not quoted: they may hold secrets.
"""

import codecs
import configparser
from typing import TYPE_CHECKING

from s3nav.model.errors import CredentialsError

if TYPE_CHECKING:
    from botocore import exceptions as boto

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MARK = "it begins with a byte order mark; save it as UTF-8 without one"


def broken_file(error: "boto.ConfigParseError") -> CredentialsError:
    """The error for a file that botocore cannot parse."""
    path, cause = error.kwargs.get("path", "~/.aws"), error.kwargs.get("error")
    return CredentialsError(
        f"`{path}` cannot be parsed: {_reason(cause)}",
        remedy=f"correct it in `{path}`, or name another file in AWS_CONFIG_FILE or "
        "AWS_SHARED_CREDENTIALS_FILE",
        slug="bad-credentials-file",
    )


def _reason(cause: object) -> str:
    if isinstance(cause, configparser.Error):
        return _misplaced(cause)
    if isinstance(cause, UnicodeDecodeError):
        return _MARK if cause.object.startswith(_UTF_16) else "it is not UTF-8"
    return "an indented line is not `name = value`"


def _misplaced(cause: configparser.Error) -> str:
    match cause:
        case configparser.DuplicateSectionError():
            return f"line {cause.lineno}: the section `[{cause.section}]` is there already"
        case configparser.DuplicateOptionError():
            return f"line {cause.lineno}: `{cause.option}` is there already in `[{cause.section}]`"
        case configparser.MissingSectionHeaderError() if cause.line.startswith("\ufeff"):
            return _MARK
        case configparser.MissingSectionHeaderError():
            return f"line {cause.lineno} is before the first section, as `[default]`"
        case configparser.ParsingError():
            numbers = ", ".join(str(number) for number, _ in cause.errors[:3])
            return f"line {numbers}: neither a section nor `name = value`"
        case _:
            return type(cause).__name__
