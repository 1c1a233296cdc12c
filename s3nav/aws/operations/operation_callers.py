"""Open AWS for scraping; botocore is loaded here, and not before."""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import Deferred
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
    """Every service's reading operations, with the credentials that the settings name.

    At most `max_rate` requests a second, 0 for no such limit. Nothing is asked yet.
    Raises CredentialsError and UsageError.
    """
    return operations.BotocoreCaller(settings, directories, max_rate=max_rate)
