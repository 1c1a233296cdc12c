"""Read the app's own credential store, ``.cred.json``, or create an example to edit."""

import json
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from s3nav.model.errors import CredentialsError
from s3nav.model.text.plain_messages import unfit_keys
from s3nav.persistence import refuse_open

PRIVATE_FILE_MODE = 0o600
EXAMPLE_ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
_EXAMPLE_SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
EXAMPLE_ACCESS_KEYS = frozenset({EXAMPLE_ACCESS_KEY, "AKIAIOSFODNNEXAMPLE2"})
"""Placeholders in the documentation and in setup.sh."""
_MODE_OF_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_SHAPE = '{"aws_profiles": {"NAME": {"aws_access_key_id": …, "aws_secret_access_key": …}}}'


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKeys:
    """The keys of one profile; fields missing in the file are empty."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(repr=False)
    region: str

    @property
    def problem(self) -> str:
        """Why these keys cannot be used; empty if they can."""
        if not self.access_key or not self.secret_key:
            return "needs aws_access_key_id and aws_secret_access_key"
        if is_example(self.access_key):
            return "example, not real"
        return unfit_keys(self.access_key, self.secret_key, self.session_token)


def is_example(access_key: str) -> bool:
    """Whether it is a placeholder of the documentation."""
    return access_key in EXAMPLE_ACCESS_KEYS


def read_own_store(file: Path) -> dict[str, StoredKeys]:
    """The keys of each profile, by name; empty when there is no file.

    Raises CredentialsError when other users may read the file or it is not valid, LocalDiskError
    when other users may replace it.
    """
    try:
        mode = file.stat().st_mode
        content = file.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise CredentialsError(
            f"cannot read `{file}`: {error.strerror}", remedy=f"run `chmod 600 {file}`"
        ) from error
    if mode & _MODE_OF_OTHERS:
        raise CredentialsError(
            f"`{file}` contains keys and other users may read it (mode {stat.S_IMODE(mode):04o})",
            remedy=f"run `chmod 600 {file}`",
            slug="open-credentials",
        )
    refuse_open(file.parent)
    return {name: _keys(name, entry, file) for name, entry in _profiles(content, file).items()}


def _profiles(content: bytes, file: Path) -> dict[str, object]:
    try:
        parsed: object = json.loads(content)
    except json.JSONDecodeError as error:
        # The parser's message may quote a secret, so it is left out.
        raise _malformed(file, f"not JSON, line {error.lineno}") from error
    except ValueError as error:
        raise _malformed(file, "it is not UTF-8") from error
    except RecursionError as error:
        raise _malformed(file, "it is nested too deeply") from error
    profiles = parsed.get("aws_profiles") if isinstance(parsed, dict) else None
    if not isinstance(profiles, dict):
        raise _malformed(file)
    return {str(name): entry for name, entry in profiles.items()}


def _keys(name: str, entry: object, file: Path) -> StoredKeys:
    if not isinstance(entry, dict):
        raise _malformed(file, f"profile `{name}` is not an object")
    words: dict[str, str] = {}
    for key, value in entry.items():
        if not isinstance(value, str | None):
            raise _malformed(file, f"profile `{name}`: `{key}` is not text")
        words[str(key)] = (value or "").strip()
    return StoredKeys(
        access_key=words.get("aws_access_key_id", ""),
        secret_key=words.get("aws_secret_access_key", ""),
        session_token=words.get("aws_session_token", ""),
        region=words.get("region", ""),
    )


def _malformed(file: Path, what: str = "not JSON with `aws_profiles`") -> CredentialsError:
    return CredentialsError(
        f"`{file}` is not valid: {what}",
        remedy=f"write it as {_SHAPE}",
        slug="bad-credentials-file",
    )


def create_example_store(file: Path) -> bool:
    """Write the documentation's example with mode 0600; False when the file exists already.

    Raises OSError.
    """
    keys = {"aws_access_key_id": EXAMPLE_ACCESS_KEY, "aws_secret_access_key": _EXAMPLE_SECRET_KEY}
    content = json.dumps({"aws_profiles": {"default": keys}}, indent=2) + "\n"
    try:
        with open(file, "x", encoding="utf-8", opener=_open_private) as created:
            created.write(content)
    except FileExistsError:
        return False
    return True


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, PRIVATE_FILE_MODE)
