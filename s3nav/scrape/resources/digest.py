"""Digests that identify a thing and show whether it has changed."""

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
"""Members that change on their own, such as usage times and counters; digests leave them out."""

_encode = msgspec.json.Encoder(order="sorted").encode
_MASK = (1 << 63) - 1


def number_of(content: bytes) -> int:
    """Return a 63-bit hash of `content`; SQLite integers have 63 bits and a sign."""
    return int.from_bytes(blake2b(content, digest_size=8).digest(), "big") & _MASK


def digest_of(value: object) -> int:
    """Return a digest that ignores the order of lists and members, and volatile members."""
    return number_of(_encode(stable_form(value)))


def stable_form(value: object) -> object:
    """Return `value` without volatile members and with its lists sorted."""
    if isinstance(value, dict):
        return {key: stable_form(each) for key, each in value.items() if key not in VOLATILE}
    if isinstance(value, list):
        if len(value) < 2:
            return [stable_form(each) for each in value]
        return sorted((stable_form(each) for each in value), key=_encode)
    return value
