"""``scrape list|show|query|search|compare|stats|logs``: show what scrapes found."""

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


def _add_place_options(command: click.Command) -> click.Command:
    """Add the options for service, region and operation."""
    for option in _PLACE:
        option(command)
    return command


@click.command("list", cls=HeadlessCommand)
@click.option("--limit", type=click.IntRange(min=1), default=50, help="show at most this many")
@click.option(
    "--offset", type=click.IntRange(min=0), default=0, help="skip this many of the newest"
)
@click.option("--success-only", is_flag=True, help="only successful scrapes")
@click.pass_obj
def list_scrapes(line: CommandLine, *, limit: int, offset: int, success_only: bool) -> None:
    """List scrapes, newest first."""
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
    """Show a scrape: its record and the status of each query."""
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


@_add_place_options
@click.command("query", cls=HeadlessCommand)
@click.option("--scrape-id", metavar="SCRAPE|latest", help="default: all scrapes, newest first")
@click.option("--resources", is_flag=True, help="show resources instead of documents")
@click.option("--limit", type=click.IntRange(min=1), help="show at most this many")
@click.option("--offset", type=click.IntRange(min=0), default=0, help="skip this many")
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
@click.option("--scrape-id", metavar="SCRAPE|latest", help="default: all scrapes, newest first")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, help="show at most this many")
@click.pass_obj
def search(line: CommandLine, text: str, *, scrape_id: str | None, limit: int) -> None:
    """Find resources by words, or beginnings of words, in id, ARN, name, type or tags."""
    scrapes = line.session.scrapes()
    wanted = scrapes.show(scrape_id).scrape_id if scrape_id else None
    found = scrapes.search(text, scrape_id=wanted, limit=limit)
    if line.output.is_json:
        line.output.objects(words.resource_json(resource) for resource in found)
    else:
        line.show(words.RESOURCE_COLUMNS, map(words.resource_row, found), none=NOTHING_MATCHES)


def _in_cockpit(_line: CommandLine, context: click.Context) -> tuple[Opening, frozenset[str]]:
    """The cockpit searches the newest scrape."""
    return Opening(search=context.params["text"]), frozenset({"text"})


search.opens = _in_cockpit


@_add_place_options
@click.command("compare", cls=HeadlessCommand)
@click.argument("older", required=False)
@click.argument("newer", required=False)
@click.option(
    "--limit", type=click.IntRange(min=2), default=2, help="compare this many of the newest scrapes"
)
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
    """Compare two scrapes, or each of the newest with the one before.

    Order, request ids and members that change by themselves are ignored. If a query failed, its
    resources count as unknown, not as removed.
    """
    scrapes = line.session.scrapes()
    where = _where(None, typed)
    if older and newer:
        found = [scrapes.compare(older, newer, where, limit=changes)]
    else:
        found = [*scrapes.steps(where, limit=limit, changes=changes)]
    if not found:
        _raise_missing_scrape(scrapes, where)
    if line.output.is_json:
        line.output.objects(words.comparison_json(comparison) for comparison in found)
        return
    for comparison in found:
        _print_comparison(line, comparison)


def _raise_missing_scrape(scrapes: Scrapes, where: Where) -> None:
    """Raise the error for a comparison without two scrapes."""
    if next(scrapes.queries(where), None) is None:
        raise NotFoundError(
            "no scrape has queried that",
            remedy="`s3nav --headless scrape run` makes one",
            slug="no-such-scrape",
        )
    raise UsageError("only one scrape has queried that", remedy="run another scrape, then compare")


def _print_comparison(line: CommandLine, comparison: Comparison) -> None:
    line.narration.say(f"{comparison.older.scrape_id} → {comparison.newer.scrape_id}")
    line.output.rows(words.CHANGE_COLUMNS, map(words.change_row, comparison.changes))
    line.output.flush()
    line.narration.say(words.comparison_line(comparison))


@click.command("stats", cls=HeadlessCommand)
@click.option(
    "--by",
    type=click.Choice(["service", "region", "operation", "day"]),
    help="count by this instead of in total",
)
@click.option("--scrape-id", metavar="SCRAPE|latest", help="only this scrape")
@click.option(
    "--days", type=click.IntRange(1, 3660), default=30, help="with --by day: how many days"
)
@click.pass_obj
def stats(line: CommandLine, *, by: str | None, scrape_id: str | None, days: int) -> None:
    """Count the documents and resources kept."""
    scrapes = line.session.scrapes()
    where = Where(scrape_id=scrapes.show(scrape_id).scrape_id) if scrape_id else Where()
    match by:
        case "day":
            found = map(words.day_row, scrapes.timeline(days=days))
            line.show(words.DAY_COLUMNS, found, none=f"no scrape in {days} days")
        case "service" | "region" | "operation":
            shares = map(words.share_row, scrapes.shares(by, where))
            line.show(words.SHARE_COLUMNS, shares, none="no document is kept")
        case _:
            _print_totals(line, scrapes)


def _print_totals(line: CommandLine, scrapes: Scrapes) -> None:
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
@click.option("--scrape-id", metavar="SCRAPE|latest", help="only this scrape")
@click.option("--limit", type=click.IntRange(min=1), default=100, help="show at most this many")
@click.pass_obj
def logs(line: CommandLine, *, scrape_id: str | None, limit: int) -> None:
    """Show failures, newest first."""
    scrapes = line.session.scrapes()
    wanted = scrapes.show(scrape_id).scrape_id if scrape_id else None
    found = scrapes.logs(scrape_id=wanted, limit=limit)
    line.show(words.LOG_COLUMNS, map(words.log_row, found), none="nothing went wrong")
