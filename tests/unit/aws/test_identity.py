"""The check before work says who we are, or what exactly to do."""

import socket

import msgspec
import pytest

from s3nav.aws import check_identity
from s3nav.model.errors import CredentialsError, S3NavError, UnavailableError, UsageError
from s3nav.persistence import Directories
from s3nav.settings import Settings
from tests.support.scripted_server import HANG, ScriptedServer, answer

STS = (
    b'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
    b"<GetCallerIdentityResult><Arn>arn:aws:iam::1:user/me</Arn><UserId>u</UserId>"
    b"<Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
)
BUCKETS = b"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>"


def refused(code: str, status: str) -> bytes:
    return answer(f"<Error><Code>{code}</Code><Message>m</Message></Error>".encode(), status=status)


NO_STS = refused("MethodNotAllowed", "405 Method Not Allowed")


def settings(url: str) -> Settings:
    return Settings(endpoint_url=url, access_key="AKIATEST", secret_key="S", region="us-east-1")


def test_a_dead_endpoint_is_unavailable(directories: Directories) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(UnavailableError) as caught:
        check_identity(settings(f"http://127.0.0.1:{port}"), directories)

    assert caught.value.context["endpoint"] == f"http://127.0.0.1:{port}"


@pytest.mark.parametrize(
    "changes",
    [
        {"endpoint_url": "127.0.0.1:9000"},
        {"endpoint_url": "http://127.0.0.1:1", "ca_bundle": "/does/not/exist"},
        {"region": "not a region"},
    ],
    ids=repr,
)
def test_invalid_settings_are_refused(directories: Directories, changes: dict[str, str]) -> None:
    odd = msgspec.convert({"access_key": "A", "secret_key": "S", **changes}, Settings)

    with pytest.raises(UsageError):
        check_identity(odd, directories)


def test_an_endpoint_that_is_silent_is_unavailable(directories: Directories) -> None:
    with ScriptedServer([HANG], [HANG]) as server, pytest.raises(UnavailableError):
        check_identity(
            Settings(endpoint_url=server.url, access_key="A", secret_key="S", read_timeout_s=0.2),
            directories,
        )


@pytest.mark.parametrize(
    ("code", "kind", "slug"),
    [
        ("SignatureDoesNotMatch", CredentialsError, "wrong-secret"),
        ("InvalidAccessKeyId", CredentialsError, "unknown-access-key"),
        ("ExpiredToken", CredentialsError, "credentials-expired"),
        ("InternalError", UnavailableError, "unavailable"),
    ],
)
def test_a_refusal_of_s3_is_reported_where_there_is_no_sts(
    directories: Directories, code: str, kind: type[S3NavError], slug: str
) -> None:
    script = [[NO_STS], [refused(code, "403 Forbidden")]]
    with ScriptedServer(*script) as server, pytest.raises(kind) as caught:
        check_identity(settings(server.url), directories)

    assert caught.value.reference == slug


def test_sts_says_who_we_are(directories: Directories) -> None:
    with ScriptedServer([answer(STS)]) as server:
        identity = check_identity(settings(server.url), directories)

    assert (identity.arn, identity.account) == ("arn:aws:iam::1:user/me", "1")
    assert identity.source == "flags"


def test_buckets_are_listed_where_there_is_no_sts(directories: Directories) -> None:
    with ScriptedServer([NO_STS], [answer(BUCKETS)]) as server:
        identity = check_identity(settings(server.url), directories)

    assert identity.buckets_listable is True


def test_a_web_page_instead_of_sts_is_no_identity(directories: Directories) -> None:
    with ScriptedServer([answer(b"<html></html>")], [answer(BUCKETS)]) as server:
        identity = check_identity(settings(server.url), directories)

    assert identity.buckets_listable is True


def test_credentials_that_may_not_list_buckets_are_valid(directories: Directories) -> None:
    denied = refused("AccessDenied", "403 Forbidden")
    with ScriptedServer([NO_STS], [denied]) as server:
        identity = check_identity(settings(server.url), directories)

    assert identity.buckets_listable is False


def test_anonymous_access_sends_no_request(directories: Directories) -> None:
    identity = check_identity(Settings(anonymous=True), directories)

    assert (identity.source, identity.buckets_listable) == ("anonymous", False)
