"""Price the plan of an upload or a copy before it is agreed to."""

from s3nav.model.errors import S3NavError
from s3nav.present.transfers import example_facts, upload_cost_facts, upload_facts
from s3nav.pricing import Bill, ClassTotals
from s3nav.transfer import CopyObjects, UploadFiles, UploadPreview
from s3nav.tui.ports import CockpitSession

REPLACING_KEY = "ctrl+o"
STANDARD = "STANDARD"

Facts = list[tuple[str, str]]


def plan_facts(
    session: CockpitSession, request: UploadFiles | CopyObjects, preview: UploadPreview, thing: str
) -> Facts:
    """The plan with its first names, priced where prices are known. Sends no request to S3."""
    style = session.settings.size_format
    facts = upload_facts(preview, thing=thing, style=style, replacing_key=REPLACING_KEY)
    if not preview.send_files:
        return [*facts, ("", "nothing to send: esc leaves")]
    examples = example_facts(preview)
    try:
        bill, month = _bills(session, request, preview)
    except S3NavError as error:
        return [*examples, *facts, ("cost", f"not known: {error.message}")]
    return [*examples, *facts, *upload_cost_facts(bill, month, STANDARD)]


def _bills(
    session: CockpitSession, request: UploadFiles | CopyObjects, preview: UploadPreview
) -> tuple[Bill, Bill]:
    """What sending costs, and a month of storage, assumed to be STANDARD."""
    estimator, bucket = session.estimator(), request.to.bucket
    bill = estimator.writing(
        bucket,
        request.storage_class,
        writes=preview.writes,
        part_writes=preview.part_writes,
        reads=preview.reads,
    )
    sent = ClassTotals(objects=preview.send_files, size_bytes=preview.send_bytes)
    return bill, estimator.storage({(bucket, STANDARD): sent})
