"""``scan versions``: show the size and cost of a place's old versions and delete markers."""

from concurrent import futures
from concurrent.futures import ThreadPoolExecutor
from threading import Event as Flag

import click

from s3nav.browse import CountedVersions, VersionSums, count_versions
from s3nav.cli.lazy_commands import SIZE_FLAG, HeadlessCommand, setting_option
from s3nav.cli.program import CommandLine
from s3nav.model.errors import EXIT_INTERRUPTED, PartialFailureError
from s3nav.model.places import S3Uri
from s3nav.model.waits import ended
from s3nav.present.buckets import VERSIONS_COLUMNS, month_of_old, versions_lines, versions_row
from s3nav.present.formatting import about, number_of

TICK_S = 0.1
STOPPING_S = 30.0
"""Longest wait for requests under way to end after Ctrl-C."""


@click.command("versions", cls=HeadlessCommand)
@click.argument("place", type=S3Uri.parse, metavar="S3://BUCKET/PREFIX")
@click.option("--requester-pays", is_flag=True, help="pay for the requests yourself")
@click.pass_obj
def versions(line: CommandLine, place: S3Uri, *, requester_pays: bool) -> None:
    """List all versions of a place; show current and old ones, and the monthly cost of old ones.

    Nothing is kept. Needs `s3:ListBucketVersions`.
    """
    counted = _counted(line, place, requester_pays=requester_pays)
    bill = month_of_old(line.session.estimator(), counted)
    style = line.session.settings.size_format
    if line.output.format is None:
        for text in versions_lines(counted, bill, style):
            line.output.line(text)
    else:
        line.output.row(VERSIONS_COLUMNS, versions_row(counted, bill, style))
    problems = counted.outcome.problems
    if problems:
        raise PartialFailureError(
            f"the versions of {place} are not listed completely: {problems[0].error.message}",
            remedy=problems[0].error.remedy,
            context=problems[0].error.context,
        )


def _counted(line: CommandLine, place: S3Uri, *, requester_pays: bool) -> CountedVersions:
    """List in a thread and show progress, until it ends or Ctrl-C stops it."""
    from s3nav.pricing import SMALL_BYTES  # noqa: PLC0415  # not for the help

    sums, stop, store = VersionSums(SMALL_BYTES), Flag(), line.session.store()
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="s3nav-versions")
    under_way = pool.submit(
        count_versions,
        store,
        place,
        sums,
        is_cancelled=stop.is_set,
        retry_attempts=line.session.settings.retry_attempts,
        requester_pays=requester_pays,
    )
    try:
        while not under_way.done():
            futures.wait({under_way}, TICK_S)
            so_far = f": {number_of(sums.rows, 'version')} so far"
            line.narration.progress(about("", str(place), so_far))
    except KeyboardInterrupt:
        stop.set()
        line.exit_code = EXIT_INTERRUPTED
        line.narration.say("stopping; what was counted is shown (Ctrl-C again exits at once)")
        futures.wait({under_way}, STOPPING_S)
    finally:
        stop.set()
        pool.shutdown(wait=False)
        line.narration.end_progress()
    return ended(under_way, 0, "the count")


versions.params.append(setting_option(SIZE_FLAG))
