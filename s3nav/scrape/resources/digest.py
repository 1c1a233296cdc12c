"""Say whether a thing is the same thing, and whether it has changed."""

from hashlib import blake2b

import msgspec

VOLATILE = frozenset(
    {
        "ResponseMetadata",
        "RequestId",
        "requestId",
        "LastUsed",
        "LastUsedDate",
        "LastUsedTime",
        "LastAccessed",
        "LastAccessedTime",
        "LastAccessedDate",
        "LastAuthenticated",
        "LastAuthenticatedEntity",
        "PasswordLastUsed",
        "RoleLastUsed",
        "LastRecordedPullTime",
        "lastIngestionTime",
        "lastEventTimestamp",
        "LastEventTimestamp",
        "storedBytes",
        "uploadSequenceToken",
        "LatestRestorableTime",
        "EarliestRestorableDateTime",
        "LatestRestorableDateTime",
        "ItemCount",
        "TableSizeBytes",
        "IndexSizeBytes",
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateCreationDateTime",
        "LastStatusUpdate",
        "lastStatusUpdate",
        "LastPingDateTime",
        "LastSeenTime",
        "lastSeenAt",
        "StateUpdatedTimestamp",
        "NextToken",
        "nextToken",
        "SizeInBytes",
        "FreeStorageSpace",
    }
)
"""Members that change although nobody changed anything."""

_encode = msgspec.json.Encoder(order="sorted").encode
_MASK = (1 << 63) - 1


def number_of(content: bytes) -> int:
    """63 bits that stand for `content`."""
    return int.from_bytes(blake2b(content, digest_size=8).digest(), "big") & _MASK


def digest_of(value: object) -> int:
    """Same for values that differ in order and volatile members alone."""
    return number_of(_encode(settled(value)))


def settled(value: object) -> object:
    """`value` without volatile members, its lists in an order of their own."""
    if isinstance(value, dict):
        return {key: settled(each) for key, each in value.items() if key not in VOLATILE}
    if isinstance(value, list):
        if len(value) < 2:
            return [settled(each) for each in value]
        return sorted((settled(each) for each in value), key=_encode)
    return value
