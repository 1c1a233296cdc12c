"""Read what the environment and a profile of ``~/.aws`` set for S3, as botocore reads it.

The settings are those of the AWS SDKs and Tools Reference Guide, "Service-specific endpoints", and
of the AWS CLI reference, "S3 configuration".
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import msgspec

from s3nav.aws.errors import from_botocore
from s3nav.model.errors import UsageError
from s3nav.model.lazy_names import Deferred

if TYPE_CHECKING:
    from botocore import exceptions as boto
    from botocore import session as sessions
else:
    boto = Deferred("botocore.exceptions")

_Style = Literal["auto", "path", "virtual"]
_STYLES: dict[str, _Style] = {"auto": "auto", "path": "path", "virtual": "virtual"}


class S3Options(msgspec.Struct, frozen=True, kw_only=True):
    """The section ``s3`` of a profile, as far as it changes where requests go."""

    addressing_style: _Style = "auto"
    use_accelerate_endpoint: bool = False
    use_dualstack_endpoint: bool | None = None
    """None when the section does not say."""


NO_OPTIONS = S3Options()


def s3_options(session: "sessions.Session") -> S3Options:
    """What the profile says about S3. Raises UsageError for an unknown style."""
    section = profile_of(session).get("s3")
    if not isinstance(section, dict):
        return NO_OPTIONS
    style = str(section.get("addressing_style") or "auto").lower()
    if style not in _STYLES:
        raise UsageError(
            f"`addressing_style = {style}` of the profile is not one that S3 has",
            remedy=f"write {', '.join(_STYLES)} in ~/.aws/config",
            slug="bad-profile",
        )
    dualstack = section.get("use_dualstack_endpoint")
    return S3Options(
        addressing_style=_STYLES[style],
        use_accelerate_endpoint=is_true(section.get("use_accelerate_endpoint")),
        use_dualstack_endpoint=None if dualstack is None else is_true(dualstack),
    )


def profile_of(session: "sessions.Session") -> Mapping[str, object]:
    """The fields of the session's profile; none when there is no such profile.

    AWS_PROFILE may name a missing one, which does not matter to keys from elsewhere. Raises
    CredentialsError for a file that cannot be parsed.
    """
    try:
        fields: Mapping[str, object] = session.get_scoped_config()
    except boto.ProfileNotFound:
        return {}
    except boto.BotoCoreError as error:
        raise from_botocore(error) from error
    return fields


def profile_value(session: "sessions.Session", name: str) -> object:
    """A variable of botocore, from the environment or the profile; None when it is not set."""
    profile_of(session)  # raises the named error for a file that cannot be parsed
    try:
        value: object = session.get_config_variable(name)
    except boto.ProfileNotFound:
        return None
    return value


def services_of(profile: Mapping[str, object], session: "sessions.Session") -> Mapping[str, object]:
    """The section ``services`` that the profile names. Raises UsageError when it is missing."""
    name = profile.get("services")
    if name is None:
        return {}
    section = session.full_config.get("services", {}).get(str(name))
    if not isinstance(section, dict) or not section:
        raise UsageError(
            f"the profile names the section `[services {name}]`, which does not exist or is empty",
            remedy="add it to ~/.aws/config, or remove `services` from the profile",
            slug="bad-profile",
        )
    return section


def is_true(value: object) -> bool:
    """Whether a value is true in the way of botocore's `ensure_boolean`."""
    return str(value).strip().lower() == "true"
