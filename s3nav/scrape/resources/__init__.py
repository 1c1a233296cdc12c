"""From a response of AWS to documents and resources: redact secrets, find things, give them ids.

No I/O.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.scrape.resources.digest import settled
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
    from s3nav.scrape.resources.flatten import RESULTS, at_pointer, is_empty
    from s3nav.scrape.resources.ingest import Intake, QueryResult
    from s3nav.scrape.resources.redact import redact_text
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "digest": ("settled",),
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
            "flatten": ("RESULTS", "at_pointer", "is_empty"),
            "ingest": ("QueryResult", "Intake"),
            "redact": ("redact_text",),
        },
    )

__all__ = [
    "GLOBAL",
    "RESULTS",
    "Document",
    "Entry",
    "Intake",
    "Json",
    "LogLine",
    "QueryFact",
    "QueryResult",
    "Resource",
    "ScrapeRecord",
    "Where",
    "at_pointer",
    "is_empty",
    "redact_text",
    "settled",
]
