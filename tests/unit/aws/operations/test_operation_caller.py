"""The caller against a real server: moto, with the demo's account and its one denied bucket."""

import socket
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from s3nav.aws import open_caller
from s3nav.aws.operations.operation_caller import BotocoreCaller, RequestRate, stop_retrying_silence
from s3nav.aws.operations.operation_errors import refused
from s3nav.demo.content.demo_buckets import LOCKED_BUCKET
from s3nav.model.errors import CredentialsError
from s3nav.model.ports.stores import OperationCaller
from s3nav.model.scrape_queries import Answer, Operation, QueryStatus
from s3nav.persistence import Directories
from s3nav.settings import Settings
from tests.support.moto_server import moto_server

pytestmark = [pytest.mark.moto, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def settings() -> Iterator[Settings]:
    with moto_server(seeded=True) as server:
        yield msgspec.convert(dict(server.settings_flags), Settings)


@pytest.fixture
def caller(settings: Settings) -> Iterator[OperationCaller]:
    opened = open_caller(settings, Directories.of_user(settings.data_dir))
    yield opened
    opened.close()


def ask(
    caller: OperationCaller, service: str, name: str, region: str = "us-east-2", **given: object
) -> Answer:
    operation = Operation(service=service, name=name)
    return caller.call(operation, region, parameters=given, is_cancelled=lambda: False)


def test_the_caller_is_known_and_its_regions_are_enabled(caller: OperationCaller) -> None:
    assert caller.caller().account == "123456789012"
    assert "us-east-2" in caller.enabled_regions()
    assert caller.home_region() == "us-east-2"


def test_all_pages_are_read(caller: OperationCaller) -> None:
    answer = ask(caller, "logs", "DescribeLogGroups")

    groups = answer.response["logGroups"]
    assert isinstance(groups, list)
    assert (answer.status, len(groups), answer.pages) == (QueryStatus.OK, 60, 2)
    assert "nextToken" not in answer.response


def test_a_denied_bucket_is_a_status_not_an_error(caller: OperationCaller) -> None:
    answer = ask(caller, "s3", "ListObjectVersions", Bucket=LOCKED_BUCKET)

    assert (answer.status, answer.code) == (QueryStatus.DENIED, "AccessDenied")


def test_a_missing_parameter_is_reported_without_a_request(caller: OperationCaller) -> None:
    assert ask(caller, "s3", "GetBucketAcl").status is QueryStatus.BAD_PARAMETER


def test_what_does_not_exist_is_empty(caller: OperationCaller) -> None:
    answer = ask(caller, "iam", "ListUserPolicies", UserName="missing")

    assert (answer.status, answer.code) == (QueryStatus.EMPTY, "NoSuchEntity")


def test_a_service_that_is_not_there_is_unsupported(caller: OperationCaller) -> None:
    statuses = {
        ask(caller, service, name).status
        for service, name in (
            ("amplify", "ListApps"),  # REST and JSON
            ("neptune-graph", "ListGraphs"),
            ("sdb", "ListDomains"),  # signed with the version 2 of long ago
            ("ses", "ListIdentities"),  # form in, XML out
            ("sqs", "ListMessageMoveTasks"),  # an operation of a service that is there
        )
    }

    assert statuses <= {QueryStatus.UNSUPPORTED, QueryStatus.BAD_PARAMETER}
    assert QueryStatus.UNSUPPORTED in statuses


@pytest.mark.parametrize(
    ("service", "name"),
    [("lambda", "ListFunctions"), ("route53", "ListHostedZones"), ("eks", "ListClusters")],
)
def test_services_with_path_style_operations_respond(
    caller: OperationCaller, service: str, name: str
) -> None:
    assert ask(caller, service, name).status is QueryStatus.OK


def test_a_custom_endpoint_is_the_only_host_called(caller: OperationCaller) -> None:
    elsewhere = ask(caller, "signin", "ListResourcePermissionStatements")
    prefixed = ask(caller, "mwaa", "ListEnvironments")

    assert (elsewhere.status, elsewhere.code) == (
        QueryStatus.UNAVAILABLE,
        "EndpointConnectionError",
    )
    assert prefixed.status is QueryStatus.UNSUPPORTED  # not `api.127.0.0.1`


def test_an_unreachable_endpoint_is_called_once(settings: Settings) -> None:
    with socket.socket() as endpoint:
        endpoint.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{endpoint.getsockname()[1]}"
        nowhere = msgspec.structs.replace(settings, endpoint_url=url, read_timeout_s=1.0)
        caller = open_caller(nowhere, Directories.of_user(settings.data_dir))
        first = ask(caller, "sqs", "ListQueues")
        endpoint.listen()  # a repeated request would be noticed

        second = ask(caller, "sqs", "ListQueues")

        caller.close()
        endpoint.setblocking(False)
        with pytest.raises(BlockingIOError):
            endpoint.accept()
    assert first.status is QueryStatus.UNAVAILABLE
    assert second == first


def test_anonymous_requests_cannot_scrape(settings: Settings) -> None:
    anonymous = msgspec.structs.replace(settings, access_key=None, secret_key=None, anonymous=True)
    caller = open_caller(anonymous, Directories.of_user(settings.data_dir))

    with pytest.raises(CredentialsError):
        caller.caller()


def test_a_pace_leaves_time_between_requests() -> None:
    slept: list[float] = []
    moments = iter([5.0, 5.0, 5.0, 5.0, 5.125, 5.125, 9.0, 9.0])
    pace = RequestRate(4, clock=lambda: next(moments), sleep=slept.append)

    for _ in range(4):
        pace.wait()

    assert slept == [0, 0.25, 0.375, 0]


@pytest.mark.parametrize(
    ("code", "http", "message", "status"),
    [
        ("AccessDenied", 403, "", QueryStatus.DENIED),
        ("UnauthorizedOperation", 403, "", QueryStatus.DENIED),
        ("ThrottlingException", 400, "", QueryStatus.THROTTLED),
        ("RequestLimitExceeded", 503, "", QueryStatus.THROTTLED),
        ("OptInRequired", 403, "", QueryStatus.OPT_IN),
        ("AccessDeniedException", 403, "Macie is not enabled", QueryStatus.OPT_IN),
        ("NoSuchBucketPolicy", 404, "", QueryStatus.EMPTY),
        ("ValidationException", 400, "", QueryStatus.BAD_PARAMETER),
        ("InternalFailure", 500, "", QueryStatus.UNAVAILABLE),
        ("Whatever", 502, "", QueryStatus.UNAVAILABLE),
        ("501", 501, "Not Implemented", QueryStatus.UNSUPPORTED),
        ("InvalidAction", 400, "", QueryStatus.UNSUPPORTED),
        ("UnknownOperationException", 400, "", QueryStatus.UNSUPPORTED),
    ],
)
def test_codes_of_aws_become_statuses(
    code: str, http: int, message: str, status: QueryStatus
) -> None:
    from botocore.exceptions import ClientError

    error = ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": http},  # type: ignore[typeddict-item]
        },
        "ListX",
    )

    assert refused(error, pages=0, requests=1).status is status


def test_an_endpoint_that_does_not_answer_is_asked_once_more_only() -> None:
    from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

    for error in (EndpointConnectionError(endpoint_url="x"), ReadTimeoutError(endpoint_url="x")):
        stop_retrying_silence(attempts=1, caught_exception=error)
        with pytest.raises(type(error)):
            stop_retrying_silence(attempts=2, caught_exception=error)


def test_other_failures_are_left_to_the_retries_of_botocore() -> None:
    from botocore.exceptions import ConnectionClosedError

    stop_retrying_silence(attempts=5, caught_exception=ConnectionClosedError(endpoint_url="x"))
    stop_retrying_silence(attempts=5, caught_exception=None)


def test_a_child_process_gets_the_number_of_attempts(tmp_path: Path) -> None:
    settings = Settings(access_key="key", secret_key="secret", region="us-east-1", retry_attempts=3)
    caller = BotocoreCaller(settings, Directories(config=tmp_path, data=tmp_path), max_rate=0)

    assert caller.environment("us-east-1")["AWS_MAX_ATTEMPTS"] == "4"
