"""What is agreed to before an upload or a copy, in names and values."""

from s3nav.model.errors import S3NavError
from s3nav.present.formatting import bill_facts, prices_line, total
from s3nav.present.transfers import upload_facts
from s3nav.pricing import Bill, ClassTotals
from s3nav.transfer import Copying, Putting, UploadPreview
from s3nav.tui.ports import CockpitSession

FROM, TO = "from", "to"
"""The ends of the first that is sent."""
REPLACING_KEY = "ctrl+o"
STANDARD = "STANDARD"

Facts = list[tuple[str, str]]


def plan_facts(
    session: CockpitSession, wish: Putting | Copying, preview: UploadPreview, thing: str
) -> Facts:
    """The plan with its first names, priced where prices are known; asks no object of S3."""
    style = session.settings.size_format
    facts = upload_facts(preview, thing=thing, style=style, replacing_key=REPLACING_KEY)
    if not preview.send_files:
        return [*facts, ("", "nothing to send: esc leaves")]
    source, target = preview.sends[0]
    examples = [(FROM, source), (TO, target)]
    try:
        bill, month = _bills(session, wish, preview)
    except S3NavError as error:
        return [*examples, *facts, ("cost", f"not known: {error.message}")]
    bought = [(name, value) for name, value in bill_facts(bill) if value != "no price"]
    kept = f"{total(bill)}; to keep it as {STANDARD} {total(month)} a month"
    prices = prices_line(bill).removeprefix("prices: ")
    return [*examples, *facts, *bought, ("cost", kept), ("prices", prices)]


def _bills(
    session: CockpitSession, wish: Putting | Copying, preview: UploadPreview
) -> tuple[Bill, Bill]:
    """What sending costs, and a month of what is sent, taken to be of the usual class."""
    estimator, bucket = session.estimator(), wish.to.bucket
    bill = estimator.writing(
        bucket,
        wish.storage_class,
        writes=preview.writes,
        part_writes=preview.part_writes,
        reads=preview.reads,
    )
    totals = ClassTotals(objects=preview.send_files, size_bytes=preview.send_bytes)
    return bill, estimator.storage({(bucket, STANDARD): totals})
