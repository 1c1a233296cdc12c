"""Look at buckets: list all of them, count them, list one level of them."""

from s3nav.browse.board import Problem
from s3nav.browse.navigate import LevelListing
from s3nav.browse.parallel import ListingOutcome, list_parallel
from s3nav.browse.scan import BucketStats, scan_bucket, scan_buckets

__all__ = [
    "BucketStats",
    "LevelListing",
    "ListingOutcome",
    "Problem",
    "list_parallel",
    "scan_bucket",
    "scan_buckets",
]
