"""Turn AWS responses into documents and resources: redact secrets, find things, give them ids.

It does no I/O.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.scrape.resources.digest import stable_form
    from s3nav.scrape.resources.documents import (
        GLOBAL,
        Document,
        Entry,
        Json,
        LogLine,
        QueryFact,
        Resource,
        ScrapeRecord,
        Where,
    )
    from s3nav.scrape.resources.flatten import RESULTS, at_pointer, is_empty, is_too_deep
    from s3nav.scrape.resources.ingest import EntryBuilder, QueryResult
    from s3nav.scrape.resources.redact import redact_text
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "digest": ("stable_form",),
            "documents": (
                "Document",
                "Entry",
                "GLOBAL",
                "Json",
                "LogLine",
                "QueryFact",
                "Resource",
                "ScrapeRecord",
                "Where",
            ),
            "flatten": ("RESULTS", "at_pointer", "is_empty", "is_too_deep"),
            "ingest": ("QueryResult", "EntryBuilder"),
            "redact": ("redact_text",),
        },
    )

__all__ = [
    "GLOBAL",
    "RESULTS",
    "Document",
    "Entry",
    "EntryBuilder",
    "Json",
    "LogLine",
    "QueryFact",
    "QueryResult",
    "Resource",
    "ScrapeRecord",
    "Where",
    "at_pointer",
    "is_empty",
    "is_too_deep",
    "redact_text",
    "stable_form",
]
