"""Store scrapes in MongoDB, to share them in a team (extra `mongo`)."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.errors import (
    ConfigurationError,
    InvalidURI,
    OperationFailure,
    PyMongoError,
)

from s3nav.model.errors import CredentialsError, S3NavError, UnavailableError, UsageError
from s3nav.scrape.resources import (
    Document,
    Entry,
    LogLine,
    QueryFact,
    Resource,
    ScrapeRecord,
    Where,
)
from s3nav.scrape.stores import mongo_reads as reads
from s3nav.scrape.stores import mongo_writes as writes
from s3nav.scrape.stores.mongo_documents import (
    COLLECTIONS,
    INDEXES,
    TTL,
    Plain,
    condition,
    fact,
    plain,
)
from s3nav.scrape.stores.resource_store import DayCount, Differing, Group, Ref, Share, Totals

SELECT_MS = 3_000
CONNECT_MS = 3_000
ANSWER_MS = 30_000
SECONDS_A_DAY = 86_400
_AUTHENTICATION = {13, 18, 8000}


def _client_of(connection_string: str) -> MongoClient[Plain]:
    """Create a client with timeouts, without connecting yet."""
    return MongoClient(
        connection_string,
        serverSelectionTimeoutMS=SELECT_MS,
        connectTimeoutMS=CONNECT_MS,
        socketTimeoutMS=ANSWER_MS,
        tz_aware=True,
        appname="s3nav",
    )


class MongoStore:
    """A `ResourceStore` in one MongoDB database."""

    def __init__(self, connection_string: str, database_name: str) -> None:
        with translated():
            self._client = _client_of(connection_string)
            self._database = self._client[database_name]
        self._place = f"MongoDB {_host(connection_string)}, database {database_name}"
        self._is_indexed = False

    @property
    def place(self) -> str:
        """Host and database name, without credentials."""
        return self._place

    @property
    def spooled(self) -> int:
        """Always 0: nothing waits locally."""
        return 0

    def save_scrape(self, record: ScrapeRecord) -> None:
        """Save a record, replacing one with the same id."""
        with translated():
            self._indexed("scrapes").replace_one(
                {"scrape_id": record.scrape_id}, plain(record), upsert=True
            )

    def scrape(self, scrape_id: str) -> ScrapeRecord | None:
        """Return one record; None without it."""
        with translated():
            found = self._of("scrapes").find_one({"scrape_id": scrape_id})
        return None if found is None else fact(ScrapeRecord, found)

    def scrapes(
        self, *, limit: int | None = None, offset: int = 0, success: bool | None = None
    ) -> tuple[ScrapeRecord, ...]:
        """Return records, newest first."""
        with translated():
            found = self._of("scrapes").find({} if success is None else {"success": success})
            found = found.sort([("start_time", -1), ("scrape_id", 1)]).skip(offset)
            return tuple(fact(ScrapeRecord, each) for each in found.limit(limit or 0))

    def count_scrapes(self, *, success: bool | None = None) -> int:
        """Return the number of records."""
        with translated():
            return self._of("scrapes").count_documents(
                {} if success is None else {"success": success}
            )

    def add(self, entries: Sequence[Entry]) -> None:
        """Add entries, replacing those of the same queries."""
        with translated():
            self._indexed("aws_resources")
            writes.add_documents(self._database, [e for e in entries if e.document is not None])
            writes.add_queries(self._database, entries)

    def documents(
        self, where: Where, *, limit: int | None = None, offset: int = 0, newest_first: bool = False
    ) -> Iterator[Document]:
        """Yield documents."""
        with translated():
            yield from reads.documents(
                self._database, where, limit=limit, offset=offset, newest_first=newest_first
            )

    def count_documents(self, where: Where) -> int:
        """Return the number of documents."""
        with translated():
            return self._of("aws_resources").count_documents(condition(where))

    def queries(self, where: Where) -> Iterator[QueryFact]:
        """Yield the outcome of each query."""
        with translated():
            yield from reads.queries(self._database, where)

    def resources(
        self, where: Where, *, limit: int | None = None, offset: int = 0
    ) -> Iterator[Resource]:
        """Yield resources."""
        with translated():
            yield from reads.resources(self._database, where, limit=limit, offset=offset)

    def count_resources(self, where: Where) -> int:
        """Return the number of resources."""
        with translated():
            return self._of("resources").count_documents(condition(where))

    def resources_at(self, refs: Sequence[Ref]) -> tuple[Resource, ...]:
        """Return resources by id."""
        with translated():
            return reads.resources_at(self._database, refs)

    def contents(self, resources: Iterable[Resource]) -> Iterator[object]:
        """Yield the JSON values of resources."""
        with translated():
            yield from reads.contents(self._database, resources)

    def search(
        self, words: Sequence[str], *, scrape_id: str | None, limit: int
    ) -> tuple[Resource, ...]:
        """Return resources with all these words, newest first."""
        with translated():
            return reads.search(self._database, words, scrape_id=scrape_id, limit=limit)

    def differing(self, older: str, newer: str, where: Where) -> Differing:
        """Compare two scrapes."""
        with translated():
            return reads.differing(self._database, older, newer, where)

    def delete(self, where: Where) -> int:
        """Delete the selected items; return the number of documents deleted."""
        with translated():
            chosen = condition(where)
            gone = self._of("aws_resources").delete_many(chosen).deleted_count
            for name in ("aws_resource_chunks", "scrape_queries", "resources"):
                self._of(name).delete_many(chosen)
            if where.is_whole_scrape:
                for name in ("scrapes", "scrape_logs"):
                    self._of(name).delete_many({"scrape_id": where.scrape_id})
            return gone

    def add_logs(self, lines: Sequence[LogLine]) -> None:
        """Add log lines."""
        if lines:
            with translated():
                moment = datetime.now(UTC)
                self._indexed("scrape_logs").insert_many(
                    [{**plain(line), "created_at": moment} for line in lines]
                )

    def logs(self, *, scrape_id: str | None = None, limit: int = 100) -> tuple[LogLine, ...]:
        """Return log lines, newest first."""
        chosen = {} if scrape_id is None else {"scrape_id": scrape_id}
        with translated():
            found = self._of("scrape_logs").find(chosen).sort([("timestamp", -1), ("_id", -1)])
            return tuple(fact(LogLine, each) for each in found.limit(limit))

    def totals(self) -> Totals:
        """Return totals over the whole store."""
        with translated():
            return reads.totals(self._database)

    def shares(self, group: Group, where: Where) -> tuple[Share, ...]:
        """Count documents and resources by group, largest first."""
        with translated():
            return reads.shares(self._database, group, where)

    def timeline(self, since: datetime) -> tuple[DayCount, ...]:
        """Return counts by day, oldest first."""
        with translated():
            return tuple(
                DayCount(day=date.fromisoformat(each.pop("_id")), **each)
                for each in reads.timeline(self._database, since)
            )

    def delete_before(self, moment: datetime) -> int:
        """Delete scrapes created before `moment`; return their number."""
        with translated():
            old = self._of("scrapes").find({"created_at": {"$lt": moment}}, {"scrape_id": 1})
            names = [str(each["scrape_id"]) for each in old]
        for name in names:
            self.delete(Where(scrape_id=name))
        return len(names)

    def keep_days(self, days: int | None) -> None:
        """Make MongoDB delete older documents by TTL indexes; None removes the indexes."""
        with translated():
            for name in COLLECTIONS:
                collection = self._indexed(name)
                if TTL in collection.index_information():
                    collection.drop_index(TTL)
                if days is not None:
                    collection.create_index(
                        [("created_at", 1)], name=TTL, expireAfterSeconds=days * SECONDS_A_DAY
                    )

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _of(self, name: str) -> Collection[Plain]:
        return self._database[name]

    def _indexed(self, name: str) -> Collection[Plain]:
        """Return a collection to write to; the first call creates all indexes."""
        if not self._is_indexed:
            for collection, indexes in INDEXES.items():
                for keys, options in indexes:
                    self._database[collection].create_index(keys, **options)
            self._is_indexed = True
        return self._database[name]


@contextmanager
def translated() -> Iterator[None]:
    """Translate pymongo's errors to s3nav's."""
    try:
        yield
    except (ConfigurationError, InvalidURI, ValueError) as error:
        raise UsageError(
            f"the MongoDB connection string is invalid: {_one_line(error)}",
            remedy="write it as mongodb://host:27017",
            slug="bad-setting",
        ) from error
    except PyMongoError as error:
        raise _error(error) from error


def _error(error: PyMongoError) -> S3NavError:
    if isinstance(error, OperationFailure) and error.code in _AUTHENTICATION:
        return CredentialsError(
            "MongoDB rejects the user or denies it access",
            remedy="check MONGODB_CONNECTION_STRING",
            slug="store-refused",
        )
    return UnavailableError(
        f"MongoDB does not answer: {_one_line(error)}",
        remedy="check MONGODB_CONNECTION_STRING and the server; unset it to use a local file",
        slug="store-unavailable",
    )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _host(connection_string: str) -> str:
    try:
        return urlsplit(connection_string).netloc.rpartition("@")[2]
    except ValueError:
        return "?"
