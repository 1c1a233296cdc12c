"""Copy scrapes between stores in batches."""

from collections.abc import Callable, Iterator, Sequence

from s3nav.scrape.resources import Entry, QueryFact, Resource, ScrapeRecord, Where
from s3nav.scrape.stores.resource_store import ResourceStore

BATCH = 250


def copy_scrape(source: ResourceStore, target: ResourceStore, record: ScrapeRecord) -> None:
    """Copy one scrape to another store; its record last, so that it is never without content."""
    copy_entries(source, target.add, record.scrape_id)
    target.add_logs(tuple(reversed(source.logs(scrape_id=record.scrape_id, limit=100_000))))
    target.save_scrape(record)


def copy_entries(
    source: ResourceStore, add: Callable[[Sequence[Entry]], None], scrape_id: str
) -> None:
    """Pass the entries of one scrape to `add`, in batches."""
    for batch in batches(entries_of(source, scrape_id)):
        add(batch)


def entries_of(store: ResourceStore, scrape_id: str) -> Iterator[Entry]:
    """Yield the stored entries of one scrape, one query at a time."""
    documents = store.documents(Where(scrape_id=scrape_id))
    document = next(documents, None)
    for query in list(store.queries(Where(scrape_id=scrape_id))):
        identity = (query.service, query.region, query.operation)
        mine = document
        if mine is None or (mine.service, mine.region, mine.operation) != identity:
            yield Entry(query=query)
            continue
        yield Entry(query=query, document=mine, resources=_resources_of(store, query))
        document = next(documents, None)


def _resources_of(store: ResourceStore, query: QueryFact) -> tuple[Resource, ...]:
    where = Where(
        scrape_id=query.scrape_id,
        service=query.service,
        region=query.region or "global",
        operation=query.operation,
    )
    return tuple(store.resources(where))


def batches(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    """Yield entries in lists of at most `BATCH`, in order."""
    batch: list[Entry] = []
    for entry in entries:
        batch.append(entry)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
