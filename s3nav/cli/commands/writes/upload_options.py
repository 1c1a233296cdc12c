"""The run of ``put`` and ``cp``: permission, dry run, confirmation and upload."""

from io import TextIOWrapper
from typing import BinaryIO

from s3nav.cli.commands.download import run_job
from s3nav.cli.job_connection import report_unknown
from s3nav.cli.lazy_commands import SettingFlag
from s3nav.cli.program import CommandLine
from s3nav.model.errors import EXIT_INTERRUPTED, UsageError
from s3nav.present.formatting import number_of, size
from s3nav.present.transfers import (
    NOT_LISTED_AGAIN,
    UPLOAD_PREVIEW_COLUMNS,
    upload_preview_lines,
    upload_preview_row,
)
from s3nav.transfer import CopyObjects, UploadFiles, UploadPlan

ALLOW_WRITE = SettingFlag(setting="allow_write", names=("--allow-write",), flag_value=True)
PARALLEL = SettingFlag(
    setting="parallel_downloads",
    names=("--parallel",),
    metavar="N",
    help="objects and parts sent at once",
)


def write(
    line: CommandLine,
    request: UploadFiles | CopyObjects,
    *,
    dry_run: bool,
    is_agreed: bool,
    may_resume: bool,
) -> None:
    """Run an upload or a copy, or show its plan. Raises S3NavError."""
    transfers, style = line.session.transfers(), line.session.settings.size_format
    uploads = transfers.uploads
    if dry_run:
        preview = uploads.preview(request)
        if line.output.format is None:
            for text in upload_preview_lines(preview, style):
                line.output.line(text)
        else:
            line.output.row(UPLOAD_PREVIEW_COLUMNS, upload_preview_row(preview))
        return
    uploads.check(request)
    unfinished = uploads.find_resumable(request) if may_resume else None
    if unfinished is not None:
        report_unknown(line, unfinished)
        line.narration.say(f"resuming {number_of(unfinished.total_files, 'object')}")
        line.narration.say(NOT_LISTED_AGAIN)
        run_job(line, transfers, unfinished.job_id, is_new=False)
        return
    plan = uploads.plan(request, stdin=_bytes_of(line, request))
    job_id = plan.record.job_id
    if plan.preview.replace_files and not is_agreed:
        is_agreed = False
        try:
            is_agreed = _is_agreed(line, plan, request.to.bucket)
        finally:
            if not is_agreed:
                transfers.forget(job_id)
        if not is_agreed:
            line.narration.say("nothing was uploaded")
            line.exit_code = EXIT_INTERRUPTED
            return
    line.narration.say(
        f"found {number_of(plan.preview.send_files, 'object')} to send, "
        f"{size(plan.preview.send_bytes, style)}"
    )
    run_job(line, transfers, job_id, is_new=True)


def _is_agreed(line: CommandLine, plan: UploadPlan, bucket: str) -> bool:
    """Ask the user to type the bucket's name; scripts need ``--yes``. Raises UsageError."""
    stdin = line.program.stdin
    replaced = f"{number_of(plan.preview.replace_files, 'object')} of `{bucket}` would be replaced"
    if stdin is None or not stdin.isatty():
        raise UsageError(
            replaced,
            remedy="add `--yes`, or check with `--dry-run` first",
            slug="needs-confirmation",
        )
    return line.narration.ask_for(f"{replaced}.", bucket, stdin)


def _bytes_of(line: CommandLine, request: UploadFiles | CopyObjects) -> BinaryIO | None:
    """Return standard input as bytes if the upload reads it. Raises UsageError."""
    if not (isinstance(request, UploadFiles) and request.is_stream):
        return None
    stdin = line.program.stdin
    if not isinstance(stdin, TextIOWrapper):
        raise UsageError("standard input is closed", remedy="name a file instead of `-`")
    stream: BinaryIO = stdin.buffer
    return stream
