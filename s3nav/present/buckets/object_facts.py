"""The metadata of one object, as names and values."""

from s3nav.model.objects import ObjectHead
from s3nav.present.formatting import count, minute, safe_text, size

Fact = tuple[str, str]


def head_facts(head: ObjectHead, size_style: str) -> list[Fact]:
    """Return an object's metadata, most useful first; facts that S3 did not send are left out."""
    facts: list[Fact] = [
        ("size", _size_and_bytes(head.size_bytes, size_style)),
        ("modified", minute(head.modified_at) + " UTC"),
        ("type", head.content_type),
        ("encoding", head.content_encoding),
        ("class", head.storage_class),
        ("restore", head.restore),
        ("etag", head.etag),
        ("version", head.version_id),
        ("encrypted", head.encryption),
        ("parts", "" if head.parts_count is None else count(head.parts_count)),
    ]
    facts += [(name.lower(), value) for name, value in sorted(head.checksums.items())]
    facts += [(f"meta {name}", value) for name, value in sorted(head.metadata.items())]
    return [(safe_text(name), safe_text(value)) for name, value in facts if value]


def _size_and_bytes(size_bytes: int, style: str) -> str:
    """Return the rounded size, with the exact one behind it if they differ."""
    rounded, exact = size(size_bytes, style), f"{count(size_bytes)} bytes"
    return rounded if rounded in {exact, f"{size_bytes} B"} else f"{rounded}  ({exact})"
