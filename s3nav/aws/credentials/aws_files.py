"""Read ``~/.aws`` where it is plain, without botocore, which takes a third of a second to load.

Plain is what holds keys that never change and a region. Whatever names more (a role, single
sign-on, a program, an endpoint) is left to botocore: it knows what that means.
"""

import configparser
import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

import msgspec

from s3nav.aws.credentials.app_store import StoredKeys

DEFAULT_PROFILE = "default"
_KEYS = frozenset({"aws_access_key_id", "aws_secret_access_key", "aws_session_token"})
_PLAIN = _KEYS | {"region", "output", "cli_pager"}
_PROFILE_VARIABLES = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")
"""In botocore's order."""
_ODD_VARIABLES = (
    "AWS_CA_BUNDLE",
    "AWS_ROLE_ARN",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
)
"""They mean something to botocore alone."""
_USUAL_REGION = re.compile(r"(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+")
"""Those of the partition ``aws``; others have another domain, which botocore knows."""

Section = Mapping[str, str]
_NOTHING: Section = {}


class PlainProfile(msgspec.Struct, frozen=True, kw_only=True):
    """All that ``~/.aws`` and the environment say of a profile, keys in the environment apart."""

    keys: StoredKeys | None
    """None when there are none."""
    region: str | None
    """None when none is named, neither here nor with AWS_DEFAULT_REGION."""


def plain_profile(name: str | None) -> PlainProfile | None:
    """A profile, the one that botocore would take for None; None when botocore must be asked.

    That is so too for a profile that is not there, and for files that make no sense.
    """
    environment = os.environ
    if any(variable in environment for variable in _ODD_VARIABLES):
        return None
    given = (environment[variable] for variable in _PROFILE_VARIABLES if variable in environment)
    named = name or next(given, None)
    try:
        config = _config_sections(_sections("AWS_CONFIG_FILE", "~/.aws/config"))
        credentials = _sections("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")
    except (configparser.Error, OSError, ValueError):
        return None
    profile = DEFAULT_PROFILE if named is None else named
    if named is not None and profile not in config and profile not in credentials:
        return None
    return _plain(config.get(profile, _NOTHING), credentials.get(profile, _NOTHING))


def is_usual_region(region: str) -> bool:
    """True for a region whose endpoints are in ``amazonaws.com``."""
    return _USUAL_REGION.fullmatch(region) is not None


def _plain(config: Section, credentials: Section) -> PlainProfile | None:
    names = config.keys() | credentials.keys()
    is_nested = any("\n" in value for value in (*config.values(), *credentials.values()))
    if not _PLAIN.issuperset(names) or _KEYS & config.keys() or is_nested:
        return None
    region = os.environ.get("AWS_DEFAULT_REGION", {**config, **credentials}.get("region"))
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
    """The sections of a file; none when it is not there. Raises OSError, ValueError, Error."""
    path = Path(os.path.expandvars(os.environ.get(variable, usual))).expanduser()
    if not path.is_file():
        return {}
    parser = configparser.RawConfigParser()  # as botocore has it
    parser.read([path])
    return {name: dict(parser.items(name)) for name in parser.sections()}


def _config_sections(sections: Mapping[str, Section]) -> dict[str, Section]:
    """By the names of their profiles; a ``services`` section changes nothing by itself."""
    found: dict[str, Section] = {}
    for title, section in sections.items():
        words = shlex.split(title)
        if title == DEFAULT_PROFILE:
            found[title] = section
        elif len(words) == 2 and words[0] == "profile":
            found[words[1]] = section
    return found
