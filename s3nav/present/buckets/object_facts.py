"""What is known of one object, as names and values."""

from s3nav.model.objects import ObjectHead
from s3nav.present.formatting import count, minute, safe_text, size

Fact = tuple[str, str]


def head_facts(head: ObjectHead, size_style: str) -> list[Fact]:
    """What a HEAD says, in the order people ask for it; what S3 does not say is left out."""
    facts: list[Fact] = [
        ("size", _size_said(head.size_bytes, size_style)),
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


def _size_said(size_bytes: int, style: str) -> str:
    """Rounded and exact; small sizes are exact already."""
    said, exact = size(size_bytes, style), f"{count(size_bytes)} bytes"
    return said if said in {exact, f"{size_bytes} B"} else f"{said}  ({exact})"
