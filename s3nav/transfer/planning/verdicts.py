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
"""How often an item is started anew because its object changed."""


class Verdict(Enum):
    """What to do after an error."""

    RETRY = "try the request again later"
    RESTART = "fetch the item anew, as S3 holds it now"
    FAIL_ITEM = "give the item up, go on with the others"
    PAUSE_JOB = "stop until the user has helped"


def verdict_of(error: S3NavError) -> Verdict:
    """What an error asks for, before attempts are counted."""
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
            return Verdict.PAUSE_JOB  # a bug of ours says nothing about the object
        case _:
            return Verdict.FAIL_ITEM
