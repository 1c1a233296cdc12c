"""Look into buckets: list a directory, count a place, find missing days."""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.browse.availability import Availability, DayCount, DaySpan, DayTotal, Gap
    from s3nav.browse.inventory.inventory_listing import InventoryListing, open_inventory
    from s3nav.browse.inventory.inventory_pages import InventoryFacts
    from s3nav.browse.listing.interval_scheduler import Problem
    from s3nav.browse.listing.parallel_listing import ListingOutcome, list_parallel
    from s3nav.browse.listing.parallel_versions import VersionsOutcome, list_versions_parallel
    from s3nav.browse.listing.serial_listing import version_pages
    from s3nav.browse.navigation import DirectoryListing
    from s3nav.browse.pages.class_totals import ClassSums
    from s3nav.browse.pages.page_codec import StoredPage
    from s3nav.browse.pages.prefix_totals import BandTotal, ObjectTotal, PrefixTotal
    from s3nav.browse.scans.bucket_stats import (
        BucketStats,
        bucket_stats,
        count_buckets,
        known_buckets,
    )
    from s3nav.browse.scans.compare_scans import Change, Comparison
    from s3nav.browse.scans.scan_records import ClassTotal, Coverage, ScanRecord, ScanState
    from s3nav.browse.scans.scan_run import Counted, ScanRequest
    from s3nav.browse.scans.scans import ScanRetention, Scans
    from s3nav.browse.scans.version_sums import CountedVersions, VersionSums, count_versions
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "availability": ("Availability", "DayCount", "DaySpan", "DayTotal", "Gap"),
            "inventory.inventory_listing": ("InventoryListing", "open_inventory"),
            "inventory.inventory_pages": ("InventoryFacts",),
            "listing.interval_scheduler": ("Problem",),
            "listing.parallel_listing": ("ListingOutcome", "list_parallel"),
            "listing.parallel_versions": ("VersionsOutcome", "list_versions_parallel"),
            "listing.serial_listing": ("version_pages",),
            "navigation": ("DirectoryListing",),
            "pages.class_totals": ("ClassSums",),
            "pages.page_codec": ("StoredPage",),
            "pages.prefix_totals": ("BandTotal", "ObjectTotal", "PrefixTotal"),
            "scans.bucket_stats": ("BucketStats", "bucket_stats", "count_buckets", "known_buckets"),
            "scans.compare_scans": ("Change", "Comparison"),
            "scans.scan_records": ("ClassTotal", "Coverage", "ScanRecord", "ScanState"),
            "scans.scan_run": ("Counted", "ScanRequest"),
            "scans.scans": ("ScanRetention", "Scans"),
            "scans.version_sums": ("CountedVersions", "VersionSums", "count_versions"),
        },
    )

__all__ = [
    "Availability",
    "BandTotal",
    "BucketStats",
    "Change",
    "ClassSums",
    "ClassTotal",
    "Comparison",
    "Counted",
    "CountedVersions",
    "Coverage",
    "DayCount",
    "DaySpan",
    "DayTotal",
    "DirectoryListing",
    "Gap",
    "InventoryFacts",
    "InventoryListing",
    "ListingOutcome",
    "ObjectTotal",
    "PrefixTotal",
    "Problem",
    "ScanRecord",
    "ScanRequest",
    "ScanRetention",
    "ScanState",
    "Scans",
    "StoredPage",
    "VersionSums",
    "VersionsOutcome",
    "bucket_stats",
    "count_buckets",
    "count_versions",
    "known_buckets",
    "list_parallel",
    "list_versions_parallel",
    "open_inventory",
    "version_pages",
]
