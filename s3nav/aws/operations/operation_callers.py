"""Open AWS for scraping; only this loads botocore."""

from typing import TYPE_CHECKING

from s3nav.model.deferred import Deferred
from s3nav.model.ports.stores import OperationCaller
from s3nav.persistence import Directories
from s3nav.settings import Settings

if TYPE_CHECKING:
    from s3nav.aws.operations import operation_caller as operations
else:
    operations = Deferred("s3nav.aws.operations.operation_caller")


def open_caller(
    settings: Settings, directories: Directories, max_rate: float = 0.0
) -> OperationCaller:
    """The read operations of every service, with the credentials of the settings.

    `max_rate` is in requests per second; 0 means no limit. Sends no request.
    Raises CredentialsError and UsageError.
    """
    return operations.BotocoreCaller(settings, directories, max_rate=max_rate)
