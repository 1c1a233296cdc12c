"""See that a page of a listing answers the request it was sent for.

S3 repeats in a page what was asked. A page of another request, which a server or a proxy sends by
mistake, would leave keys out without a word. Servers may leave these fields out.
"""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote_plus

from s3nav.model.objects import ListRequest, VersionsRequest

_ALIAS = re.compile(r":|-s3alias$|--ol-s3$")
"""ARNs, aliases of access points and buckets of tenants: their pages may have another name."""
_LINE_END = re.compile(r"\r\n?")
_SURROGATE = re.compile("[\ud800-\udfff]")


def other_field(about: Mapping[str, str], request: ListRequest, names: Sequence[str]) -> str:
    """The first field of a page that says it answers another request; empty when none does.

    `about` are the fields, and `names` keys and common prefixes as they were sent.
    """
    asked = {
        "Prefix": request.prefix,
        "Delimiter": request.delimiter,
        "ContinuationToken": request.token or "",
    }
    if request.token is None:
        asked["StartAfter"] = request.start_after
    if "CommonPrefixes" not in about:
        del asked["Delimiter"]  # some servers name one always
    if about.get("Prefix") == "" and names and not _begins(names[0], request.prefix):
        return "Prefix"
    return _first_other(about, request.bucket, asked)


def other_field_of_versions(about: Mapping[str, str], request: VersionsRequest) -> str:
    """The same for a page of versions."""
    asked = {
        "Prefix": request.prefix,
        "KeyMarker": request.key_marker,
        "VersionIdMarker": request.version_marker,
    }
    return _first_other(about, request.bucket, asked)


def _first_other(about: Mapping[str, str], bucket: str, asked: Mapping[str, str]) -> str:
    name = about.get("Name", "")
    if name and name.lower() != bucket.lower() and not _ALIAS.search(bucket):
        return "Name"
    for field, value in asked.items():
        if not _is_same(about.get(field, ""), value):
            return field
    return ""


def _is_same(sent: str, asked: str) -> bool:
    """Whether a field says what was asked, encoded or not; an empty one says nothing."""
    if not sent or sent == asked or _SURROGATE.search(asked):
        return True
    # A server that encodes keys may leave the other fields as they are, and XML line ends are \n.
    decoded = unquote_plus(sent, errors="surrogateescape")
    return decoded == asked or sent == _LINE_END.sub("\n", asked)


def _begins(name: str, prefix: str) -> bool:
    return name.startswith(prefix) or unquote_plus(name, errors="surrogateescape").startswith(
        prefix
    )
