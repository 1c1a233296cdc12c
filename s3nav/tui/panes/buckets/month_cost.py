"""What a counted bucket, or one object, costs a month."""

from s3nav.browse import BucketStats
from s3nav.model.errors import S3NavError
from s3nav.model.objects import ObjectHead
from s3nav.present.formatting import dollars, total
from s3nav.pricing import ClassTotals
from s3nav.tui.ports import CockpitSession


def month_cost(session: CockpitSession, stats: BucketStats) -> str:
    """``351.90``, ``≥ 1,403.00`` of a part, or nothing when there is no price of its region."""
    if stats.region is None or not (stats.complete or stats.objects):
        return ""
    try:
        bill, is_all = session.estimator().month_of(
            stats.region, stats.objects, stats.bytes_by_class
        )
    except S3NavError:
        return ""
    if not bill.prices:
        return ""
    is_exact = is_all and stats.complete and not bill.gaps
    return f"{'' if is_exact else '≥ '}{dollars(bill.total_usd)}"


def object_cost_facts(
    session: CockpitSession, bucket: str, head: ObjectHead
) -> list[tuple[str, str]]:
    """What keeping an object costs a month; nothing when there is no price."""
    totals = ClassTotals()
    totals.put(head.size_bytes)
    bill = session.estimator().storage({(bucket, head.storage_class): totals})
    return [("a month", total(bill))] if bill.prices else []
