"""Find out how an object was uploaded: its parts, their sizes and their checksums.

GetObjectAttributes lists the parts of an object that was uploaded with checksums; a HEAD with
`partNumber` gives the size of one part of any multipart object (API reference of both).
"""

import re
from xml.etree import ElementTree

from s3nav.aws.http import Requester, Response, S3Call, why_unsafe
from s3nav.aws.s3.object_headers import bare_etag
from s3nav.model.errors import (
    AccessDeniedError,
    NotFoundError,
    S3NavError,
    UnavailableError,
    UsageError,
)
from s3nav.model.objects import ObjectAttributes, PartFact
from s3nav.model.places import S3Uri

PARTS_PER_PAGE = 1000
PAGES_MAX = 11
"""An upload has at most 10,000 parts (user guide, "Multipart upload limits")."""
RESPONSE_LIMIT_BYTES = 4 * 1024 * 1024
_ATTRIBUTES = "ETag,Checksum,ObjectParts,ObjectSize"
_NAMESPACE = re.compile(rb"\sxmlns=(?:\"[^\"]*\"|'[^']*')")
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19})")
_NUMBER = re.compile(r"[0-9]{1,19}")
_CHECKSUM = "Checksum"
_REFUSALS = (AccessDeniedError, NotFoundError, UsageError)


def payer_headers(*, requester_pays: bool) -> list[tuple[str, str]]:
    """The header with which a requester agrees to pay; none when the owner pays."""
    return [("x-amz-request-payer", "requester")] if requester_pays else []


def attributes(
    requester: Requester, place: S3Uri, *, version_id: str = "", requester_pays: bool
) -> ObjectAttributes | None:
    """All pages of GetObjectAttributes; None when it is not allowed or not implemented.

    Raises S3NavError when a later attempt may succeed.
    """
    parts: list[PartFact] = []
    marker = ""
    for _ in range(PAGES_MAX):
        root = _page(requester, place, marker, version_id=version_id, requester_pays=requester_pays)
        if root is None:
            return None
        parts += [_part(element) for element in root.iterfind("ObjectParts/Part")]
        following = root.findtext("ObjectParts/NextPartNumberMarker", "")
        more = root.findtext("ObjectParts/IsTruncated", "").strip().lower() == "true"
        if not more or not following or following == marker:
            return _attributes(root, parts)
        marker = following
    return None


def part_bytes(
    requester: Requester,
    place: S3Uri,
    number: int,
    *,
    version_id: str = "",
    requester_pays: bool,
) -> int | None:
    """The size of one part, from a HEAD of it; None when the endpoint ignores `partNumber`.

    Raises AccessDeniedError or UsageError for a refusal, whose reason a HEAD cannot give, and
    S3NavError when a later attempt may succeed.
    """
    call = S3Call(
        method="HEAD",
        bucket=place.bucket,
        key=place.key,
        query=(("partNumber", str(number)), *_version(version_id)),
        headers=tuple(payer_headers(requester_pays=requester_pays)),
    )
    try:
        response = requester.send(call)
    except NotFoundError:
        return None
    except S3NavError as error:
        if error.context.get("status") in {"416", "501"}:
            return None
        raise
    span = _CONTENT_RANGE.fullmatch(response.head.headers.get("content-range", ""))
    if response.head.status == 206 and span:
        return int(span[2]) - int(span[1]) + 1
    length = response.head.headers.get("content-length", "")
    # Without this header the length is that of the whole object.
    if response.head.headers.get("x-amz-mp-parts-count") and _NUMBER.fullmatch(length):
        return int(length)
    return None


def _page(
    requester: Requester, place: S3Uri, marker: str, *, version_id: str, requester_pays: bool
) -> ElementTree.Element | None:
    headers = [
        ("x-amz-max-parts", str(PARTS_PER_PAGE)),
        ("x-amz-object-attributes", _ATTRIBUTES),
        *payer_headers(requester_pays=requester_pays),
    ]
    if marker:
        headers.append(("x-amz-part-number-marker", marker))
    call = S3Call(
        method="GET",
        bucket=place.bucket,
        key=place.key,
        query=(("attributes", ""), *_version(version_id)),
        headers=tuple(headers),
    )
    try:
        response = requester.send(call)
    except _REFUSALS:
        return None
    except UnavailableError as error:
        if error.context.get("status") in {"405", "501"}:
            return None
        raise
    return _read(response)


def _version(version_id: str) -> tuple[tuple[str, str], ...]:
    return (("versionId", version_id),) if version_id else ()


def _read(response: Response) -> ElementTree.Element | None:
    """The document; None from an endpoint that ignored ``?attributes`` and sent the object."""
    length = response.head.length_bytes
    kind = response.head.headers.get("content-type", "")
    if "xml" not in kind or (length is not None and length > RESPONSE_LIMIT_BYTES):
        response.close()
        return None
    body = response.read_text()
    if why_unsafe(body):
        return None
    try:
        root = ElementTree.fromstring(_NAMESPACE.sub(b"", body))
    except ElementTree.ParseError:
        return None
    return root if root.tag.startswith("GetObjectAttributes") else None


def _attributes(root: ElementTree.Element, parts: list[PartFact]) -> ObjectAttributes:
    checksum = root.find(_CHECKSUM)
    return ObjectAttributes(
        etag=bare_etag(root.findtext("ETag", "")),
        size_bytes=_number(root.findtext("ObjectSize")),
        checksums={} if checksum is None else _checksums(checksum),
        checksum_type=root.findtext("Checksum/ChecksumType", ""),
        parts=tuple(sorted(parts, key=lambda part: part.number)),
        parts_count=_number(
            root.findtext("ObjectParts/PartsCount") or root.findtext("ObjectParts/TotalPartsCount")
        ),
    )


def _part(element: ElementTree.Element) -> PartFact:
    return PartFact(
        number=_number(element.findtext("PartNumber")) or 0,
        size_bytes=_number(element.findtext("Size")) or 0,
        checksums=_checksums(element),
    )


def _checksums(element: ElementTree.Element) -> dict[str, str]:
    return {
        child.tag.removeprefix(_CHECKSUM).upper(): child.text
        for child in element
        if child.tag.startswith(_CHECKSUM) and child.tag != "ChecksumType" and child.text
    }


def _number(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text) if _NUMBER.fullmatch(text) else None
