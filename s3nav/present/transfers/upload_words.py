"""The results of a dry run of an upload or copy, as data and lines."""

from s3nav.present.formatting import Column, Row, count, number_of, size
from s3nav.transfer import UploadPreview

REASONS_SHOWN = 3
FROM, TO = "from", "to"
"""Names of the facts that hold the ends of the first object that is sent."""
NOT_LISTED_AGAIN = "what was added since it began is not in it: start it again when it is done"
UPLOAD_PREVIEW_COLUMNS = (
    Column("send_files", "SEND", is_number=True),
    Column("send_bytes", "SEND BYTES", is_number=True),
    Column("skip_files", "SKIP", is_number=True),
    Column("skip_bytes", "SKIP BYTES", is_number=True),
    Column("replace_files", "REPLACE", is_number=True),
    Column("refused_files", "REFUSED", is_number=True),
)


def upload_preview_row(preview: UploadPreview) -> Row:
    """Return the totals as a row of data."""
    values = (
        preview.send_files,
        preview.send_bytes,
        preview.skip_files,
        preview.skip_bytes,
        preview.replace_files,
        preview.refused_files,
    )
    return Row(values=values, cells=[str(value) for value in values])


def upload_preview_lines(preview: UploadPreview, size_style: str = "auto") -> list[str]:
    """Describe the transfers and totals in lines."""
    lines = [f"{source} → {target}" for source, target in preview.sends]
    if preview.send_files > len(preview.sends):
        lines.append(f"… and {count(preview.send_files - len(preview.sends))} more")
    sent = size(preview.send_bytes, size_style)
    lines.append(f"would send {number_of(preview.send_files, 'object')}, {sent}")
    if preview.replace_files:
        lines.append(f"would replace {count(preview.replace_files)} that have other bytes")
    if preview.skip_files:
        skipped = size(preview.skip_bytes, size_style)
        lines.append(f"would skip {number_of(preview.skip_files, 'object')}, {skipped}")
    if preview.refused_files:
        lines.append(f"would refuse {number_of(preview.refused_files, 'object')}")
    lines += [f"  {count(number)}: {why}" for why, number in preview.reasons.items()]
    return lines


def upload_facts(
    preview: UploadPreview, *, thing: str, style: str, replacing_key: str
) -> list[tuple[str, str]]:
    """Return the facts that the user confirms before an upload, as names and values."""
    facts = [("send", f"{number_of(preview.send_files, thing)}, {size(preview.send_bytes, style)}")]
    if preview.replace_files:
        facts.append(("replace", f"{count(preview.replace_files)} of them replace other bytes"))
    if preview.refused_files:
        refused = f"{count(preview.refused_files)}: other bytes are there; {replacing_key} replaces"
        facts.append(("refuse", refused))
    skipped = size(preview.skip_bytes, style)
    if preview.skip_files:
        facts.append(("skip", f"{number_of(preview.skip_files, thing)}, {skipped}"))
    left_out = [(n, why) for why, n in preview.reasons.items() if not why.startswith("exists")]
    facts += [("", f"{count(number)} {why}") for number, why in left_out[:REASONS_SHOWN]]
    return facts


def example_facts(preview: UploadPreview) -> list[tuple[str, str]]:
    """Return the source and the target of the first object; empty when nothing is sent."""
    if not preview.send_files:
        return []
    source, target = preview.sends[0]
    return [(FROM, source), (TO, target)]
