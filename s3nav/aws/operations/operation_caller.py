"""Call the read operations of every service through botocore: one session, many clients.

A scrape creates hundreds of clients, each a cycle of a megabyte or more, so clients of a finished
service are closed and collected. Many services have no endpoint in some regions, so an endpoint
that stays silent is remembered and not called again.
"""

import gc
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import botocore.exceptions as boto
from botocore import xform_name
from botocore.config import Config

from s3nav.aws.credentials import Login, find_login
from s3nav.aws.errors import from_botocore
from s3nav.aws.identity import check_identity
from s3nav.aws.operations.operation_errors import (
    UNREADABLE,
    failed,
    has_expired,
    is_unreachable,
    refused,
)
from s3nav.aws.operations.operation_models import (
    FrugalLoader,
    OperationModels,
    children,
    parameters,
)
from s3nav.aws.operations.operation_pages import Pages, Paging, paging_of, plain, read_pages
from s3nav.aws.s3 import addressing_of, configured_endpoint_url, deadlines_of, trust_of
from s3nav.model.errors import CredentialsError, UnavailableError
from s3nav.model.ports.stores import OperationCaller
from s3nav.model.scrape_queries import Answer, Caller, Operation, QueryStatus, ServicePlaces
from s3nav.persistence import Directories
from s3nav.settings import Settings

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest
    from botocore.client import BaseClient

CONNECTIONS = 10
MAX_CLOSED_CLIENTS = 24
"""Closed clients after which the garbage collector is run."""
MAX_ENDPOINT_SILENCES = 4
"""Read timeouts in a row after which an endpoint is given up."""
MAX_SILENCES_IN_A_ROW = 40
"""Read timeouts in a row, over all endpoints, after which the scrape is given up."""

# Errors that botocore passes on from lower layers, or that its parsers raise for answers that are
# not of the operation's form: a web page, `null`, a list in place of an object.
_FAILURES = (boto.BotoCoreError, OSError, *UNREADABLE)


def open_caller(
    settings: Settings, directories: Directories, max_rate: float = 0.0
) -> OperationCaller:
    """Open the read operations of every service with the credentials of the settings.

    Sends at most `max_rate` requests a second, 0 for no limit, and none yet. Raises
    CredentialsError and UsageError.
    """
    return BotocoreCaller(settings, directories, max_rate=max_rate)


