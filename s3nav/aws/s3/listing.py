"""List buckets, and pages of their objects (ListObjectsV2)."""

import threading

from msgspec.structs import replace

from s3nav.aws.http import Requester, Response, S3Call
from s3nav.aws.s3.key_pages import parse_keys, parse_objects
from s3nav.aws.s3.listing_xml import malformed_listing, parse_buckets
from s3nav.model.objects import BucketFact, KeyPage, ListingPage, ListRequest
from s3nav.model.ui_priority import UI_PRIORITY

BUCKETS_PER_PAGE = 1000
_IN_CIRCLES = "its pages repeat"
MAX_PAGES_IN_MEMORY = 8
"""Pages received and parsed at a time in one process; more would only wait in memory."""
_READ_SLOTS = threading.Semaphore(MAX_PAGES_IN_MEMORY)
_PARSE_LOCK = threading.Lock()
"""Parse one page at a time: the GIL allows no more, and switching within a page costs 10 %."""
_FREE_BUFFERS: list[bytearray] = []
"""Buffers to reuse, last used first: page faults of a new one cost as much as receiving a page."""


def list_page(requester: Requester, request: ListRequest) -> ListingPage:
    """Fetch one page of facts, in byte order of keys. Raises S3NavError."""
    body = _send(requester, request, request.delimiter).read_text()
    UI_PRIORITY.yield_to_ui()
    page = parse_objects(body)
    _check_progress(page.next_token, request)
    return page


def list_keys(requester: Requester, request: ListRequest) -> KeyPage:
    """Fetch one page of columns, with its digest if the request has one. Raises S3NavError."""
    response = _send(requester, request, delimiter="")
    with _READ_SLOTS:
        try:
            buffer = _FREE_BUFFERS.pop()
        except IndexError:
            buffer = bytearray()
        try:
            size_bytes = response.read_all(buffer)
            UI_PRIORITY.yield_to_ui()
            with _PARSE_LOCK:
                page = parse_keys(buffer, size_bytes)
                _check_progress(page.next_token, request)
                if request.digest is not None:
                    page = replace(page, digest=request.digest(page))
        finally:
            _FREE_BUFFERS.append(buffer)
    return page


def _send(requester: Requester, request: ListRequest, delimiter: str) -> Response:
    query = [
        ("encoding-type", "url"),
        ("list-type", "2"),
        ("max-keys", str(request.page_size)),
        ("prefix", request.prefix),
    ]
    if delimiter:
        query.append(("delimiter", delimiter))
    if request.token is not None:
        query.append(("continuation-token", request.token))
    elif request.start_after:
        query.append(("start-after", request.start_after))
    headers = (("x-amz-request-payer", "requester"),) if request.requester_pays else ()
    call = S3Call(method="GET", bucket=request.bucket, query=tuple(query), headers=headers)
    return requester.send(call, request.waiting)


def _check_progress(next_token: str | None, request: ListRequest) -> None:
    if next_token is not None and next_token == request.token:
        raise malformed_listing(_IN_CIRCLES)


def list_buckets(requester: Requester) -> list[BucketFact]:
    """All buckets the credentials may list, in S3's order. Raises S3NavError."""
    found: list[BucketFact] = []
    token = ""
    while True:
        query = [("max-buckets", str(BUCKETS_PER_PAGE))]
        if token:
            query.append(("continuation-token", token))
        response = requester.send(S3Call(method="GET", bucket=None, query=tuple(query)))
        buckets, next_token = parse_buckets(response.read_text())
        found += buckets
        if not next_token:
            return found
        if next_token == token:
            raise malformed_listing(_IN_CIRCLES)
        token = next_token
