"""Build command lines that do in a script what the cockpit does."""

import itertools
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from s3nav.model.text.plain_messages import command
from s3nav.settings import GIVEN_KEYS, Settings

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
