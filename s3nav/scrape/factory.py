"""Open the store and the engine that the settings name."""

import tempfile
from pathlib import Path

from s3nav.extras import require
from s3nav.model.ports.stores import OperationCaller
from s3nav.persistence import Directories
from s3nav.scrape.engines import Engine, ListAllProgram, NativeEngine, ScrapeRequest
from s3nav.scrape.scrape_runs import EngineOpener
from s3nav.scrape.stores import ResourceStore, SqliteStore
from s3nav.settings import Settings


def open_resource_store(settings: Settings, directories: Directories) -> ResourceStore:
    """Open the configured MongoDB, or a SQLite file in the data directory without one.

    Raises UsageError when the extra is missing or the connection string is invalid.
    """
    if not settings.mongodb_connection_string:
        return SqliteStore(directories.scrapes_file)
    require("mongo", "MONGODB_CONNECTION_STRING", instead="unset the variable to use SQLite")
    from s3nav.scrape.stores import SpoolingStore  # noqa: PLC0415  # pymongo is an extra

    return SpoolingStore(
        settings.mongodb_connection_string,
        settings.mongodb_database_name,
        spool=directories.scrapes_work / "spool.sqlite3",
        retry_attempts=settings.retry_attempts,
    )


def open_engine(settings: Settings, directories: Directories) -> EngineOpener:
    """Return a function that opens the engine of a scrape; UsageError if it is not installed."""

    def open_it(request: ScrapeRequest, caller: OperationCaller, scrape_id: str) -> Engine:
        if request.engine == "native":
            return NativeEngine(caller, retry_attempts=settings.retry_attempts)
        require("scrape", "the engine aws-list-all", instead="use the native engine")
        from s3nav.scrape.engines import ListAllEngine  # noqa: PLC0415  # an extra

        return ListAllEngine(
            caller,
            list_all_program(settings, directories),
            scrape_id=scrape_id,
            temp_base=Path(settings.temp_directory_base or tempfile.gettempdir()).expanduser(),
            aside=directories.scrapes_work / "rejected" / scrape_id,
            watcher_timeout_s=settings.file_watcher_timeout,
        )

    return open_it


def list_all_program(settings: Settings, directories: Directories) -> ListAllProgram:
    """Return aws-list-all at the configured path, or where `scrape engine install` puts it."""
    named = settings.aws_list_all
    where = Path(named).expanduser() if named else directories.scrapes_work / "aws-list-all"
    return ListAllProgram(environment=where)
