"""Look at buckets: list all of them, count them, list one level of them."""

from typing import TYPE_CHECKING

from s3nav.model.lazy import lazy_names

if TYPE_CHECKING:
    from s3nav.browse.availability import Availability, DayCount, DaySpan, DayTotal, Gap
    from s3nav.browse.board import Problem
    from s3nav.browse.class_sums import ClassSums
    from s3nav.browse.compare_scans import Change, Comparison
    from s3nav.browse.coverage import Coverage
    from s3nav.browse.inventory_listing import InventoryListing, open_inventory
    from s3nav.browse.inventory_pages import InventoryFacts
    from s3nav.browse.navigate import LevelListing
    from s3nav.browse.page_codec import StoredPage
    from s3nav.browse.parallel import ListingOutcome, list_parallel
    from s3nav.browse.parallel_versions import VersionsOutcome, list_versions_parallel
    from s3nav.browse.scan import BucketStats, bucket_stats, count_buckets, known_buckets
    from s3nav.browse.scan_facts import ClassTotal, ScanRecord, ScanState
    from s3nav.browse.scan_run import Counted, Wish
    from s3nav.browse.scans import Keeping, Scans
    from s3nav.browse.totals import BandTotal, ObjectTotal, PrefixTotal
    from s3nav.browse.version_sums import CountedVersions, VersionSums, count_versions
    from s3nav.browse.versions import version_pages
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "availability": ("Availability", "DayCount", "DaySpan", "DayTotal", "Gap"),
            "board": ("Problem",),
            "class_sums": ("ClassSums",),
            "compare_scans": ("Change", "Comparison"),
            "coverage": ("Coverage",),
            "inventory_listing": ("InventoryListing", "open_inventory"),
            "inventory_pages": ("InventoryFacts",),
            "navigate": ("LevelListing",),
            "page_codec": ("StoredPage",),
            "parallel": ("ListingOutcome", "list_parallel"),
            "parallel_versions": ("VersionsOutcome", "list_versions_parallel"),
            "scan": ("BucketStats", "bucket_stats", "count_buckets", "known_buckets"),
            "scan_facts": ("ClassTotal", "ScanRecord", "ScanState"),
            "scan_run": ("Counted", "Wish"),
            "scans": ("Keeping", "Scans"),
            "totals": ("BandTotal", "ObjectTotal", "PrefixTotal"),
            "version_sums": ("CountedVersions", "VersionSums", "count_versions"),
            "versions": ("version_pages",),
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
    "Gap",
    "InventoryFacts",
    "InventoryListing",
    "Keeping",
    "LevelListing",
    "ListingOutcome",
    "ObjectTotal",
    "PrefixTotal",
    "Problem",
    "ScanRecord",
    "ScanState",
    "Scans",
    "StoredPage",
    "VersionSums",
    "VersionsOutcome",
    "Wish",
    "bucket_stats",
    "count_buckets",
    "count_versions",
    "known_buckets",
    "list_parallel",
    "list_versions_parallel",
    "open_inventory",
    "version_pages",
]
