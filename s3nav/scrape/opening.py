"""Open the store and the engine that the settings name."""

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
    """A file of the data directory."""
    return SqliteStore(directories.scrapes_file)


def open_engine(settings: Settings, directories: Directories) -> EngineOpener:
    """What makes the engine of each scrape."""

    def open_it(request: ScrapeRequest, caller: OperationCaller, scrape_id: str) -> Engine:
        return NativeEngine(caller)

    return open_it
