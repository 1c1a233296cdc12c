"""``scrape delete|maintenance|import|export``: maintain the store, and exchange scrapes."""

from pathlib import Path

import click

from s3nav.cli.lazy_commands import HeadlessCommand
from s3nav.cli.program import CommandLine
from s3nav.model.errors import PartialFailureError, UsageError
from s3nav.present.formatting import number_of
from s3nav.present.scrape_words import as_json, run_result
from s3nav.scrape import Where

_FILE = click.Path(path_type=Path)


@click.command("delete", cls=HeadlessCommand)
@click.option("--scrape-id", required=True, metavar="SCRAPE", help="the scrape to delete from")
@click.option("--service", metavar="NAME", help="only documents of this service")
@click.option(
    "--region", metavar="NAME", help="only documents of this region; `global` for global services"
)
@click.option("--operation", metavar="NAME", help="only documents of this operation")
@click.option("--yes", is_flag=True, help="do not ask")
@click.pass_obj
def delete(
    line: CommandLine,
    *,
    scrape_id: str,
    service: str | None,
    region: str | None,
    operation: str | None,
    yes: bool,
) -> None:
    """Delete a scrape with all its documents, or some of its documents."""
    scrapes = line.session.scrapes()
    where = Where(
        scrape_id=scrapes.show(scrape_id).scrape_id,
        service=service,
        region=region,
        operation=operation,
    )
    documents = scrapes.count_documents(where)
    if line.is_on_terminal and not yes and line.program.stdin is not None:
        what = "the scrape" if where.is_whole_scrape else "them"
        question = f"{number_of(documents, 'document')}: delete {what}?"
        if not line.narration.ask(question, line.program.stdin):
            line.narration.say("nothing was deleted")
            return
    deleted = scrapes.delete(where)
    if line.output.is_json:
        line.output.object({"scrape_id": where.scrape_id, "documents_deleted": deleted})
    else:
        line.narration.say(f"{number_of(deleted, 'document')} deleted")


@click.command("maintenance", cls=HeadlessCommand)
@click.option("--cleanup-old-scrapes", is_flag=True, help="forget scrapes older than --days")
@click.option(
    "--days",
    type=click.IntRange(1, 36500),
    default=30,
    help="age in days for --cleanup-old-scrapes",
)
@click.option(
    "--keep-days",
    type=click.IntRange(0, 36500),
    help="delete scrapes older than this many days automatically; 0: never",
)
@click.pass_obj
def maintenance(
    line: CommandLine, *, cleanup_old_scrapes: bool, days: int, keep_days: int | None
) -> None:
    """Forget old scrapes, and show the store's health."""
    scrapes = line.session.scrapes()
    removed = scrapes.forget_older(days) if cleanup_old_scrapes else 0
    if keep_days is not None:
        scrapes.keep_days(keep_days or None)
    monitor = as_json(scrapes.monitor())
    if line.output.is_json:
        line.output.object({"scrapes_deleted": removed, "monitor": monitor})
        return
    if cleanup_old_scrapes:
        line.narration.say(f"{number_of(removed, 'scrape')} older than {days} days forgotten")
    for name, value in monitor.items():
        line.output.line(f"{name.replace('_', ' ')}: {'—' if value is None else value}")


@click.command("import", cls=HeadlessCommand)
@click.argument("source", type=_FILE)
@click.option("--no-redact", is_flag=True, help="keep secrets in responses")
@click.pass_obj
def import_scrapes(line: CommandLine, source: Path, *, no_redact: bool) -> None:
    """Import a directory written by aws-list-all, or a file of `scrape export`."""
    imported = line.session.scrapes().import_from(source, redacts=not no_redact)
    for fact in imported.rejected:
        kept = f"; a copy is at {fact.kept_at}" if fact.kept_at else ""
        line.narration.warn(f"{fact.path}: {fact.problem}{kept}")
    for name in imported.skipped:
        line.narration.say(f"{name} is already stored")
    if line.output.is_json:
        line.output.objects(run_result(record) for record in imported.records)
    else:
        for record in imported.records:
            line.output.line(
                f"{record.scrape_id}: {number_of(record.documents, 'document')}, "
                f"{number_of(record.total_resources_saved, 'resource')}"
            )
    line.output.flush()
    if imported.rejected:
        raise PartialFailureError(
            f"{number_of(len(imported.rejected), 'file')} could not be read; the others were",
            remedy="`s3nav --headless scrape logs` lists them",
        )


@click.command("export", cls=HeadlessCommand)
@click.argument("target", type=_FILE)
@click.option("--scrape-id", "scrape_ids", multiple=True, metavar="SCRAPE", help="may be repeated")
@click.option("--all", "takes_all", is_flag=True, help="all scrapes")
@click.pass_obj
def export(
    line: CommandLine, target: Path, *, scrape_ids: tuple[str, ...], takes_all: bool
) -> None:
    """Write scrapes to one file: SQLite (.sqlite3) or JSON lines (.jsonl, .jsonl.gz)."""
    scrapes = line.session.scrapes()
    if takes_all == bool(scrape_ids):
        raise UsageError("no scrape was named", remedy="`--scrape-id SCRAPE`, or `--all`")
    wanted = [record.scrape_id for record in scrapes.list()] if takes_all else scrape_ids
    done = scrapes.export_to(target, wanted)
    line.narration.say(
        f"{number_of(done.scrapes, 'scrape')} with {number_of(done.documents, 'document')} "
        f"in {done.target}"
    )
