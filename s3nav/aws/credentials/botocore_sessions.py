"""Open botocore sessions in which a variable that is set to nothing counts as not set.

botocore takes an empty AWS_PROFILE for the name of a profile, which does not exist, and an empty
AWS_DEFAULT_REGION for a region. Scripts and CI systems set both when they have no value.
"""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from s3nav.model.lazy_names import Deferred

if TYPE_CHECKING:
    from botocore import session as sessions
else:
    sessions = Deferred("botocore.session")

METADATA_TIMEOUT_S = 1
METADATA_ATTEMPTS = 1
PROFILE_VARIABLES = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")
"""In the order in which botocore reads them."""
REGION_VARIABLES = ("AWS_DEFAULT_REGION",)
CERTIFICATE_VARIABLES = ("AWS_CA_BUNDLE",)


def open_botocore(profile: str | None) -> "sessions.Session":
    """A session of `profile`, or for None of the one that the environment names."""
    session = sessions.Session(
        profile=profile,
        # The name in a profile, the variables, the default, the conversion: as in botocore's table.
        session_vars={
            "profile": (None, _set_ones(PROFILE_VARIABLES), None, None),
            "region": ("region", _set_ones(REGION_VARIABLES), None, None),
            "ca_bundle": ("ca_bundle", _set_ones(CERTIFICATE_VARIABLES), None, None),
        },
    )
    session.set_config_variable("metadata_service_timeout", METADATA_TIMEOUT_S)
    session.set_config_variable("metadata_service_num_attempts", METADATA_ATTEMPTS)
    return session


def first_set(names: tuple[str, ...], environment: Mapping[str, str]) -> str | None:
    """The value of the first variable that is not empty."""
    return next((environment[name] for name in names if environment.get(name)), None)


def _set_ones(names: tuple[str, ...]) -> list[str]:
    return [name for name in names if os.environ.get(name)]
