"""Read simple profiles of ``~/.aws`` without botocore, and open its sessions by the same rules.

botocore takes a third of a second to load.

A profile is plain if it contains only permanent keys and a region. Everything else (a role, single
sign-on, a program, an endpoint) is left to botocore. Files and variables are those of the AWS CLI
user guide, "Configuration and credential file settings" and "Environment variables".

A variable that is set to nothing counts as not set. botocore takes an empty AWS_PROFILE for the
name of a profile, which does not exist, and an empty AWS_DEFAULT_REGION for a region. Scripts and
CI systems set both when they have no value.
"""

import configparser
import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from s3nav.aws.credentials.app_store import StoredKeys
from s3nav.model.lazy_names import Deferred

if TYPE_CHECKING:
    from botocore import session as sessions
else:
    sessions = Deferred("botocore.session")

DEFAULT_PROFILE = "default"
_KEYS = frozenset({"aws_access_key_id", "aws_secret_access_key", "aws_session_token"})
_PLAIN = _KEYS | {"region", "output", "cli_pager"}
PROFILE_VARIABLES = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")
"""In the order in which botocore reads them."""
REGION_VARIABLES = ("AWS_DEFAULT_REGION",)
CERTIFICATE_VARIABLES = ("AWS_CA_BUNDLE",)
METADATA_TIMEOUT_S = 1
METADATA_ATTEMPTS = 1
_ODD_VARIABLES = (
    "AWS_CA_BUNDLE",
    "AWS_ROLE_ARN",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
)
"""With one of these set, only botocore knows the outcome."""
_USUAL_REGION = re.compile(r"(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+")
"""Regions of the partition ``aws``; botocore knows the domains of the others."""

Section = Mapping[str, str]
_NOTHING: Section = {}


class PlainProfile(msgspec.Struct, frozen=True, kw_only=True):
    """A profile of ``~/.aws`` with only keys and a region."""

    keys: StoredKeys | None
    """None when the profile has none."""
    region: str | None
    """None when neither the profile nor AWS_DEFAULT_REGION names one."""


def plain_profile(name: str | None) -> PlainProfile | None:
    """The profile `name`, or for None the one that botocore would choose.

    Returns None when only botocore can tell: the profile is not plain or missing, or a file is not
    valid.
    """
    environment = os.environ
    if first_set(_ODD_VARIABLES, environment):
        return None
    named = name or first_set(PROFILE_VARIABLES, environment)
    try:
        config = _config_sections(_sections("AWS_CONFIG_FILE", "~/.aws/config"))
        credentials = _sections("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")
    except (configparser.Error, OSError, ValueError):
        return None
    profile = DEFAULT_PROFILE if named is None else named
    if named is not None and profile not in config and profile not in credentials:
        return None
    return _plain(config.get(profile, _NOTHING), credentials.get(profile, _NOTHING))


def open_botocore(profile: str | None) -> "sessions.Session":
    """A session of `profile`, or for None of the one that the environment names."""
    session = sessions.Session(
        profile=profile,
        # The name in a profile, the variables, the default, the conversion: as in botocore's table.
        session_vars={
            "profile": (None, _set_ones(PROFILE_VARIABLES), None, str.strip),
            "region": ("region", _set_ones(REGION_VARIABLES), None, str.strip),
            "ca_bundle": ("ca_bundle", _set_ones(CERTIFICATE_VARIABLES), None, None),
        },
    )
    session.set_config_variable("metadata_service_timeout", METADATA_TIMEOUT_S)
    session.set_config_variable("metadata_service_num_attempts", METADATA_ATTEMPTS)
    return session


def _set_ones(names: tuple[str, ...]) -> list[str]:
    return [name for name in names if first_set((name,), os.environ)]


def first_set(names: tuple[str, ...], environment: Mapping[str, str]) -> str | None:
    """The value of the first variable that is not empty, without white space around it."""
    return next(filter(None, (environment.get(name, "").strip() for name in names)), None)


def is_usual_region(region: str) -> bool:
    """Whether the region's endpoints are in ``amazonaws.com``."""
    return _USUAL_REGION.fullmatch(region) is not None


def _plain(config: Section, credentials: Section) -> PlainProfile | None:
    names = config.keys() | credentials.keys()
    is_nested = any("\n" in value for value in (*config.values(), *credentials.values()))
    if not _PLAIN.issuperset(names) or _KEYS & config.keys() or is_nested:
        return None
    named = first_set(REGION_VARIABLES, os.environ)
    region = named or {**config, **credentials}.get("region")
    if not _KEYS & credentials.keys():
        return PlainProfile(keys=None, region=region)
    access_key = credentials.get("aws_access_key_id", "")
    secret_key = credentials.get("aws_secret_access_key", "")
    if not access_key or not secret_key:
        return None
    token = credentials.get("aws_session_token", "")
    keys = StoredKeys(
        access_key=access_key, secret_key=secret_key, session_token=token, region=region or ""
    )
    return PlainProfile(keys=keys, region=region)


def _sections(variable: str, usual: str) -> dict[str, Section]:
    """The sections of a file; none when it is missing. Raises OSError, ValueError, Error."""
    path = Path(os.path.expandvars(os.environ.get(variable, usual))).expanduser()
    if not path.is_file():
        return {}
    parser = configparser.RawConfigParser()  # the parser that botocore uses
    parser.read([path])
    return {name: dict(parser.items(name)) for name in parser.sections()}


def _config_sections(sections: Mapping[str, Section]) -> dict[str, Section]:
    """Sections by profile name; ``services`` sections only matter to profiles that name them."""
    found: dict[str, Section] = {}
    for title, section in sections.items():
        words = shlex.split(title)
        if title == DEFAULT_PROFILE:
            found[title] = section
        elif len(words) == 2 and words[0] == "profile":
            found[words[1]] = section
    return found
