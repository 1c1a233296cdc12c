"""``put``: upload files, directories or standard input; S3 verifies every byte."""

from typing import TypedDict, Unpack

import click

from s3nav.cli.commands.writes.upload_options import ALLOW_WRITE, PARALLEL, write
from s3nav.cli.lazy_commands import HeadlessCommand, setting_option
from s3nav.cli.program import CommandLine
from s3nav.model.errors import UsageError
from s3nav.model.places import SCHEME, S3Uri
from s3nav.model.text.plain_messages import command
from s3nav.transfer import Putting


class PutArgs(TypedDict):
    """The arguments of ``put``."""

    places: tuple[str, ...]
    dry_run: bool
    overwrite: bool
    storage_class: str
    resume: bool
    yes: bool


@click.command("put", cls=HeadlessCommand)
@click.argument("places", metavar="LOCAL… s3://BUCKET/PREFIX/", nargs=-1)
@click.option("--dry-run", is_flag=True, help="show what would be uploaded, and upload nothing")
@click.option("--overwrite", is_flag=True, help="replace objects with other content")
@click.option(
    "--storage-class", default="", metavar="CLASS", help="storage class of the new objects"
)
@click.option("--resume/--no-resume", default=True, help="resume an unfinished job")
@click.option("-y", "--yes", is_flag=True, help="do not ask before replacing objects")
@click.pass_obj
def put(line: CommandLine, **typed: Unpack[PutArgs]) -> None:
    """Upload files and directories; `-` is standard input. The same command again resumes.

    `dir` becomes PREFIX/dir/…, `dir/` becomes PREFIX/…. A target without a slash at its end is the
    key of a single file. Links that lead out of a directory are not followed.
    """
    *paths, target = typed["places"] or ("",)
    if not target.startswith(SCHEME):
        raise UsageError(
            "the last argument must be the target of the upload", remedy="write s3://bucket/prefix/"
        )
    in_s3 = [path for path in paths if path.startswith(SCHEME)]
    if in_s3:
        raise UsageError(
            "`put` takes local files",
            remedy=f"`{command('cp', *in_s3, target)}` copies objects",
        )
    request = Putting(
        paths=tuple(paths),
        to=S3Uri.parse(target),
        storage_class=typed["storage_class"],
        overwrite=typed["overwrite"],
    )
    write(
        line,
        request,
        dry_run=typed["dry_run"],
        is_agreed=typed["yes"],
        may_resume=typed["resume"],
    )


put.params += [setting_option(ALLOW_WRITE), setting_option(PARALLEL)]
