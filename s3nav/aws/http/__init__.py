"""A small, strict HTTP/1.1 client on plain sockets: connections, endpoints, proxies, signing.

It serves the requests that are made by the million: listings, heads and GETs. All others go through
boto3. botocore takes a third of a second to load, and its objects for one request cost more CPU
than sending a small GET and reading its response. With sockets of its own the client also controls
how many system calls a read takes (docs/performance.md).
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.aws.http.connection import (
        END_OF_HEAD,
        HEAD_LIMIT_BYTES,
        SLICE_S,
        Deadlines,
        is_closed,
    )
    from s3nav.aws.http.endpoints import Endpoint
    from s3nav.aws.http.http_client import HttpClient, PendingResponse, Route, Trust
    from s3nav.aws.http.pipelined_connections import PipelinedConnection, PipelinedConnections
    from s3nav.aws.http.requester import MAX_RENEWALS, BucketEndpoint, Requester, S3Call, why_unsafe
    from s3nav.aws.http.response import Response, ResponseHead, Shapes, parse_head
    from s3nav.aws.http.signing import EMPTY_SHA256, Keys, Signer, quote_key
    from s3nav.aws.http.xml_characters import readable_xml
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "connection": (
                "Deadlines",
                "END_OF_HEAD",
                "HEAD_LIMIT_BYTES",
                "SLICE_S",
                "is_closed",
            ),
            "endpoints": ("Endpoint",),
            "http_client": ("PendingResponse", "Route", "Trust", "HttpClient"),
            "pipelined_connections": ("PipelinedConnection", "PipelinedConnections"),
            "requester": ("BucketEndpoint", "MAX_RENEWALS", "Requester", "S3Call", "why_unsafe"),
            "response": ("Response", "ResponseHead", "Shapes", "parse_head"),
            "signing": ("EMPTY_SHA256", "Keys", "Signer", "quote_key"),
            "xml_characters": ("readable_xml",),
        },
    )

__all__ = [
    "EMPTY_SHA256",
    "END_OF_HEAD",
    "HEAD_LIMIT_BYTES",
    "MAX_RENEWALS",
    "SLICE_S",
    "BucketEndpoint",
    "Deadlines",
    "Endpoint",
    "HttpClient",
    "Keys",
    "PendingResponse",
    "PipelinedConnection",
    "PipelinedConnections",
    "Requester",
    "Response",
    "ResponseHead",
    "Route",
    "S3Call",
    "Shapes",
    "Signer",
    "Trust",
    "is_closed",
    "parse_head",
    "quote_key",
    "readable_xml",
    "why_unsafe",
]
