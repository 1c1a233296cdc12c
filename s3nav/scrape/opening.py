"""Open the store and the engine that the settings name."""

import importlib.util

from s3nav.model.errors import UsageError
from s3nav.model.ports import OperationCaller
from s3nav.scrape.engine import Engine
from s3nav.scrape.native_engine import NativeEngine
from s3nav.scrape.order import ScrapeRequest
from s3nav.scrape.resource_store import ResourceStore
from s3nav.scrape.runs import EngineOpener
from s3nav.scrape.sqlite_store import SqliteStore
from s3nav.settings import Settings
from s3nav.store import Directories


def open_resource_store(settings: Settings, directories: Directories) -> ResourceStore:
    """The MongoDB that is named, else a file of the data directory.

    Raises UsageError when the extra is missing or the connection string makes no sense.
    """
    if not settings.mongodb_connection_string:
        return SqliteStore(directories.scrapes_file)
    if importlib.util.find_spec("pymongo") is None:
        raise UsageError(
            "a MongoDB is named, and pymongo is not installed",
            remedy="pip install 's3nav[mongo]', or unset MONGODB_CONNECTION_STRING",
        )
    from s3nav.scrape.spool import SpoolingStore  # noqa: PLC0415  # pymongo is an extra

    return SpoolingStore(
        settings.mongodb_connection_string,
        settings.mongodb_database_name,
        spool=directories.scrapes_work / "spool.sqlite3",
    )


def open_engine(settings: Settings, directories: Directories) -> EngineOpener:
    """What makes the engine of each scrape."""

    def open_it(request: ScrapeRequest, caller: OperationCaller, scrape_id: str) -> Engine:
        return NativeEngine(caller)

    return open_it