class BotocoreCaller:
    """Implements `OperationCaller` with the credentials of the settings."""

    def __init__(self, settings: Settings, directories: Directories, *, max_rate: float) -> None:
        self._settings = settings
        self._directories = directories
        self._login: Login = find_login(settings, directories)
        self._trust = trust_of(settings, self._login)
        self._session = self._login.open_session()
        paths = self._session.get_config_variable("data_path")
        loader = FrugalLoader(paths.split(":") if paths else None)
        self._session.register_component("data_loader", loader)
        self._models = OperationModels(loader, _partition_of(self._login.region))
        self._lock = threading.RLock()
        self._clients: dict[tuple[str, str], BaseClient] = {}
        self._unreachable: dict[tuple[str, str], Answer] = {}
        self._silences: Counter[tuple[str, str]] = Counter()
        self._silent_in_a_row = 0
        self._closed = 0
        self._rate = RequestRate(max_rate)

    def services(self) -> tuple[str, ...]:
        """Every service except those that are never called."""
        with self._lock:
            return self._models.services

    def known_regions(self) -> tuple[str, ...]:
        """Every region of the partition that botocore knows."""
        with self._lock:
            return self._models.regions

    def home_region(self) -> str:
        """The region of the credentials."""
        return self._login.region

    def caller(self) -> Caller:
        """The account and identity, from STS. Raises CredentialsError and UnavailableError."""
        if self._login.credentials is None:
            raise CredentialsError(
                "a scrape needs credentials, and `--anonymous` has none",
                remedy="name a `--profile`; `s3nav --headless profiles list` shows what there is",
                slug="no-credentials",
            )
        identity = check_identity(self._settings, self._directories)
        return Caller(account=identity.account, arn=identity.arn)

    def enabled_regions(self) -> tuple[str, ...]:
        """The account's regions from EC2, else from the account service. Raises S3NavError."""
        try:
            client = self._client("ec2", self._login.region)
            found = client.describe_regions()  # type: ignore[attr-defined]  # botocore creates the method
            listed = found["Regions"] or [{}]  # no region at all: an answer of another form
            return tuple(sorted(str(each["RegionName"]) for each in listed))
        except (boto.ClientError, *_FAILURES) as error:
            if regions := self._account_regions():
                return regions
            if isinstance(error, boto.BotoCoreError | boto.ClientError):
                raise from_botocore(error) from error
            raise UnavailableError("EC2's answer about regions cannot be read") from error

    def places(self, service: str) -> ServicePlaces:
        """The regions of a service."""
        with self._lock:
            return self._models.places(service)

    def operations(self, service: str) -> tuple[Operation, ...]:
        """Operations that need no parameters from other responses."""
        with self._lock:
            return self._models.operations(service)

    def children(self, operation: Operation) -> tuple[Operation, ...]:
        """Operations that are called for each resource in a response."""
        return children(operation)

    def parameters(
        self, operation: Operation, parent: Mapping[str, object]
    ) -> tuple[Mapping[str, object], ...]:
        """The parameter sets of a child operation, from its parent's response."""
        return parameters(operation, parent)

    def call(
        self,
        operation: Operation,
        region: str,
        *,
        parameters: Mapping[str, object],
        is_cancelled: Callable[[], bool],
    ) -> Answer:
        """Call an operation and read all pages.

        Raises ExpiredCredentialsError, and UnavailableError when no endpoint responds.
        """
        known = self._unreachable.get((operation.service, region))
        if known is not None:
            return known
        pages = Pages({})
        try:
            client = self._client(operation.service, region)
            method = getattr(client, xform_name(operation.name))
            paging = self._paging(operation, client)
            given = {**operation.parameters, **parameters}
            read_pages(method, given, paging, pages=pages, is_cancelled=is_cancelled)
            response = plain(pages.response)
        except boto.ClientError as error:
            self._silent_in_a_row = 0
            if has_expired(error):
                raise from_botocore(error, context={"profile": self._login.profile}) from error
            return _with(pages, refused(error, pages=pages.count, requests=pages.requests + 1))
        except _FAILURES as error:
            answer = failed(error, pages=pages.count, requests=pages.requests + 1)
            self._note_failure((operation.service, region), error, answer)
            return _with(pages, answer)
        self._silent_in_a_row = 0
        self._silences.pop((operation.service, region), None)
        status = QueryStatus.TRUNCATED if pages.problem else QueryStatus.OK
        return Answer(
            status=status,
            response=response,
            code=pages.problem,
            pages=pages.count,
            requests=pages.requests,
        )

    def environment(self, region: str) -> Mapping[str, str]:
        """Environment variables for a child process, with secrets. Raises CredentialsError."""
        keys = self._login.freeze()
        if keys is None:
            return {}
        endpoint_url = configured_endpoint_url(self._settings, self._login.open_session, service="")
        found = {
            "AWS_ACCESS_KEY_ID": keys.access_key,
            "AWS_SECRET_ACCESS_KEY": keys.secret_key,
            "AWS_SESSION_TOKEN": keys.token,
            "AWS_DEFAULT_REGION": region,
            "AWS_ENDPOINT_URL": endpoint_url or "",
            "AWS_CA_BUNDLE": self._settings.ca_bundle or "",
            "AWS_MAX_ATTEMPTS": str(self._settings.retry_attempts + 1),
            "AWS_RETRY_MODE": "standard",
        }
        return {name: value for name, value in found.items() if value}

    def forget(self, service: str, regions: Sequence[str]) -> None:
        """Close the clients of a service and free their memory."""
        with self._lock:
            gone = [self._clients.pop((service, region), None) for region in regions]
        for client in gone:
            if client is not None:
                client.close()
        with self._lock:
            self._closed += len(gone)
            is_time = self._closed >= MAX_CLOSED_CLIENTS
            if is_time:
                self._closed = 0
        if is_time:
            gc.collect()

    def close(self) -> None:
        """Close every client."""
        with self._lock:
            clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            client.close()

    def _note_failure(self, place: tuple[str, str], error: Exception, answer: Answer) -> None:
        """Remember an endpoint that cannot be reached or timed out several times in a row."""
        if isinstance(error, boto.ReadTimeoutError):
            self._silences[place] += 1
            self._silent_in_a_row += 1
            if self._silent_in_a_row >= MAX_SILENCES_IN_A_ROW:
                raise UnavailableError(
                    f"no endpoint responds: {self._silent_in_a_row} requests in a row timed out",
                    remedy="check the network and `--endpoint-url`; all results so far are kept",
                    slug="silent",
                ) from error
        if is_unreachable(error) or self._silences[place] >= MAX_ENDPOINT_SILENCES:
            self._unreachable[place] = answer

    def _account_regions(self) -> tuple[str, ...]:
        try:
            client = self._client("account", self._login.region)
            pages = client.get_paginator("list_regions").paginate(
                RegionOptStatusContains=["ENABLED", "ENABLED_BY_DEFAULT"]
            )
            return tuple(sorted(str(r["RegionName"]) for page in pages for r in page["Regions"]))
        except (boto.ClientError, *_FAILURES):
            return ()

    def _client(self, service: str, region: str) -> "BaseClient":
        # Creating clients is not thread safe; only the first of a service takes long.
        with self._lock:
            client = self._clients.get((service, region))
            if client is None:
                client = self._clients[service, region] = self._make(service, region)
            return client

    def _make(self, service: str, region: str) -> "BaseClient":
        settings, deadlines = self._settings, deadlines_of(self._settings)
        style = addressing_of(settings)
        client: BaseClient = self._session.create_client(
            service,
            region_name=region,
            endpoint_url=settings.endpoint_url,
            verify=settings.ca_bundle if settings.verify_ssl else False,
            config=Config(
                connect_timeout=deadlines.connect_s,
                read_timeout=deadlines.read_s,
                retries={"total_max_attempts": settings.retry_attempts + 1, "mode": "adaptive"},
                max_pool_connections=CONNECTIONS,
                s3={"addressing_style": style} if style else {},
                # A prefixed host such as `api.127.0.0.1` does not exist.
                inject_host_prefix=not settings.endpoint_url,
            ),
        )
        client.meta.events.register_first("needs-retry", stop_retrying_silence)
        if settings.endpoint_url:
            client.meta.events.register("before-send", _refuse_other_hosts(settings.endpoint_url))
        if self._rate.is_limited:
            client.meta.events.register("before-send", self._rate.wait)
        return client

    def _paging(self, operation: Operation, client: "BaseClient") -> Paging:
        # The client holds its model; the loader's may have been dropped and is slow to load.
        model = client.meta.service_model.operation_model(operation.name)
        with self._lock:
            configured = self._models.pagination(operation.service, operation.name)
        inputs, outputs = (
            shape.members if shape is not None else {}
            for shape in (model.input_shape, model.output_shape)
        )
        return paging_of(configured, inputs, outputs)


