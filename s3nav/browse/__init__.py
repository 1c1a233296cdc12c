"""Look at buckets: count them, list one level of them."""

from s3nav.browse.navigate import LevelListing
from s3nav.browse.scan import BucketStats, scan_bucket, scan_buckets

__all__ = ["BucketStats", "LevelListing", "scan_bucket", "scan_buckets"]
