"""``scrape run``: list the resources of every service, and keep the responses."""

from typing import Literal, TypedDict, Unpack

import click

from s3nav.cli.lazy_commands import HeadlessCommand
from s3nav.cli.program import CommandLine
from s3nav.model.errors import (
    AccessDeniedError,
    PartialFailureError,
    S3NavError,
    ThrottledError,
    UnavailableError,
)
from s3nav.model.events import ScrapeProgress
from s3nav.model.scrape_queries import ScrapeState
from s3nav.model.waits import END_S
from s3nav.present.formatting import number_of
from s3nav.present.scrape_words import progress_line, run_result, status_words
from s3nav.scrape import ScrapeRecord, ScrapeRequest, Scrapes, name_list

TICK_S = 0.1

_KINDS: dict[str, type[S3NavError]] = {
    "denied": AccessDeniedError,
    "opt-in": AccessDeniedError,
    "throttled": ThrottledError,
    "unavailable": UnavailableError,
    "unsupported": UnavailableError,
}


class ScrapeArgs(TypedDict):
    """The arguments of ``scrape run``."""

    services: str
    regions: str
    operations: str
    engine: Literal["native", "aws-list-all"]
    max_rate: float
    workers: int
    no_details: bool
    no_redact: bool


@click.command("run", cls=HeadlessCommand)
@click.option("--services", default="all", metavar="all|ec2,s3", help="services to scrape")
@click.option("--regions", default="", metavar="NAME,…", help="default: all enabled regions")
@click.option(
    "--operations", default="", metavar="NAME,…", help="only these operations, e.g. ListBuckets"
)
@click.option("--engine", type=click.Choice(["native", "aws-list-all"]), default="native")
@click.option(
    "--max-rate",
    type=click.FloatRange(min=0),
    default=0.0,
    help="most requests a second; 0: no limit",
)
@click.option("--workers", type=click.IntRange(1, 64), default=16, help="concurrent requests")
@click.option(
    "--no-details",
    is_flag=True,
    help="do not request details of each bucket, role, cluster…",
)
@click.option("--no-redact", is_flag=True, help="keep secrets in responses")
@click.pass_obj
def run(line: CommandLine, /, **typed: Unpack[ScrapeArgs]) -> None:
    """List the resources of every service, and keep the responses."""
    request = _request(typed)
    scrapes = line.session.scrapes()
    if not request.redacts:
        line.narration.warn("secrets in responses are kept")
    subscription = line.session.stream.subscribe()
    scrape_id = scrapes.start(request)
    try:
        line.narration.say(f"{scrape_id} has started; it is stored in {scrapes.store.place}")
        while not scrapes.wait(scrape_id, TICK_S):
            for event in subscription.drain().events:
                if isinstance(event, ScrapeProgress):
                    line.narration.progress(progress_line(event))
    except KeyboardInterrupt:
        scrapes.cancel(scrape_id)
        line.narration.say("stopping; what was found is kept")
        scrapes.wait(scrape_id, END_S)
        raise
    finally:
        line.narration.end_progress()
        line.session.stream.unsubscribe(subscription)
    _print_result(line, scrapes, scrape_id)


def _request(typed: ScrapeArgs) -> ScrapeRequest:
    services, regions = name_list(typed["services"]), name_list(typed["regions"])
    operations = (name.strip() for name in typed["operations"].split(","))
    return ScrapeRequest(
        services="all" if services in {(), ("all",)} else services,
        regions=() if regions == ("all",) else regions,
        operations=tuple(name for name in operations if name),
        engine=typed["engine"],
        second_wave=not typed["no_details"],
        redacts=not typed["no_redact"],
        max_rate=typed["max_rate"],
        workers=typed["workers"],
    )


def _print_result(line: CommandLine, scrapes: Scrapes, scrape_id: str) -> None:
    problem = scrapes.problem(scrape_id)
    record = scrapes.result(scrape_id)
    if line.output.is_json:
        line.output.object(run_result(record))
    else:
        line.output.line(
            f"{record.scrape_id}: {record.state.value}, "
            f"{number_of(record.documents, 'document')}, "
            f"{number_of(record.total_resources_saved, 'resource')} "
            f"in {record.duration_seconds or 0:.1f} s"
        )
        line.output.line(f"queries: {status_words(record.queries)}")
    line.output.flush()
    if record.spooled:
        line.narration.warn(
            f"{number_of(record.spooled, 'document')} wait on this machine for the store; "
            "the next command that reaches it delivers them"
        )
    if problem is not None:
        raise problem
    if record.state is ScrapeState.FAILED:
        raise _failure(record)


def _failure(record: ScrapeRecord) -> S3NavError:
    """No query was answered: one kind of reason is that error, several are a partial one."""
    remedy = f"`s3nav --headless scrape show {record.scrape_id}` lists them"
    statuses = [name for name, count in record.queries.items() if count]
    if len(statuses) == 1 and statuses[0] in _KINDS:
        return _KINDS[statuses[0]](f"all queries ended `{statuses[0]}`", remedy=remedy)
    return PartialFailureError("no query was answered", remedy=remedy)
