"""``cp``: copy objects inside S3; their bytes never come here."""

from typing import TypedDict, Unpack

import click

from s3nav.cli.commands.writing import ALLOW_WRITE, PARALLEL, write
from s3nav.cli.lazy_group import HeadlessCommand
from s3nav.cli.options import setting_option
from s3nav.cli.program import CommandLine
from s3nav.model.errors import UsageError
from s3nav.model.places import SCHEME, S3Uri
from s3nav.transfer import Copying


class Typed(TypedDict):
    """What ``cp`` was given."""

    source: str
    target: str
    recursive: bool
    dry_run: bool
    overwrite: bool
    storage_class: str
    resume: bool
    yes: bool


@click.command("cp", cls=HeadlessCommand)
@click.argument("source", metavar="s3://BUCKET/KEY")
@click.argument("target", metavar="s3://BUCKET/KEY")
@click.option("-r", "--recursive", is_flag=True, help="everything below the source's prefix")
@click.option("--dry-run", is_flag=True, help="say what would be sent, and send nothing")
@click.option("--overwrite", is_flag=True, help="replace objects that have other bytes")
@click.option("--storage-class", default="", metavar="CLASS", help="of what is written")
@click.option("--resume/--no-resume", default=True, help="go on with an unfinished job")
@click.option("-y", "--yes", is_flag=True, help="do not ask before replacing objects")
@click.pass_obj
def cp(line: CommandLine, **typed: Unpack[Typed]) -> None:
    """Copy an object, or with --recursive all below a prefix, metadata and tags kept.

    A target that is a bucket or ends with a slash keeps the name. The storage class is the
    bucket's default unless --storage-class says else.
    """
    for place in (typed["source"], typed["target"]):
        if not place.startswith(SCHEME):
            raise UsageError(
                f"`{place}` is not in S3",
                remedy="`s3nav --headless put` uploads, `download` fetches",
            )
    wish = Copying(
        source=S3Uri.parse(typed["source"]),
        to=S3Uri.parse(typed["target"]),
        recursive=typed["recursive"],
        storage_class=typed["storage_class"],
        overwrite=typed["overwrite"],
    )
    write(
        line,
        wish,
        dry_run=typed["dry_run"],
        is_agreed=typed["yes"],
        may_resume=typed["resume"],
    )


cp.params += [setting_option(ALLOW_WRITE), setting_option(PARALLEL)]
