"""``scrape list|show|query|search|compare|stats|logs``: look at what was found."""

import click

from s3nav.cli.lazy_commands import HeadlessCommand
from s3nav.cli.program import CommandLine
from s3nav.model.errors import NotFoundError, UsageError
from s3nav.present import scrape_words as words
from s3nav.present.cockpit_opening import Opening
from s3nav.scrape import Comparison, Scrapes, Where

NOTHING_FOUND, NOTHING_MATCHES = "no query found anything", "nothing matches"
_PLACE = (
    click.option("--service", metavar="NAME", help="only this service"),
    click.option("--region", metavar="NAME", help="only this region; `global` for global services"),
    click.option("--operation", metavar="NAME", help="only this operation"),
)


def _where(scrape_id: str | None, typed: dict[str, str | None]) -> Where:
    return Where(
        scrape_id=scrape_id,
        service=typed["service"],
        region=typed["region"],
        operation=typed["operation"],
    )


def _placed(command: click.Command) -> click.Command:
    """The same command with the options that narrow what is meant."""
    for option in _PLACE:
        option(command)
    return command


@click.command("list", cls=HeadlessCommand)
@click.option("--limit", type=click.IntRange(min=1), default=50, help="show at most this many")
@click.option("--offset", type=click.IntRange(min=0), default=0, help="leave out the newest")
@click.option("--success-only", is_flag=True, help="only those that ended well")
@click.pass_obj
def list_scrapes(line: CommandLine, *, limit: int, offset: int, success_only: bool) -> None:
    """List scrapes, the newest first."""
    success = True if success_only else None
    records = line.session.scrapes().list(limit=limit, offset=offset, success=success)
    if line.output.is_json:
        line.output.objects(words.as_json(record) for record in records)
    else:
        line.show(words.SCRAPE_COLUMNS, map(words.scrape_row, records), none="no scrape is kept")


@click.command("show", cls=HeadlessCommand)
@click.argument("scrape_id", metavar="SCRAPE|latest")
@click.option("--all", "with_all", is_flag=True, help="also queries that found nothing")
@click.pass_obj
def show(line: CommandLine, scrape_id: str, *, with_all: bool) -> None:
    """Show a scrape: its record, and what became of each query."""
    scrapes = line.session.scrapes()
    record = scrapes.show(scrape_id)
    queries = [
        query
        for query in scrapes.queries(Where(scrape_id=record.scrape_id))
        if with_all or query.status.value != "empty"
    ]
    if line.output.is_json:
        line.output.object(
            {**words.as_json(record), "query_status": [words.as_json(query) for query in queries]}
        )
        return
    line.output.rows(words.SCRAPE_COLUMNS, [words.scrape_row(record)])
    line.output.line(f"queries: {words.status_words(record.queries)}")
    line.show(words.QUERY_COLUMNS, map(words.query_row, queries), none=NOTHING_FOUND)


@_placed
@click.command("query", cls=HeadlessCommand)
@click.option("--scrape-id", metavar="SCRAPE|latest", help="unset: all scrapes, the newest first")
@click.option("--resources", is_flag=True, help="the things found, instead of documents")
@click.option("--limit", type=click.IntRange(min=1), help="show at most this many")
@click.option("--offset", type=click.IntRange(min=0), default=0, help="leave out the first")
@click.pass_obj
def query(
    line: CommandLine,
    /,
    *,
    scrape_id: str | None,
    resources: bool,
    limit: int | None,
    offset: int,
    **typed: str | None,
) -> None:
    """Show documents with their responses, or the resources in them."""
    scrapes = line.session.scrapes()
    where = _where(scrapes.show(scrape_id).scrape_id if scrape_id else None, typed)
    if resources:
        found = scrapes.resources(where, limit=limit, offset=offset)
        if line.output.is_json:
            line.output.objects(words.resource_json(resource) for resource in found)
        else:
            line.show(words.RESOURCE_COLUMNS, map(words.resource_row, found), none=NOTHING_MATCHES)
        return
    documents = scrapes.query(where, limit=limit, offset=offset, newest_first=scrape_id is None)
    if line.output.is_json:
        line.output.objects(words.as_json(document) for document in documents)
    else:
        line.show(words.DOCUMENT_COLUMNS, map(words.document_row, documents), none=NOTHING_MATCHES)


@click.command("search", cls=HeadlessCommand)
@click.argument("text")
@click.option("--scrape-id", metavar="SCRAPE|latest", help="unset: all scrapes, the newest first")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, help="show at most this many")
@click.pass_obj
def search(line: CommandLine, text: str, *, scrape_id: str | None, limit: int) -> None:
    """Find resources by words in id, ARN, name, type or tags, or by the beginning of words."""
    scrapes = line.session.scrapes()
    wanted = scrapes.show(scrape_id).scrape_id if scrape_id else None
    found = scrapes.search(text, scrape_id=wanted, limit=limit)
    if line.output.is_json:
        line.output.objects(words.resource_json(resource) for resource in found)
    else:
        line.show(words.RESOURCE_COLUMNS, map(words.resource_row, found), none=NOTHING_MATCHES)


