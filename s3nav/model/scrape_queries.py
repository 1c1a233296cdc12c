"""Words of scraping an account that several rooms need: what is asked, and what became of it."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec


class QueryStatus(StrEnum):
    """What became of one operation in one region."""

    OK = "ok"
    EMPTY = "empty"
    DENIED = "denied"
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    """No such endpoint here, no answer, or the service failed inside."""
    UNSUPPORTED = "unsupported"
    """The service does not have this operation here."""
    OPT_IN = "opt-in"
    """The region or the service has to be enabled for the account first."""
    BAD_PARAMETER = "bad-parameter"
    TRUNCATED = "truncated"
    """Part of the answer is missing."""

    @property
    def is_conclusive(self) -> bool:
        """True when what is not in the answer does not exist."""
        return self in {QueryStatus.OK, QueryStatus.EMPTY}

    @property
    def is_failure(self) -> bool:
        """True when there might have been an answer: not where the operation does not exist."""
        return not self.is_conclusive and self is not QueryStatus.UNSUPPORTED

    @property
    def has_document(self) -> bool:
        """True when there is something to keep."""
        return self in {QueryStatus.OK, QueryStatus.TRUNCATED}


class ScrapeState(StrEnum):
    """Where a scrape stands; kept with it.

    QUEUED → RUNNING → DONE | FAILED | CANCELLED. RUNNING of a process that is gone is INTERRUPTED.
    """

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"

    @property
    def is_final(self) -> bool:
        """True when nothing more comes."""
        return self not in {ScrapeState.QUEUED, ScrapeState.RUNNING}


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """An operation of a service that only reads."""

    service: str
    name: str
    """As the API calls it: DescribeInstances."""
    parameters: Mapping[str, object] = msgspec.field(default_factory=dict)
    """What is asked for, when asking for everything makes no sense."""
    parent: str = ""
    """The operation whose answer says what to ask for; empty for one that needs no input."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What an operation answered: all pages merged, bytes and times as text."""

    status: QueryStatus
    response: dict[str, object] = msgspec.field(default_factory=dict)
    """As AWS names its members; empty when there is none."""
    code: str = ""
    """AWS's error code, or the name of what went wrong on the way."""
    message: str = ""
    pages: int = 0
    requests: int = 0
    """Requests sent, repeated ones included."""


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks."""

    account: str
    arn: str
    """Empty when the endpoint cannot tell."""


class ServicePlaces(msgspec.Struct, frozen=True, kw_only=True):
    """Where a service can be asked."""

    service: str
    regions: tuple[str, ...]
    """Empty: everywhere, as far as is known."""
    is_global: bool
    """Answers the same in every region, so it is asked once."""
