"""Everything that talks to AWS: credentials, S3 over its own HTTP client, other services by boto3.

No other package imports boto3 or botocore.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.aws.credentials.profile_list import ProfileFact, list_profiles
    from s3nav.aws.identity import Identity, check_identity
    from s3nav.aws.object_store import open_store
    from s3nav.aws.operations.operation_caller import open_caller
    from s3nav.aws.operations.operation_models import LeanFiles
    from s3nav.aws.s3.endpoint_settings import connected_as, connection_of
    from s3nav.aws.writes.open_writer import open_writer
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "credentials.profile_list": ("ProfileFact", "list_profiles"),
            "identity": ("Identity", "check_identity"),
            "object_store": ("open_store",),
            "operations.operation_models": ("LeanFiles",),
            "operations.operation_caller": ("open_caller",),
            "s3.endpoint_settings": ("connected_as", "connection_of"),
            "writes.open_writer": ("open_writer",),
        },
    )

__all__ = [
    "Identity",
    "LeanFiles",
    "ProfileFact",
    "check_identity",
    "connected_as",
    "connection_of",
    "list_profiles",
    "open_caller",
    "open_store",
    "open_writer",
]
