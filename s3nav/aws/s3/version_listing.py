"""List pages of versions and delete markers (ListObjectVersions), parsed strictly."""

from xml.etree import ElementTree

from s3nav.aws.http import Requester, S3Call
from s3nav.aws.s3.listing_xml import (
    decoded_name,
    listing_root,
    malformed_listing,
    other_field_of_versions,
    parse_errors_as_unavailable,
    refuse_other,
)
from s3nav.aws.s3.moments import moment_of
from s3nav.model.objects import DEFAULT_STORAGE_CLASS, VersionPage, VersionsRequest, seconds_of

_VERSION, _MARKER = "Version", "DeleteMarker"


def list_versions(requester: Requester, request: VersionsRequest) -> VersionPage:
    """Fetch one page, in byte order of keys. Raises S3NavError."""
    query = [
        ("encoding-type", "url"),
        ("max-keys", str(request.page_size)),
        ("prefix", request.prefix),
        ("versions", ""),
    ]
    if request.key_marker:
        query.append(("key-marker", request.key_marker))
    if request.version_marker:
        query.append(("version-id-marker", request.version_marker))
    headers = (("x-amz-request-payer", "requester"),) if request.requester_pays else ()
    call = S3Call(method="GET", bucket=request.bucket, query=tuple(query), headers=headers)
    body = requester.send(call, request.waiting).read_text()
    requested = (request.key_marker, request.version_marker)
    with requester.connections_checked(request.bucket):
        page = parse_versions(body, request)
        if page.next_key is not None and (page.next_key, page.next_version) == requested:
            raise malformed_listing("its pages repeat")
    return page


def parse_versions(body: bytes, request: VersionsRequest | None = None) -> VersionPage:
    """Parse a ListVersionsResult. Raises UnavailableError as `parse_page` does."""
    with parse_errors_as_unavailable():
        root = listing_root(body, "ListVersionsResult")
        about = {child.tag: child.text or "" for child in root}
        is_encoded = about.get("EncodingType") == "url"
        if request is not None:
            refuse_other(other_field_of_versions(about, request))
        page = VersionPage(
            next_key=_next_key(about, is_encoded=is_encoded),
            next_version=about.get("NextVersionIdMarker", ""),
        )
        for entry in root:
            if entry.tag in (_VERSION, _MARKER):
                _append(page, entry, is_encoded=is_encoded)
        return page


def _append(page: VersionPage, entry: ElementTree.Element, *, is_encoded: bool) -> None:
    facts = {child.tag: child.text or "" for child in entry}
    is_marker = entry.tag == _MARKER
    size_bytes = 0 if is_marker else int(facts["Size"])
    if size_bytes < 0:
        raise ValueError(facts["Size"])
    page.keys.append(decoded_name(facts["Key"], is_encoded=is_encoded))
    page.version_ids.append(facts["VersionId"])
    page.are_latest.append(facts["IsLatest"].strip().lower() == "true")
    page.are_markers.append(is_marker)
    page.sizes.append(size_bytes)
    page.modified_s.append(seconds_of(moment_of(facts.get("LastModified"))))
    page.etags.append(facts.get("ETag", "").strip('"'))
    page.classes.append("" if is_marker else facts.get("StorageClass") or DEFAULT_STORAGE_CLASS)


def _next_key(about: dict[str, str], *, is_encoded: bool) -> str | None:
    match about["IsTruncated"].strip().lower():
        case "false":
            return None
        case "true":
            return decoded_name(about["NextKeyMarker"], is_encoded=is_encoded)
        case other:
            raise malformed_listing(f"IsTruncated is `{other}`")
