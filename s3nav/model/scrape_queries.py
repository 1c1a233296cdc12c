"""Operations, answers and states of scrapes that several packages need."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec


class QueryStatus(StrEnum):
    """The outcome of one operation in one region."""

    OK = "ok"
    EMPTY = "empty"
    DENIED = "denied"
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    """No endpoint in this region, no answer, or an internal error of the service."""
    UNSUPPORTED = "unsupported"
    """The service does not offer this operation in this region."""
    OPT_IN = "opt-in"
    """The region or service must first be enabled for the account."""
    BAD_PARAMETER = "bad-parameter"
    TRUNCATED = "truncated"
    """Part of the answer is missing."""

    @property
    def is_conclusive(self) -> bool:
        """True when a resource missing from the answer does not exist."""
        return self in {QueryStatus.OK, QueryStatus.EMPTY}

    @property
    def is_failure(self) -> bool:
        """True when the answer is incomplete although the operation exists."""
        return not self.is_conclusive and self is not QueryStatus.UNSUPPORTED

    @property
    def has_document(self) -> bool:
        """True when there is a document to store."""
        return self in {QueryStatus.OK, QueryStatus.TRUNCATED}


class ScrapeState(StrEnum):
    """The state of a scrape, as stored in its record.

    QUEUED → RUNNING → DONE | FAILED | CANCELLED. A RUNNING scrape whose process has ended becomes
    INTERRUPTED.
    """

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"

    @property
    def is_final(self) -> bool:
        """True when the scrape has ended."""
        return self not in {ScrapeState.QUEUED, ScrapeState.RUNNING}


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """A read-only operation of a service."""

    service: str
    name: str
    """The API name, such as DescribeInstances."""
    parameters: Mapping[str, object] = msgspec.field(default_factory=dict)
    """Fixed parameters, for operations where a call without any is not useful."""
    parent: str = ""
    """The operation whose answer supplies the parameters; empty when none are needed."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of an operation, with all pages merged and bytes and times as text."""

    status: QueryStatus
    response: dict[str, object] = msgspec.field(default_factory=dict)
    """The response with AWS's member names; empty without one."""
    code: str = ""
    """AWS's error code, or the name of a client-side error."""
    message: str = ""
    pages: int = 0
    requests: int = 0
    """Requests sent, including retries."""


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """The identity of the caller."""

    account: str
    arn: str
    """Empty when the endpoint cannot tell."""


class ServicePlaces(msgspec.Struct, frozen=True, kw_only=True):
    """The regions where a service can be called."""

    service: str
    regions: tuple[str, ...]
    """Empty when no restriction is known."""
    is_global: bool
    """True when every region gives the same answer, so it is called once."""
