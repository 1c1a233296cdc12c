"""List all profiles, and say what is wrong with those that cannot be used."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from s3nav.aws.credentials.app_store import StoredKeys, read_own_store
from s3nav.aws.credentials.aws_files import first_set
from s3nav.aws.credentials.provider_chain import ANONYMOUS, ENVIRONMENT, ENVIRONMENT_KEYS
from s3nav.aws.errors import from_botocore
from s3nav.model.errors import CredentialsError
from s3nav.model.lazy_names import Deferred
from s3nav.persistence import Directories
from s3nav.settings import GIVEN_KEYS, Settings

if TYPE_CHECKING:
    from botocore import configloader
    from botocore import exceptions as boto
    from botocore import session as sessions
else:
    configloader = Deferred("botocore.configloader")
    boto = Deferred("botocore.exceptions")
    sessions = Deferred("botocore.session")

CREDENTIALS_SOURCE = "~/.aws/credentials"
CONFIG_SOURCE = "~/.aws/config"
OWN_SOURCE = "s3nav store"
SETTINGS_SOURCE = "settings"
STATIC = "static"
_CONTAINER_VARIABLES = (
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
_MACHINE_VENDOR = Path("/sys/class/dmi/id/sys_vendor")
_KINDS = (
    ("web_identity_token_file", "web-identity"),
    ("role_arn", "assume-role"),
    ("sso_session", "sso"),
    ("sso_start_url", "sso"),
    ("aws_access_key_id", STATIC),
    ("aws_secret_access_key", STATIC),
    ("credential_process", "process"),
)
"""The setting that decides the kind of a profile, in the order in which botocore checks them."""


class ProfileFact(msgspec.Struct, frozen=True, kw_only=True):
    """A profile: where it is defined and how it gets its keys."""

    name: str
    source: str
    """``settings`` (for keys in flags), ``s3nav store``, ``environment``, ``anonymous``, or a file
    below ``~/.aws``."""
    kind: str
    """``static assume-role sso process web-identity container instance anonymous``."""
    region: str | None = None
    problem: str = ""
    """Why it cannot be used; empty when no reason is known."""


def list_profiles(
    settings: Settings, directories: Directories, environment: Mapping[str, str]
) -> tuple[ProfileFact, ...]:
    """All profiles: flags, own store, ``~/.aws``, environment, machine, anonymous, in this order.

    Sends no request. A file that is not valid appears as a profile with a problem.
    """
    own = list(_own(directories))
    shadowing = set() if settings.use_aws_cli_creds else {fact.name for fact in own}
    return (
        *_given(settings),
        *own,
        *_of_aws_files(shadowing),
        *_of_environment(environment),
        ProfileFact(name=ANONYMOUS, source=ANONYMOUS, kind=ANONYMOUS),
    )


def _given(settings: Settings) -> Iterator[ProfileFact]:
    if settings.access_key:
        yield ProfileFact(
            name=GIVEN_KEYS, source=SETTINGS_SOURCE, kind=STATIC, region=settings.region
        )


def _own(directories: Directories) -> Iterator[ProfileFact]:
    file = directories.credentials_file
    try:
        stored = read_own_store(file)
    except CredentialsError as error:
        problem = f"{error.message}; {error.remedy}"
        yield ProfileFact(name=file.name, source=OWN_SOURCE, kind=STATIC, problem=problem)
        return
    for name, keys in sorted(stored.items()):
        yield ProfileFact(
            name=name,
            source=OWN_SOURCE,
            kind=STATIC,
            region=keys.region or None,
            problem=keys.problem,
        )


def _of_aws_files(shadowing: set[str]) -> Iterator[ProfileFact]:
    session = sessions.Session()
    try:
        in_credentials = _names_in(str(session.get_config_variable("credentials_file")))
        config: Mapping[str, object] = session.full_config
    except boto.BotoCoreError as error:
        problem = from_botocore(error).message
        yield ProfileFact(name="~/.aws", source=CONFIG_SOURCE, kind=STATIC, problem=problem)
        return
    profiles = _table(config.get("profiles"))
    sso_sessions = _table(config.get("sso_sessions"))
    for name in sorted(profiles):
        entry = _table(profiles[name])
        shadow = (
            "hidden by the profile of the same name in s3nav's own store "
            "(`--use_aws_cli_creds` chooses this one)"
        )
        yield ProfileFact(
            name=name,
            source=CREDENTIALS_SOURCE if name in in_credentials else CONFIG_SOURCE,
            kind=_kind(entry),
            region=str(entry["region"]) if entry.get("region") else None,
            problem=_problem(entry, profiles, sso_sessions)
            or (shadow if name in shadowing else ""),
        )


def _names_in(file: str) -> frozenset[str]:
    try:
        return frozenset(configloader.raw_config_parse(file))
    except boto.ConfigNotFound:
        return frozenset()


def _kind(entry: Mapping[str, object]) -> str:
    return next((kind for word, kind in _KINDS if word in entry), STATIC)


def _problem(
    entry: Mapping[str, object],
    profiles: Mapping[str, object],
    sso_sessions: Mapping[str, object],
) -> str:
    match _kind(entry):
        case "static":
            return _static_problem(entry)
        case "assume-role":
            return _role_problem(entry, profiles)
        case "sso" if "sso_session" in entry and entry["sso_session"] not in sso_sessions:
            return f"names the sso-session `{entry['sso_session']}`, which does not exist"
        case "sso" if "sso_account_id" not in entry or "sso_role_name" not in entry:
            return "needs sso_account_id and sso_role_name"
        case _:
            return ""


def _static_problem(entry: Mapping[str, object]) -> str:
    access_key, secret_key = entry.get("aws_access_key_id"), entry.get("aws_secret_access_key")
    if not access_key and not secret_key:
        return "has no credentials"
    return StoredKeys(
        access_key=str(access_key or ""),
        secret_key=str(secret_key or ""),
        session_token=str(entry.get("aws_session_token") or ""),
        region="",
    ).problem


def _role_problem(entry: Mapping[str, object], profiles: Mapping[str, object]) -> str:
    source = entry.get("source_profile")
    if source is None and "credential_source" not in entry:
        return "needs source_profile or credential_source"
    if source is not None and source not in profiles:
        return f"names the source_profile `{source}`, which does not exist"
    return ""


def _of_environment(environment: Mapping[str, str]) -> Iterator[ProfileFact]:
    region = first_set(("AWS_REGION", "AWS_DEFAULT_REGION"), environment)
    given = [name for name in ENVIRONMENT_KEYS if environment.get(name)]
    if given:
        problem = f"needs {' and '.join(ENVIRONMENT_KEYS)}"
        if len(given) == len(ENVIRONMENT_KEYS):
            problem = _environment_problem(environment)
        yield ProfileFact(
            name=ENVIRONMENT, source=ENVIRONMENT, kind=STATIC, region=region, problem=problem
        )
    elif environment.get("AWS_WEB_IDENTITY_TOKEN_FILE") and environment.get("AWS_ROLE_ARN"):
        yield ProfileFact(name=ENVIRONMENT, source=ENVIRONMENT, kind="web-identity", region=region)
    if any(environment.get(name) for name in _CONTAINER_VARIABLES):
        yield ProfileFact(name="container", source=ENVIRONMENT, kind="container", region=region)
    if _is_on_ec2():
        yield ProfileFact(name="instance", source=ENVIRONMENT, kind="instance", region=region)


def _environment_problem(environment: Mapping[str, str]) -> str:
    access_key, secret_key = (environment[name].strip() for name in ENVIRONMENT_KEYS)
    token = environment.get("AWS_SESSION_TOKEN", "").strip()
    return StoredKeys(
        access_key=access_key, secret_key=secret_key, session_token=token, region=""
    ).problem


def _is_on_ec2() -> bool:
    try:
        return "Amazon" in _MACHINE_VENDOR.read_text()
    except OSError:
        return False


def _table(value: object) -> dict[str, object]:
    return {str(name): entry for name, entry in value.items()} if isinstance(value, dict) else {}
