"""``ls``: list buckets, or the objects and prefixes of a place, page by page."""

from collections.abc import Iterator
from itertools import chain, islice

import click
from msgspec.structs import replace

from s3nav.cli.lazy_commands import HeadlessCommand
from s3nav.cli.program import CommandLine
from s3nav.model.errors import NotFoundError
from s3nav.model.objects import ListRequest
from s3nav.model.places import PageWatch, S3Uri, key_bytes
from s3nav.model.ports.stores import ObjectStore
from s3nav.present.formatting import Row
from s3nav.present.tables import (
    BUCKET_COLUMNS,
    OBJECT_COLUMNS,
    Styles,
    bucket_row,
    object_row,
    prefix_row,
)


@click.command("ls", cls=HeadlessCommand)
@click.argument("place", metavar="[S3://BUCKET/PREFIX]", required=False, type=S3Uri.parse)
@click.option(
    "-r", "--recursive", is_flag=True, help="list everything below the place, not one level"
)
@click.option("--limit", type=click.IntRange(min=1), help="stop after this many lines")
@click.option("--requester-pays", is_flag=True, help="pay for the requests yourself")
@click.pass_obj
def ls(
    line: CommandLine,
    place: S3Uri | None,
    *,
    recursive: bool,
    limit: int | None,
    requester_pays: bool,
) -> None:
    """List buckets, or the objects and prefixes of a place; pages are shown as they arrive."""
    settings = line.session.settings
    styles = Styles(size=settings.size_format, date=settings.date_format)
    store = line.session.retrying_store()
    if place is None:
        rows = (bucket_row(bucket, styles) for bucket in store.list_buckets())
        line.show(BUCKET_COLUMNS, islice(rows, limit), none="no bucket to list")
        return
    request = ListRequest(
        bucket=place.bucket,
        prefix=place.key,
        delimiter="" if recursive else "/",
        requester_pays=requester_pays,
    )
    found = islice(_rows(store, request, styles), limit)
    first = next(found, None)
    if first is None and place.key:
        raise NotFoundError(f"nothing at `{place}`", slug="nothing-there")
    entries = chain([first] if first else [], found)
    line.show(OBJECT_COLUMNS, entries, none=f"{place} is empty")


def _rows(store: ObjectStore, request: ListRequest, styles: Styles) -> Iterator[Row]:
    """Yield the rows of all pages; prefixes and objects of a page are merged in byte order."""
    hidden = request.prefix.rpartition("/")[0] if request.delimiter else ""
    start = len(hidden) + 1 if hidden else 0
    token: str | None = None
    watch = PageWatch()
    while True:
        page = store.list_page(replace(request, token=token))
        watch.see([fact.key for fact in page.objects], page.prefixes)
        entries = [(p, prefix_row(p, shown_key=p[start:])) for p in page.prefixes]
        entries += [
            (fact.key, object_row(fact, styles, shown_key=fact.key[start:] or fact.key))
            for fact in page.objects
        ]
        entries.sort(key=lambda entry: key_bytes(entry[0]))
        yield from (row for _, row in entries)
        if page.next_token is None:
            return
        token = page.next_token
