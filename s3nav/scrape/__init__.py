"""Scrape an AWS account: ask every service what there is, keep it, look at it, compare it."""

from s3nav.scrape.compare import Change, Comparison, FieldChange
from s3nav.scrape.documents import (
    Document,
    LogLine,
    QueryFact,
    Resource,
    ScrapeRecord,
    Where,
)
from s3nav.scrape.engine import Engine, EngineEnd, FileFact, Order, Sink
from s3nav.scrape.opening import list_all_program, open_engine, open_resource_store
from s3nav.scrape.order import ScrapeRequest
from s3nav.scrape.order import names as name_list
from s3nav.scrape.resource_store import DayCount, ResourceStore, Share, Totals
from s3nav.scrape.runs import ScrapeTuning
from s3nav.scrape.scrapes import Monitor, Scrapes
from s3nav.scrape.sqlite_store import SqliteStore
from s3nav.scrape.transport import Exported, Imported

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
    "Order",
    "QueryFact",
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
