"""Turn an engine's query results into store entries: redacted and flattened."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from s3nav.model.scrape_queries import QueryStatus
from s3nav.scrape.resources.documents import (
    Document,
    Entry,
    Json,
    QueryFact,
    Resource,
    ScrapeRecord,
)
from s3nav.scrape.resources.flatten import MAX_DEPTH, ResponseQuery, flatten, is_too_deep
from s3nav.scrape.resources.redact import redact, redact_text

MESSAGE_CHARACTERS = 500


class QueryResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one query, as an engine reports it."""

    service: str
    region: str | None
    operation: str
    status: QueryStatus
    response: Json | None = None
    code: str = ""
    message: str = ""
    pages: int = 0
    seconds: float = 0.0
    file_path: str | None = None
    """The file it was read from, if any."""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Counters of a running scrape."""

    by_status: tuple[tuple[QueryStatus, int], ...]
    by_service: tuple[tuple[str, int], ...]
    newest_service: str
    queries: int
    documents: int
    resources: int


class EntryBuilder:
    """Builds the entries of one scrape and counts them; thread-safe."""

    def __init__(
        self,
        record: ScrapeRecord,
        *,
        redacts: bool = True,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._record = record
        self._redacts = redacts
        self._now = now
        self._lock = threading.Lock()
        self._by_status: Counter[QueryStatus] = Counter()
        self._by_service: Counter[str] = Counter()
        self._documents = self._resources = 0
        self._newest_service = ""

    def entry(self, query_result: QueryResult) -> Entry:
        """Build the store entry of a query result."""
        moment = self._now()
        if query_result.response is not None and is_too_deep(query_result.response):
            query_result = replace(
                query_result,
                status=QueryStatus.UNAVAILABLE,
                code="too-deep",
                message=f"the answer is nested more than {MAX_DEPTH} levels deep",
            )
        response = query_result.response if query_result.status.has_document else None
        if response is not None and self._redacts:
            response = redact(response)
        response_query = ResponseQuery(
            scrape_id=self._record.scrape_id,
            service=query_result.service,
            region=query_result.region,
            operation=query_result.operation,
        )
        resources: tuple[Resource, ...] = ()
        if response is not None:
            try:
                resources = flatten(response_query, response)
            except UnicodeEncodeError:
                response = _whole_text(response)
                resources = flatten(response_query, response)
        query = QueryFact(
            scrape_id=self._record.scrape_id,
            service=query_result.service,
            region=query_result.region,
            operation=query_result.operation,
            status=query_result.status,
            code=_whole(query_result.code)[:MESSAGE_CHARACTERS],
            message=_whole(redact_text(query_result.message))[:MESSAGE_CHARACTERS],
            resources=len(resources),
            pages=query_result.pages,
            seconds=round(query_result.seconds, 3),
            at=moment,
        )
        document = None
        if response is not None:
            document = self._document(query_result, response, len(resources), moment)
        self._count(query, document)
        return Entry(query=query, document=document, resources=resources)

    def counts(self) -> Counts:
        """Return the counters so far."""
        with self._lock:
            return Counts(
                by_status=tuple(sorted(self._by_status.items())),
                by_service=tuple(sorted(self._by_service.items())),
                newest_service=self._newest_service,
                queries=self._by_status.total(),
                documents=self._documents,
                resources=self._resources,
            )

    def summed(self, record: ScrapeRecord) -> ScrapeRecord:
        """Return `record` with the counters so far."""
        counts = self.counts()
        return replace(
            record,
            queries={status.value: count for status, count in counts.by_status},
            documents=counts.documents,
            total_resources_saved=counts.resources,
            updated_at=self._now(),
        )

    def _document(
        self, query_result: QueryResult, response: Json, resources: int, moment: datetime
    ) -> Document:
        profile = self._record.profile
        name = (
            f"{query_result.service}_{query_result.operation}_{query_result.region}_{profile}.json"
        )
        return Document(
            scrape_id=self._record.scrape_id,
            scrape_timestamp=self._record.start_time,
            service=query_result.service,
            region=query_result.region,
            profile=profile,
            operation=query_result.operation,
            source_filename=name
            if query_result.file_path is None
            else query_result.file_path.rsplit("/", 1)[-1],
            response=response,
            temp_file_path=query_result.file_path,
            processed_at=moment,
            created_at=moment,
            updated_at=moment,
            status=query_result.status,
            resources_count=resources,
        )

    def _count(self, query: QueryFact, document: Document | None) -> None:
        with self._lock:
            self._by_status[query.status] += 1
            self._newest_service = query.service
            self._resources += query.resources
            if document is not None:
                self._documents += 1
                self._by_service[query.service] += 1


def _whole(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _whole_text(response: Json) -> Json:
    """Escape lone surrogates, which JSON allows and UTF-8 does not."""

    def whole(value: object) -> object:
        if isinstance(value, str):
            return _whole(value)
        if isinstance(value, list):
            return [whole(each) for each in value]
        if isinstance(value, dict):
            return {whole(name): whole(each) for name, each in value.items()}
        return value

    return {str(whole(name)): whole(each) for name, each in response.items()}
