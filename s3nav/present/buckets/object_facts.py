"""The metadata of one object, and what it costs to keep, as names and values."""

from typing import TYPE_CHECKING

from s3nav.model.objects import ObjectHead
from s3nav.present.formatting import count, minute, safe_text, size, total

if TYPE_CHECKING:  # prices are loaded only when needed
    from s3nav.pricing import Estimator

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


def object_cost_facts(estimator: "Estimator", bucket: str, head: ObjectHead) -> list[Fact]:
    """Return what keeping an object costs a month; nothing when there is no price."""
    from s3nav.pricing import ClassTotals  # noqa: PLC0415  # most commands need no prices

    totals = ClassTotals()
    totals.put(head.size_bytes)
    bill = estimator.storage({(bucket, head.storage_class): totals})
    return [("a month", total(bill))] if bill.prices else []


def _size_and_bytes(size_bytes: int, style: str) -> str:
    """Return the rounded size, with the exact one behind it if they differ."""
    rounded, exact = size(size_bytes, style), f"{count(size_bytes)} bytes"
    return rounded if rounded in {exact, f"{size_bytes} B"} else f"{rounded}  ({exact})"
