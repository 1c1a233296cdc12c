"""List buckets, and what is in them by pages (ListObjectsV2), parsed strictly and fast."""

import contextlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import unquote_plus
from xml.etree import ElementTree

from s3nav.aws.requester import Requester, S3Call
from s3nav.model.errors import UnavailableError
from s3nav.model.objects import (
    DEFAULT_STORAGE_CLASS,
    BucketFact,
    KeyPage,
    ListingPage,
    ListRequest,
    ObjectFact,
)

BUCKETS_PER_PAGE = 1000
_IN_CIRCLES = "its pages go in circles"
_NAMESPACE = re.compile(
    rb'(<(?:ListBucketResult|ListAllMyBucketsResult))\s+xmlns=(?:"[^"]*"|\'[^\']*\')'
)


def list_page(requester: Requester, request: ListRequest) -> ListingPage:
    """One page, in byte order of keys. Raises S3NavError."""
    page = parse_page(_ask(requester, request, request.delimiter))
    _check_progress(page.next_token, request)
    return page


def list_keys(requester: Requester, request: ListRequest) -> KeyPage:
    """One page as columns. Raises S3NavError."""
    page = KeyPage.of(parse_page(_ask(requester, request, delimiter="")))
    _check_progress(page.next_token, request)
    return page


def _ask(requester: Requester, request: ListRequest, delimiter: str) -> bytes:
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
    return requester.send(call, request.waiting).read_text()


def _check_progress(next_token: str | None, request: ListRequest) -> None:
    if next_token is not None and next_token == request.token:
        raise _malformed(_IN_CIRCLES)


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
            raise _malformed(_IN_CIRCLES)
        token = next_token


def parse_page(body: bytes) -> ListingPage:
    """Read a ListBucketResult. Raises UnavailableError for anything incomplete or odd."""
    with _oddities_told():
        return _page(_root(body, "ListBucketResult"))


def parse_buckets(body: bytes) -> tuple[list[BucketFact], str]:
    """Read a ListAllMyBucketsResult and its token, empty on the last page.

    Raises UnavailableError for anything incomplete or odd.
    """
    with _oddities_told():
        root = _root(body, "ListAllMyBucketsResult")
        entries = root.find("Buckets")
        if entries is None:
            raise KeyError("Buckets")
        return [_bucket(entry) for entry in entries], root.findtext("ContinuationToken", "")


@contextlib.contextmanager
def _oddities_told() -> Iterator[None]:
    try:
        yield
    except ElementTree.ParseError as error:
        raise _malformed("it is not whole XML") from error
    except KeyError as error:
        raise _malformed(f"{error.args[0]} is missing") from error
    except (ValueError, OverflowError) as error:
        raise _malformed("a size, a date or a key cannot be read") from error


def _root(body: bytes, tag: str) -> ElementTree.Element:
    # S3 declares neither a document type nor entities; whoever does wants to do harm.
    if b"<!" in body:
        raise _malformed("it declares a document type")
    root = ElementTree.fromstring(_NAMESPACE.sub(rb"\1", body, count=1))
    if root.tag != tag:
        raise _malformed("it is something else")
    return root


def _bucket(entry: ElementTree.Element) -> BucketFact:
    facts = {child.tag: child.text for child in entry}
    return BucketFact(
        name=_name(facts["Name"], is_encoded=False),
        created_at=_moment(facts.get("CreationDate")),
        region=facts.get("BucketRegion") or None,
    )


def _page(root: ElementTree.Element) -> ListingPage:
    about = {child.tag: child.text or "" for child in root}
    is_encoded = about.get("EncodingType") == "url"
    contents = root.findall("Contents")
    objects = [_object(entry, is_encoded=is_encoded) for entry in contents]
    prefixes = [
        _name(entry.findtext("Prefix"), is_encoded=is_encoded)
        for entry in root.findall("CommonPrefixes")
    ]
    return ListingPage(
        objects=tuple(objects), prefixes=tuple(prefixes), next_token=_next_token(about)
    )


def _next_token(about: dict[str, str]) -> str | None:
    match about["IsTruncated"].strip().lower():
        case "false":
            return None
        case "true":
            token = about.get("NextContinuationToken", "")
            if not token:
                raise _malformed("it says that more follows, and not where")
            return token
        case other:
            raise _malformed(f"IsTruncated is `{other}`")


def _object(entry: ElementTree.Element, *, is_encoded: bool) -> ObjectFact:
    facts = {child.tag: child.text for child in entry}
    size = facts["Size"] or ""
    size_bytes = int(size)
    if size_bytes < 0:
        raise ValueError(size)
    return ObjectFact(
        key=_name(facts["Key"], is_encoded=is_encoded),
        size_bytes=size_bytes,
        etag=(facts.get("ETag") or "").strip('"'),
        modified_at=_moment(facts.get("LastModified")),
        storage_class=facts.get("StorageClass") or DEFAULT_STORAGE_CLASS,
        checksum_algorithm=facts.get("ChecksumAlgorithm") or "",
        checksum_type=facts.get("ChecksumType") or "",
    )


def _name(text: str | None, *, is_encoded: bool) -> str:
    if not text:
        raise KeyError("a name")
    if is_encoded and ("%" in text or "+" in text):
        return unquote_plus(text, errors="surrogateescape")
    return text


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is UTC else _as_utc(moment)


def _as_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _malformed(what: str) -> UnavailableError:
    return UnavailableError(
        f"the listing makes no sense: {what}",
        remedy="try again; if it stays so, the endpoint does not speak ListObjectsV2",
        slug="bad-listing",
    )
