"""Answers to writes about keys with control characters are read, once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from s3nav.aws.credentials.provider_chain import find_login
from s3nav.aws.writes.transfer_context import register_handlers
from s3nav.aws.writes.write_clients import ClientMaker
from s3nav.persistence import Directories
from s3nav.settings import Settings
from tests.support.scripted_server import ScriptedServer, answer

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEY = "bell\x07big"


@contextmanager
def client_of(server: ScriptedServer, directories: Directories) -> Iterator["S3Client"]:
    settings = Settings(endpoint_url=server.url, access_key="A", secret_key="S", region="us-east-1")
    maker = ClientMaker(settings, find_login(settings, directories))
    client = maker.make(region="us-east-1", connections=1)
    register_handlers(client.meta.events)
    yield client
    client.close()


@pytest.mark.parametrize("written", ["&#x7;", "&#7;", "\x07"])
def test_one_upload_is_begun(written: str, directories: Directories) -> None:
    body = (
        f"<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>bell{written}big</Key>"
        "<UploadId>u1</UploadId></InitiateMultipartUploadResult>"
    ).encode()
    with ScriptedServer([answer(body)]) as server, client_of(server, directories) as client:
        begun = client.create_multipart_upload(Bucket="b", Key=KEY)

    assert begun["UploadId"] == "u1"
    assert len(server.requests) == 1


def test_a_refusal_keeps_its_code(directories: Directories) -> None:
    body = (
        b"<Error><Code>InvalidArgument</Code><Key>bell&#x7;big</Key><Message>no</Message></Error>"
    )
    refusal = answer(body, status="400 Bad Request")
    with (
        ScriptedServer([refusal]) as server,
        client_of(server, directories) as client,
        pytest.raises(ClientError) as caught,
    ):
        client.create_multipart_upload(Bucket="b", Key=KEY)

    assert caught.value.response["Error"]["Code"] == "InvalidArgument"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_answer_with_entities_is_not_parsed(encoding: str, directories: Directories) -> None:
    body = (
        '<!DOCTYPE a [<!ENTITY c "InvalidArgument">]>'
        "<Error><Code>&c;</Code><Message>no</Message></Error>"
    ).encode(encoding)
    with (
        ScriptedServer([answer(body, status="400 Bad Request")]) as server,
        client_of(server, directories) as client,
        pytest.raises(ClientError) as caught,
    ):
        client.create_multipart_upload(Bucket="b", Key=KEY)

    assert caught.value.response["Error"]["Code"] == "400"