def _in_cockpit(_line: CommandLine, context: click.Context) -> tuple[Opening, frozenset[str]]:
    """The newest scrape is searched."""
    return Opening(search=context.params["text"]), frozenset({"text"})


search.opens = _in_cockpit


@_placed
@click.command("compare", cls=HeadlessCommand)
@click.argument("older", required=False)
@click.argument("newer", required=False)
@click.option("--limit", type=click.IntRange(min=2), default=2, help="newest scrapes compared")
@click.option(
    "--changes",
    type=click.IntRange(min=1),
    default=1000,
    help="show at most this many changes of a kind",
)
@click.pass_obj
def compare(
    line: CommandLine,
    /,
    older: str | None,
    newer: str | None,
    *,
    limit: int,
    changes: int,
    **typed: str | None,
) -> None:
    """Compare two scrapes, or the newest ones step by step.

    Order, request ids and members that change by themselves are no change. A thing is unknown,
    never removed, when its query failed.
    """
    scrapes = line.session.scrapes()
    where = _where(None, typed)
    if older and newer:
        found = [scrapes.compare(older, newer, where, limit=changes)]
    else:
        found = [*scrapes.steps(where, limit=limit, changes=changes)]
    if not found:
        _refuse_one(scrapes, where)
    if line.output.is_json:
        line.output.objects(words.comparison_json(comparison) for comparison in found)
        return
    for comparison in found:
        _tell(line, comparison)


def _refuse_one(scrapes: Scrapes, where: Where) -> None:
    """Say what is missing: two scrapes are needed."""
    if next(scrapes.queries(where), None) is None:
        raise NotFoundError(
            "no scrape has asked for that",
            remedy="`s3nav --headless scrape run` makes one",
            slug="no-such-scrape",
        )
    raise UsageError("only one scrape has asked for that", remedy="scrape again, then compare")


def _tell(line: CommandLine, comparison: Comparison) -> None:
    line.narration.say(f"{comparison.older.scrape_id} → {comparison.newer.scrape_id}")
    line.output.rows(words.CHANGE_COLUMNS, map(words.change_row, comparison.changes))
    line.output.flush()
    line.narration.say(words.comparison_line(comparison))


@click.command("stats", cls=HeadlessCommand)
@click.option(
    "--by",
    type=click.Choice(["service", "region", "operation", "day"]),
    help="counts of each, in place of all together",
)
@click.option("--scrape-id", metavar="SCRAPE|latest", help="of this scrape alone")
@click.option("--days", type=click.IntRange(1, 3660), default=30, help="with --by day")
@click.pass_obj
def stats(line: CommandLine, *, by: str | None, scrape_id: str | None, days: int) -> None:
    """Count what is kept."""
    scrapes = line.session.scrapes()
    where = Where(scrape_id=scrapes.show(scrape_id).scrape_id) if scrape_id else Where()
    match by:
        case "day":
            found = map(words.day_row, scrapes.timeline(days=days))
            line.show(words.DAY_COLUMNS, found, none=f"no scrape in {days} days")
        case "service" | "region" | "operation":
            shares = map(words.share_row, scrapes.shares(by, where))
            line.show(words.SHARE_COLUMNS, shares, none="no answer is kept")
        case _:
            _tell_totals(line, scrapes)


def _tell_totals(line: CommandLine, scrapes: Scrapes) -> None:
    totals = {**words.as_json(scrapes.totals()), "monitor": words.as_json(scrapes.monitor())}
    if line.output.is_json:
        line.output.object(totals)
        return
    monitor = totals.pop("monitor")
    assert isinstance(monitor, dict)
    for name, value in {**totals, **monitor}.items():
        text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
        line.output.line(f"{name.replace('_', ' ')}: {'—' if text is None else text}")


@click.command("logs", cls=HeadlessCommand)
@click.option("--scrape-id", metavar="SCRAPE|latest", help="of this scrape alone")
@click.option("--limit", type=click.IntRange(min=1), default=100, help="show at most this many")
@click.pass_obj
def logs(line: CommandLine, *, scrape_id: str | None, limit: int) -> None:
    """Show what went wrong, the newest first."""
    scrapes = line.session.scrapes()
    wanted = scrapes.show(scrape_id).scrape_id if scrape_id else None
    found = scrapes.logs(scrape_id=wanted, limit=limit)
    line.show(words.LOG_COLUMNS, map(words.log_row, found), none="nothing went wrong")
