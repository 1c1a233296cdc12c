"""List buckets, and what is in them by pages (ListObjectsV2)."""

import threading

from msgspec.structs import replace

from s3nav.aws.http import Requester, Response, S3Call
from s3nav.aws.s3.key_pages import parse_keys, parse_objects
from s3nav.aws.s3.listing_xml import malformed_listing, parse_buckets
from s3nav.model.objects import BucketFact, KeyPage, ListingPage, ListRequest
from s3nav.model.ui_priority import UI_PRIORITY

BUCKETS_PER_PAGE = 1000
_IN_CIRCLES = "its pages go in circles"


READ_AT_ONCE = 8
"""Pages that a process receives and parses; more would only lie in memory until they are parsed."""
_READING = threading.Semaphore(READ_AT_ONCE)
_PARSING = threading.Lock()
"""One interpreter parses one page at a time anyway; taking turns within it costs a tenth more."""
_FREE: list[bytearray] = []
"""Buffers for pages, those used last in front: a fresh one costs as much as to receive the page."""


def list_page(requester: Requester, request: ListRequest) -> ListingPage:
    """One page, in byte order of keys. Raises S3NavError."""
    body = _ask(requester, request, request.delimiter).read_text()
    UI_PRIORITY.yield_to_ui()
    page = parse_objects(body)
    _check_progress(page.next_token, request)
    return page


def list_keys(requester: Requester, request: ListRequest) -> KeyPage:
    """One page as columns, with its digest when one is wanted. Raises S3NavError."""
    answer = _ask(requester, request, delimiter="")
    with _READING:
        try:
            buffer = _FREE.pop()
        except IndexError:
            buffer = bytearray()
        try:
            size_bytes = answer.read_all(buffer)
            UI_PRIORITY.yield_to_ui()
            with _PARSING:
                page = parse_keys(buffer, size_bytes)
                _check_progress(page.next_token, request)
                if request.digest is not None:
                    page = replace(page, digest=request.digest(page))
        finally:
            _FREE.append(buffer)
    return page


def _ask(requester: Requester, request: ListRequest, delimiter: str) -> Response:
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
    """All buckets the credentials may list, in the order of S3. Raises S3NavError."""
    found: list[BucketFact] = []
    token = ""
    while True:
        query = [("max-buckets", str(BUCKETS_PER_PAGE))]
        if token:
            query.append(("continuation-token", token))
        answer = requester.send(S3Call(method="GET", bucket=None, query=tuple(query)))
        buckets, next_token = parse_buckets(answer.read_text())
        found += buckets
        if not next_token:
            return found
        if next_token == token:
            raise malformed_listing(_IN_CIRCLES)
        token = next_token
