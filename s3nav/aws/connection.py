"""Name the S3 that settings lead to, without a request and without resolving credentials."""

import os
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from s3nav.aws.credentials.app_store import StoredKeys, read_own_store
from s3nav.aws.credentials.aws_files import plain_profile
from s3nav.aws.credentials.provider_chain import ANONYMOUS, CHAIN_NAMES
from s3nav.aws.http import Endpoint
from s3nav.aws.s3 import configured_endpoint_url
from s3nav.model.errors import S3NavError
from s3nav.model.lazy_names import Deferred
from s3nav.model.places import S3Connection
from s3nav.persistence import Directories
from s3nav.settings import GIVEN_KEYS, Settings

if TYPE_CHECKING:
    from botocore import exceptions as boto
    from botocore import session as sessions
else:
    boto = Deferred("botocore.exceptions")
    sessions = Deferred("botocore.session")

_PROFILE_VARIABLES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
_REGION_VARIABLES = ("AWS_DEFAULT_REGION", "AWS_REGION")


def connection_of(
    settings: Settings, directories: Directories, environment: Mapping[str, str] = os.environ
) -> S3Connection:
    """The endpoint, region and profile of the requests made with these settings.

    A profile decides the endpoint when neither settings nor the environment name one. Raises
    UsageError for an endpoint that is not a URL.
    """
    profile = _profile(settings, environment)
    stored = None
    if profile and not settings.use_aws_cli_creds:
        with suppress(S3NavError):  # reported when the credentials are needed
            stored = read_own_store(directories.credentials_file).get(profile)
    url = configured_endpoint_url(settings, None, environment)
    region = _region(settings, stored, environment)
    if url is None:
        is_of_files = profile and stored is None and profile not in CHAIN_NAMES | {ANONYMOUS}
        of_files = profile if is_of_files else None
        url, region = _of_files(settings, of_files, region, environment)
    return S3Connection(
        endpoint=Endpoint.parse(url).url if url else "",
        region=region,
        profile=profile,
        anonymous=settings.anonymous,
        path_style=settings.path_style,
    )


def _profile(settings: Settings, environment: Mapping[str, str]) -> str:
    """The profile's name; empty when keys are given, or no profile is named."""
    if settings.access_key or settings.secret_key or settings.anonymous:
        return ""
    if settings.profile:
        return "" if settings.profile == GIVEN_KEYS else settings.profile
    named = (environment[name] for name in _PROFILE_VARIABLES if environment.get(name))
    return next(named, "")


def _region(settings: Settings, stored: StoredKeys | None, environment: Mapping[str, str]) -> str:
    if settings.region:
        return settings.region
    if stored is not None and stored.region:
        return stored.region
    return next((environment[name] for name in _REGION_VARIABLES if environment.get(name)), "")


def _of_files(
    settings: Settings, profile: str | None, region: str, environment: Mapping[str, str]
) -> tuple[str | None, str]:
    """The endpoint and the region of a profile of ``~/.aws``, unless `region` is known."""
    plain = plain_profile(profile)
    if plain is not None:
        url = configured_endpoint_url(settings, None, environment)
        return url, region or plain.region or ""
    session = sessions.Session(profile=profile)
    url = configured_endpoint_url(settings, lambda: session, environment)
    if not region:
        with suppress(boto.BotoCoreError):
            region = str(session.get_config_variable("region") or "")
    return url, region
