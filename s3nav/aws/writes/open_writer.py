"""Open S3 for writing; s3transfer and boto3 are loaded here, and not before."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from s3nav.aws.clients import trust_of
from s3nav.aws.credentials import find_login
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
    """S3 for writing, with the credentials that the settings name; nothing is asked yet.

    Raises CredentialsError and UsageError.
    """
    login = find_login(settings, directories)
    trust_of(settings, login)
    tuning = uploads.WriterTuning()
    if settings.parallel_downloads:
        tuning = uploads.WriterTuning(requests=settings.parallel_downloads)
    return uploads.S3Writer(settings, login, region_of, tuning)
