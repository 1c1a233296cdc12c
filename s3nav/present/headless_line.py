"""Build command lines that do in a script what the cockpit does."""

import itertools
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from s3nav.model.places import S3Connection
from s3nav.model.text.plain_messages import command
from s3nav.settings import GIVEN_KEYS, Settings

RECORDED_OPTIONS = frozenset(
    {"demo", "profile", "anonymous", "region", "endpoint_url", "path_style"}
)
"""Connection options that a job has recorded."""
NOTHING_TYPED: Mapping[str, Sequence[str]] = MappingProxyType({})


def headless_line(
    words: Sequence[str],
    settings: Settings,
    typed: Mapping[str, Sequence[str]] = NOTHING_TYPED,
) -> str:
    """Return ``s3nav --headless …`` with this session's connection, without secrets.

    `typed` has the connection options this run was started with, by setting.
    """
    return command(*connection_words(settings, typed), *words)


def job_line(
    words: Sequence[str],
    connection: S3Connection | None,
    settings: Settings,
    typed: Mapping[str, Sequence[str]] = NOTHING_TYPED,
) -> str:
    """The command line of a job with its own connection; this session's when it is not known."""
    if connection is None:
        return headless_line(words, settings, typed)
    kept = {name: option for name, option in typed.items() if name not in RECORDED_OPTIONS}
    own = list(connection.options)
    if settings.endpoint_url and not connection.endpoint:
        own += ["--endpoint-url", ""]  # AWS, in place of the endpoint in the settings
    return command(*itertools.chain.from_iterable(kept.values()), *own, *words)


def connection_words(settings: Settings, typed: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the options that connect another run to the same S3 and the same journal."""
    connection = dict(typed)
    if "demo" not in typed:  # the demo's endpoint ends with its process
        connection |= _of_session(settings)
        if not _has_profile(settings):
            connection.pop("profile", None)
    return list(itertools.chain.from_iterable(connection.values()))


def _of_session(settings: Settings) -> dict[str, Sequence[str]]:
    connection: dict[str, Sequence[str]] = {}
    if _has_profile(settings):
        connection["profile"] = ["--profile", str(settings.profile)]
    if settings.anonymous:
        connection["anonymous"] = ["--anonymous"]
    if settings.endpoint_url:
        connection["endpoint_url"] = ["--endpoint-url", settings.endpoint_url]
    if settings.region:
        connection["region"] = ["--region", settings.region]
    return connection


def _has_profile(settings: Settings) -> bool:
    return bool(settings.profile) and settings.profile != GIVEN_KEYS
