"""Open S3 for writing; only this loads s3transfer and boto3."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from s3nav.aws.credentials import find_login
from s3nav.aws.s3 import trust_of
from s3nav.model.lazy_names import Deferred
from s3nav.model.ports.stores import ObjectWriter
from s3nav.persistence import Directories
from s3nav.settings import Settings

if TYPE_CHECKING:
    from s3nav.aws.writes import object_writer as uploads
else:
    uploads = Deferred("s3nav.aws.writes.object_writer")


def open_writer(
    settings: Settings, directories: Directories, region_of: Callable[[str], str]
) -> ObjectWriter:
    """Open S3 for writing with the credentials of the settings; sends no request.

    Raises CredentialsError and UsageError.
    """
    login = find_login(settings, directories)
    trust_of(settings, login)
    tuning = uploads.WriterTuning()
    if settings.parallel_downloads:
        tuning = uploads.WriterTuning(requests=settings.parallel_downloads)
    return uploads.S3Writer(settings, login, region_of, tuning)
