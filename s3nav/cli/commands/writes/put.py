"""``put``: upload files, directories or standard input, every byte checked by S3."""

from typing import TypedDict, Unpack

import click

from s3nav.cli.commands.writes.upload_options import ALLOW_WRITE, PARALLEL, write
from s3nav.cli.lazy_group import HeadlessCommand
from s3nav.cli.options import setting_option
from s3nav.cli.program import CommandLine
from s3nav.model.errors import UsageError
from s3nav.model.places import SCHEME, S3Uri
from s3nav.model.text.command_line import command
from s3nav.transfer import UploadFiles


class Typed(TypedDict):
    """What ``put`` was given."""

    places: tuple[str, ...]
    dry_run: bool
    overwrite: bool
    storage_class: str
    resume: bool
    yes: bool


@click.command("put", cls=HeadlessCommand)
@click.argument("places", metavar="LOCAL… s3://BUCKET/PREFIX/", nargs=-1)
@click.option("--dry-run", is_flag=True, help="say what would be sent, and send nothing")
@click.option("--overwrite", is_flag=True, help="replace objects that have other bytes")
@click.option(
    "--storage-class", default="", metavar="CLASS", help="storage class of the new objects"
)
@click.option("--resume/--no-resume", default=True, help="go on with an unfinished job")
@click.option("-y", "--yes", is_flag=True, help="do not ask before replacing objects")
@click.pass_obj
def put(line: CommandLine, **typed: Unpack[Typed]) -> None:
    """Upload files and directories; `-` is standard input. The same command again resumes.

    `dir` becomes PREFIX/dir/…, `dir/` becomes PREFIX/…; without a slash at its end the target is
    the key of the one file named. Links inside a directory are not followed out of it.
    """
    *paths, target = typed["places"] or ("",)
    if not target.startswith(SCHEME):
        raise UsageError(
            "the last argument is where to upload to", remedy="write s3://bucket/prefix/"
        )
    in_s3 = [path for path in paths if path.startswith(SCHEME)]
    if in_s3:
        raise UsageError(
            "`put` takes local files",
            remedy=f"`{command('cp', *in_s3, target)}` copies objects",
        )
    request = UploadFiles(
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
