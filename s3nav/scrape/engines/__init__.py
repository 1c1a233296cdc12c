"""The engines that call AWS for a scrape: the native one and aws-list-all in its own environment.

`protocol` defines the request an engine gets and what it reports.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.scrape.engines.list_all_engine import ListAllEngine
    from s3nav.scrape.engines.list_all_program import ListAllProgram
    from s3nav.scrape.engines.listing_files import (
        Listing,
        UnreadableListingError,
        is_output,
        read_listing,
        read_output,
    )
    from s3nav.scrape.engines.native_engine import NativeEngine
    from s3nav.scrape.engines.protocol import Engine, EngineEnd, FileFact, ResolvedRequest
    from s3nav.scrape.engines.scrape_request import ScrapeRequest, check_request, resolve
    from s3nav.scrape.engines.temp_files import keep_aside, remove_temporary
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "list_all_engine": ("ListAllEngine",),
            "list_all_program": ("ListAllProgram",),
            "listing_files": (
                "Listing",
                "UnreadableListingError",
                "is_output",
                "read_listing",
                "read_output",
            ),
            "native_engine": ("NativeEngine",),
            "protocol": ("Engine", "EngineEnd", "FileFact", "ResolvedRequest"),
            "scrape_request": ("ScrapeRequest", "check_request", "resolve"),
            "temp_files": ("keep_aside", "remove_temporary"),
        },
    )

__all__ = [
    "Engine",
    "EngineEnd",
    "FileFact",
    "ListAllEngine",
    "ListAllProgram",
    "Listing",
    "NativeEngine",
    "ResolvedRequest",
    "ScrapeRequest",
    "UnreadableListingError",
    "check_request",
    "is_output",
    "keep_aside",
    "read_listing",
    "read_output",
    "remove_temporary",
    "resolve",
]
