"""Read S3: listings, versions, attributes, heads, bodies and the regions of buckets.

Requests go through `aws.http`; pages of listings are parsed into columns.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.aws.s3.endpoint_settings import (
        BucketEndpoints,
        addressing_of,
        configured_endpoint_url,
        deadlines_of,
        trust_of,
    )
    from s3nav.aws.s3.listing import list_buckets, list_keys, list_page
    from s3nav.aws.s3.object_attributes import attributes, part_bytes, payer_headers
    from s3nav.aws.s3.object_headers import object_head
    from s3nav.aws.s3.object_request import CHECKSUM_MODE, S3Body, begin_get, required_key
    from s3nav.aws.s3.small_requests import SmallRequests
    from s3nav.aws.s3.version_listing import list_versions
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "endpoint_settings": (
                "BucketEndpoints",
                "addressing_of",
                "configured_endpoint_url",
                "deadlines_of",
                "trust_of",
            ),
            "listing": ("list_buckets", "list_keys", "list_page"),
            "object_attributes": ("attributes", "part_bytes", "payer_headers"),
            "object_headers": ("object_head",),
            "object_request": ("CHECKSUM_MODE", "S3Body", "begin_get", "required_key"),
            "small_requests": ("SmallRequests",),
            "version_listing": ("list_versions",),
        },
    )

__all__ = [
    "CHECKSUM_MODE",
    "BucketEndpoints",
    "S3Body",
    "SmallRequests",
    "addressing_of",
    "attributes",
    "begin_get",
    "configured_endpoint_url",
    "deadlines_of",
    "list_buckets",
    "list_keys",
    "list_page",
    "list_versions",
    "object_head",
    "part_bytes",
    "payer_headers",
    "required_key",
    "trust_of",
]
