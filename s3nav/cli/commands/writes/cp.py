"""``cp``: copy objects inside S3, without downloading them."""

from typing import TypedDict, Unpack

import click

from s3nav.cli.commands.writes.upload_options import ALLOW_WRITE, PARALLEL, write
from s3nav.cli.lazy_commands import HeadlessCommand, setting_option
from s3nav.cli.program import CommandLine
from s3nav.model.errors import UsageError
from s3nav.model.places import SCHEME, S3Uri
from s3nav.model.text.plain_messages import command
from s3nav.transfer import Copying


class CopyArgs(TypedDict):
    """The arguments of ``cp``."""

    places: tuple[str, ...]
    recursive: bool
    dry_run: bool
    overwrite: bool
    storage_class: str
    resume: bool
    yes: bool


@click.command("cp", cls=HeadlessCommand)
@click.argument("places", metavar="s3://BUCKET/KEY… s3://BUCKET/KEY", nargs=-1)
@click.option("-r", "--recursive", is_flag=True, help="copy everything below the source's prefix")
@click.option("--dry-run", is_flag=True, help="show what would be copied, and copy nothing")
@click.option("--overwrite", is_flag=True, help="replace objects with other content")
@click.option(
    "--storage-class", default="", metavar="CLASS", help="storage class of the new objects"
)
@click.option("--resume/--no-resume", default=True, help="resume an unfinished job")
@click.option("-y", "--yes", is_flag=True, help="do not ask before replacing objects")
@click.pass_obj
def cp(line: CommandLine, **typed: Unpack[CopyArgs]) -> None:
    """Copy objects, or everything below prefixes with --recursive; metadata and tags are kept.

    Names are kept if the target is a bucket or ends with a slash. With several sources, those that
    end with a slash are prefixes and keep their names too. Default storage class: the bucket's.
    """
    if len(typed["places"]) < 2:
        raise UsageError("`cp` needs a source and a target", remedy="write s3://a/x s3://b/")
    for place in typed["places"]:
        if not place.startswith(SCHEME):
            raise UsageError(
                f"`{place}` is not in S3",
                remedy=_other_way(*typed["places"]),
            )
    *sources, target = (S3Uri.parse(place) for place in typed["places"])
    request = Copying(
        sources=tuple(sources),
        to=target,
        recursive=typed["recursive"],
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


def _other_way(*places: str) -> str:
    """The command to type instead when one side is a local path."""
    *sources, target = places
    if target.startswith(SCHEME):
        files = [source for source in sources if not source.startswith(SCHEME)]
        return f"`{command('put', *files, target)}` uploads files"
    objects = [source for source in sources if source.startswith(SCHEME)]
    if not objects:
        return "write s3://a/x s3://b/"
    return f"`{command('download', *objects, '--download-dir', target)}` fetches objects"


cp.params += [setting_option(ALLOW_WRITE), setting_option(PARALLEL)]
