"""``verify``: compare a download directory with its bucket, without downloading."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from s3nav.cli.lazy_commands import HeadlessCommand
from s3nav.cli.program import CommandLine
from s3nav.model.errors import (
    IntegrityError,
    LocalDiskError,
    PartialFailureError,
    S3NavError,
    UsageError,
)
from s3nav.model.places import SCHEME, S3Uri
from s3nav.model.text.plain_messages import command
from s3nav.present.formatting import Row
from s3nav.present.transfers import CHECK_COLUMNS, check_row, check_summary_lines, verifying_line
from s3nav.transfer import CheckedFile, Finding

USAGE = "`s3nav --headless verify DIR s3://bucket/prefix`"


@click.command("verify", cls=HeadlessCommand)
@click.argument("directory", metavar="DIR")
@click.argument("place", metavar="S3://BUCKET/PREFIX", type=S3Uri.parse)
@click.option("--all", "shows_all", is_flag=True, help="also list files that are correct")
@click.option("--requester-pays", is_flag=True, help="pay for the requests yourself")
@click.pass_obj
def verify(
    line: CommandLine, directory: str, place: S3Uri, *, shows_all: bool, requester_pays: bool
) -> None:
    """Compare DIR/bucket/key with the bucket: missing, extra, changed or wrong files.

    DIR is the --download-dir of the download. Nothing is downloaded: local files are hashed and
    compared with S3's checksums, or with those the journal kept of the download.
    """
    root = _root(directory)
    findings: Counter[Finding] = Counter()
    checked = line.session.transfers().check_tree(root, place, requester_pays=requester_pays)
    any_rows = line.output.rows(CHECK_COLUMNS, _rows(line, checked, findings, shows_all=shows_all))
    line.narration.end_progress()
    write_line = line.output.line if line.output.format in {None, "table"} else line.narration.say
    if not any_rows:
        write_line(f"every file of {place} matches the bucket" if findings else "no file to verify")
    for text in check_summary_lines(findings):
        write_line(text)
    problem = _problem(findings, root, place)
    if problem:
        raise problem


def _root(directory: str) -> Path:
    if directory.startswith(SCHEME):
        raise UsageError("the directory comes first, then the place", remedy=USAGE)
    root = Path(directory).expanduser().absolute()
    if not root.is_dir():
        problem = "is not a directory" if root.exists() else "does not exist"
        raise UsageError(f"`{root}` {problem}", remedy=f"name a download directory: {USAGE}")
    return root


def _rows(
    line: CommandLine,
    checked: Iterator[CheckedFile],
    findings: Counter[Finding],
    *,
    shows_all: bool,
) -> Iterator[Row]:
    style = line.session.settings.size_format
    for file in checked:
        findings[file.finding] += 1
        line.narration.progress(verifying_line(findings))
        if shows_all or file.finding is not Finding.OK:
            yield check_row(file, style)


def _download(place: S3Uri, root: Path, *more: str) -> str:
    return command("download", str(place), *more, "--download-dir", str(root))


def _problem(findings: Counter[Finding], root: Path, place: S3Uri) -> S3NavError | None:
    """The error for the worst finding: wrong, then unreadable, then missing files."""
    wrong = findings[Finding.WRONG_BYTES] + findings[Finding.CHANGED_SIZE]
    if wrong:
        return IntegrityError(
            f"{wrong} files do not have the bytes of their objects",
            remedy=f"`{_download(place, root, '--overwrite')}` fetches them again",
            slug="wrong-files",
        )
    if findings[Finding.UNREADABLE]:
        return LocalDiskError(f"{findings[Finding.UNREADABLE]} files cannot be read")
    if findings[Finding.MISSING]:
        has_directory = (root / place.bucket).is_dir()
        fetch_hint = f"`{_download(place, root)}` fetches them"
        return PartialFailureError(
            f"{findings[Finding.MISSING]} files are missing",
            remedy=fetch_hint
            if has_directory
            else f"`{root}` has no directory `{place.bucket}`; {fetch_hint}",
            slug="missing-files",
        )
    return None
