"""Decide what an error means for an item and its job."""

from enum import Enum

from s3nav.model.errors import (
    BudgetError,
    CredentialsError,
    IntegrityError,
    LocalDiskError,
    ObjectChangedError,
    S3NavError,
    UnavailableError,
)
from s3nav.transfer.local_files import DISK_FULL, TARGET_LOST

RESTARTS_MAX = 3
"""How often an item is restarted because its object changed."""


class Verdict(Enum):
    """What to do after an error."""

    RETRY = "try the request again later"
    RESTART = "fetch the present version of the object from its start"
    FAIL_ITEM = "fail the item and continue with the others"
    PAUSE_JOB = "pause the job until the user resumes it"


def verdict_of(error: S3NavError) -> Verdict:
    """What to do after an error, while attempts are left."""
    match error:
        case ObjectChangedError():
            return Verdict.RESTART
        case IntegrityError() | UnavailableError():
            return Verdict.RETRY
        case CredentialsError() | BudgetError():
            return Verdict.PAUSE_JOB
        case LocalDiskError(reference=reference) if reference in {DISK_FULL, TARGET_LOST}:
            return Verdict.PAUSE_JOB
        case S3NavError(reference=S3NavError.slug):
            return Verdict.PAUSE_JOB  # a bug in s3nav is not the object's fault
        case _:
            return Verdict.FAIL_ITEM
