"""An answer that does not have the form of its operation fails its query, with the reason."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3nav.aws import open_caller
from s3nav.aws.operations.operation_models import parameters
from s3nav.aws.operations.operation_rules import CHILDREN
from s3nav.model.errors import UnavailableError
from s3nav.model.ports.stores import OperationCaller
from s3nav.model.scrape_queries import Answer, Operation, QueryStatus
from s3nav.persistence import Directories
from s3nav.settings import Settings
from tests.support.any_json import any_json
from tests.support.scripted_server import ScriptedServer, answer

JSON = ("Content-Type: application/x-amz-json-1.0",)
GOOD = b'{"TableNames": ["roads"]}'
anything = any_json(["Buckets", "Name", "TableNames", "Functions", "QueueUrls", "Id"], max_leaves=8)


@contextmanager
def caller_of(directories: Directories, answers: Sequence[bytes]) -> Iterator[OperationCaller]:
    with ScriptedServer(answers) as server:
        settings = Settings(
            endpoint_url=server.url,
            access_key="A",
            secret_key="S",
            region="us-east-1",
            retry_attempts=0,
        )
        caller = open_caller(settings, directories)
        yield caller
        caller.close()


def ask(caller: OperationCaller, service: str, name: str) -> Answer:
    return caller.call(
        Operation(service=service, name=name),
        "us-east-1",
        parameters={},
        is_cancelled=lambda: False,
    )


@pytest.mark.parametrize(
    "body",
    [
        *(b"null", b"[]", b'"tables"', b"5", b"true", b"[null]", b"{", b"", b"\xff\xfe{"),
        *(b'{"TableNames": 5}', b'{"TableNames": "roads"}', b'{"TableNames": {"a": 1}}'),
        b'{"TableNames": [], "LastEvaluatedTableName": {"a": []}}',
        b"[" * 100_000,
        b'{"TableNames": ' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"TableNames": [' + b"9" * 5_000 + b"]}",
    ],
    ids=lambda body: repr(body[:40]),
)
def test_an_absurd_answer_fails_its_query_alone(directories: Directories, body: bytes) -> None:
    answers = [answer(each, headers=JSON) for each in (body, GOOD)]

    with caller_of(directories, answers) as caller:
        absurd = ask(caller, "dynamodb", "ListTables")
        good = ask(caller, "dynamodb", "ListTables")

    if absurd.status is QueryStatus.OK:
        assert json.dumps(absurd.response)
    else:
        assert absurd.code
        assert absurd.message
    assert (good.status, good.response["TableNames"]) == (QueryStatus.OK, ["roads"])


@pytest.mark.parametrize("body", [b"null", b"<Error/>", b"<a><b/></a>", b"<a>"])
@pytest.mark.parametrize(("service", "name"), [("ec2", "DescribeVpcs"), ("sqs", "ListQueues")])
def test_an_absurd_answer_in_xml_fails_its_query_alone(
    directories: Directories, service: str, name: str, body: bytes
) -> None:
    with caller_of(directories, [answer(body), answer(body)]) as caller:
        absurd = ask(caller, service, name)

    assert absurd.status in QueryStatus


@pytest.mark.parametrize("body", [b"null", b"<a/>", b"<a><regionInfo>x</regionInfo></a>"])
def test_absurd_answers_about_regions_are_one_error(directories: Directories, body: bytes) -> None:
    with (
        caller_of(directories, [answer(body), answer(b"null")]) as caller,
        pytest.raises(UnavailableError),
    ):
        caller.enabled_regions()


@given(anything, st.sampled_from(sorted(CHILDREN)))
def test_absurd_parents_have_parameters_or_none(found: object, parent: tuple[str, str]) -> None:
    service, name = parent
    for child in CHILDREN[parent]:
        operation = Operation(service=service, name=child, parent=name)
        sets = parameters(operation, {"Buckets": found, "QueueUrls": found, "Functions": found})

        assert all(isinstance(each, dict) for each in sets)
