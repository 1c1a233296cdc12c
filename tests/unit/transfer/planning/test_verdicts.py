"""Each error has one consequence: the request, the item or the job."""

import pytest

from s3nav.model.errors import (
    AccessDeniedError,
    BudgetError,
    CredentialsError,
    ExpiredCredentialsError,
    IntegrityError,
    LocalDiskError,
    NotFoundError,
    ObjectChangedError,
    S3NavError,
    ThrottledError,
    UnavailableError,
)
from s3nav.transfer.local_files import DISK_FULL, TARGET_LOST
from s3nav.transfer.planning.verdicts import Verdict, verdict_of


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (S3NavError("a bug"), Verdict.PAUSE_JOB),
        (CredentialsError("no"), Verdict.PAUSE_JOB),
        (ExpiredCredentialsError("no"), Verdict.PAUSE_JOB),
        (BudgetError("no"), Verdict.PAUSE_JOB),
        (LocalDiskError("no", slug=DISK_FULL), Verdict.PAUSE_JOB),
        (LocalDiskError("no", slug=TARGET_LOST), Verdict.PAUSE_JOB),
        (LocalDiskError("a name it cannot store"), Verdict.FAIL_ITEM),
        (AccessDeniedError("no"), Verdict.FAIL_ITEM),
        (NotFoundError("no"), Verdict.FAIL_ITEM),
        (ObjectChangedError("no"), Verdict.RESTART),
        (IntegrityError("no"), Verdict.RETRY),
        (UnavailableError("no"), Verdict.RETRY),
        (ThrottledError("no"), Verdict.RETRY),
    ],
    ids=lambda value: value.reference if isinstance(value, S3NavError) else value.name,
)
def test_an_error_has_one_consequence(error: S3NavError, verdict: Verdict) -> None:
    assert verdict_of(error) is verdict
