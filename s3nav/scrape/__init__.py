"""Scrape an AWS account: list what every service has, store it, search it and compare it."""

from s3nav.scrape.compare_scrapes import Change, Comparison, FieldChange
from s3nav.scrape.engines.protocol import Engine, EngineEnd, FileFact, ResolvedRequest, Sink
from s3nav.scrape.engines.scrape_request import ScrapeRequest
from s3nav.scrape.engines.scrape_request import names as name_list
from s3nav.scrape.import_export import Exported, Imported
from s3nav.scrape.resources.documents import (
    Document,
    LogLine,
    QueryFact,
    Resource,
    ScrapeRecord,
    Where,
)
from s3nav.scrape.scrape_runs import ScrapeTuning
from s3nav.scrape.scrapes import (
    Monitor,
    Scrapes,
    list_all_program,
    open_engine,
    open_resource_store,
)
from s3nav.scrape.stores.resource_store import DayCount, ResourceStore, Share, Totals
from s3nav.scrape.stores.sqlite_store import SqliteStore

__all__ = [
    "Change",
    "Comparison",
    "DayCount",
    "Document",
    "Engine",
    "EngineEnd",
    "Exported",
    "FieldChange",
    "FileFact",
    "Imported",
    "LogLine",
    "Monitor",
    "QueryFact",
    "ResolvedRequest",
    "Resource",
    "ResourceStore",
    "ScrapeRecord",
    "ScrapeRequest",
    "ScrapeTuning",
    "Scrapes",
    "Share",
    "Sink",
    "SqliteStore",
    "Totals",
    "Where",
    "list_all_program",
    "name_list",
    "open_engine",
    "open_resource_store",
]
