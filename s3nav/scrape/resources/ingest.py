"""Turn what an engine found into what a store keeps: redacted, flattened, named."""

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
from s3nav.scrape.resources.flatten import Asked, flatten
from s3nav.scrape.resources.redact import redact, redact_text

MESSAGE_CHARACTERS = 500


class QueryResult(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine found out with one query."""

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
    """The file it came in, if any."""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How far a scrape has come."""

    by_status: tuple[tuple[QueryStatus, int], ...]
    by_service: tuple[tuple[str, int], ...]
    newest_service: str
    queries: int
    documents: int
    resources: int


class Intake:
    """Makes entries of one scrape and counts them. Any thread may call."""

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

    def entry(self, finding: QueryResult) -> Entry:
        """What the store is to keep of a finding."""
        moment = self._now()
        response = finding.response if finding.status.has_document else None
        if response is not None and self._redacts:
            response = redact(response)
        asked = Asked(
            scrape_id=self._record.scrape_id,
            service=finding.service,
            region=finding.region,
            operation=finding.operation,
        )
        resources: tuple[Resource, ...] = ()
        if response is not None:
            try:
                resources = flatten(asked, response)
            except UnicodeEncodeError:
                response = _whole_text(response)
                resources = flatten(asked, response)
        query = QueryFact(
            scrape_id=self._record.scrape_id,
            service=finding.service,
            region=finding.region,
            operation=finding.operation,
            status=finding.status,
            code=finding.code,
            message=redact_text(finding.message)[:MESSAGE_CHARACTERS],
            resources=len(resources),
            pages=finding.pages,
            seconds=round(finding.seconds, 3),
            at=moment,
        )
        document = None
        if response is not None:
            document = self._document(finding, response, len(resources), moment)
        self._count(query, document)
        return Entry(query=query, document=document, resources=resources)

    def counts(self) -> Counts:
        """The counters so far."""
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
        """`record` with the counters so far."""
        counts = self.counts()
        return replace(
            record,
            queries={status.value: count for status, count in counts.by_status},
            documents=counts.documents,
            total_resources_saved=counts.resources,
            updated_at=self._now(),
        )

    def _document(
        self, finding: QueryResult, response: Json, resources: int, moment: datetime
    ) -> Document:
        profile = self._record.profile
        name = f"{finding.service}_{finding.operation}_{finding.region}_{profile}.json"
        return Document(
            scrape_id=self._record.scrape_id,
            scrape_timestamp=self._record.start_time,
            service=finding.service,
            region=finding.region,
            profile=profile,
            operation=finding.operation,
            source_filename=name
            if finding.file_path is None
            else finding.file_path.rsplit("/", 1)[-1],
            response=response,
            temp_file_path=finding.file_path,
            processed_at=moment,
            created_at=moment,
            updated_at=moment,
            status=finding.status,
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


def _whole_text(response: Json) -> Json:
    """The same with halves of surrogate pairs written out: JSON has them, UTF-8 has not."""

    def whole(value: object) -> object:
        if isinstance(value, str):
            return value.encode("utf-8", "backslashreplace").decode()
        if isinstance(value, list):
            return [whole(each) for each in value]
        if isinstance(value, dict):
            return {whole(name): whole(each) for name, each in value.items()}
        return value

    return {str(whole(name)): whole(each) for name, each in response.items()}