class RequestRate:
    """Limits requests per second, retries included; 0 means no limit."""

    def __init__(
        self,
        per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._gap_s = 1 / per_second if per_second > 0 else 0.0
        self._next_at = 0.0
        self._lock = threading.Lock()

    @property
    def is_limited(self) -> bool:
        """Whether there is a limit."""
        return self._gap_s > 0

    def wait(self, **_event: Any) -> None:
        """Wait for the next free slot; botocore calls this before each request."""
        with self._lock:
            turn_at = max(self._next_at, self._clock())
            self._next_at = turn_at + self._gap_s
        self._sleep(max(turn_at - self._clock(), 0))


def _refuse_other_hosts(endpoint_url: str) -> Callable[..., None]:
    """A ``before-send`` handler: a few services ignore the configured endpoint."""
    own = urlsplit(endpoint_url).netloc

    def check(request: "AWSPreparedRequest", **_event: Any) -> None:
        host = urlsplit(request.url).netloc
        if host != own and not host.endswith(f".{own}"):
            raise boto.EndpointConnectionError(endpoint_url=request.url)

    return check


def stop_retrying_silence(
    attempts: int, caught_exception: Exception | None = None, **_event: Any
) -> None:
    """End botocore's retries of an endpoint that is silent after one retry.

    Many services have no endpoint in some regions; six attempts at each would take hours.
    """
    error = caught_exception
    is_silent = error is not None and (
        is_unreachable(error) or isinstance(error, boto.ReadTimeoutError)
    )
    if error is not None and is_silent and attempts > 1:
        raise error


def _with(pages: Pages, answer: Answer) -> Answer:
    """Add the pages read before an error, and mark the answer as truncated."""
    if not pages.count:
        return answer
    try:
        response = plain(pages.response)
    except ValueError:  # nested too deeply, as the answer says
        return answer
    return Answer(
        status=QueryStatus.TRUNCATED,
        response=response,
        code=answer.code,
        message=answer.message,
        pages=pages.count,
        requests=answer.requests,
    )


def _partition_of(region: str) -> str:
    for prefix, partition in (
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-isob-", "aws-iso-b"),
        ("us-iso-", "aws-iso"),
    ):
        if region.startswith(prefix):
            return partition
    return "aws"
