"""The only room that knows boto3: profiles, credentials, and S3 by a fast wire of its own."""

from typing import TYPE_CHECKING

from s3nav.model.lazy import lazy_names

if TYPE_CHECKING:
    from s3nav.aws.identity import Identity, check_identity
    from s3nav.aws.model_files import LeanFiles
    from s3nav.aws.object_store import open_store
    from s3nav.aws.operation_callers import open_caller
    from s3nav.aws.profiles import ProfileFact, list_profiles
    from s3nav.aws.senders import open_sender
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "identity": ("Identity", "check_identity"),
            "model_files": ("LeanFiles",),
            "object_store": ("open_store",),
            "operation_callers": ("open_caller",),
            "profiles": ("ProfileFact", "list_profiles"),
            "senders": ("open_sender",),
        },
    )

__all__ = [
    "Identity",
    "LeanFiles",
    "ProfileFact",
    "check_identity",
    "list_profiles",
    "open_caller",
    "open_sender",
    "open_store",
]
