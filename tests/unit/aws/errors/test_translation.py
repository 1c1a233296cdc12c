"""What S3, botocore and sockets say becomes one of our errors, with a remedy and no secret."""

import socket
import ssl

import pytest
from botocore import exceptions as boto

from s3nav.aws.errors.translation import from_botocore, from_response, from_transport
from s3nav.model.errors import (
    AccessDeniedError,
    CredentialsError,
    ExpiredCredentialsError,
    NotFoundError,
    ObjectChangedError,
    S3NavError,
    ThrottledError,
    UnavailableError,
    UsageError,
)

CONTEXT = {"bucket": "b{0}", "key": "k", "endpoint": "http://e", "profile": "work"}


@pytest.mark.parametrize(
    ("status", "code", "kind", "slug"),
    [
        (404, "NoSuchBucket", NotFoundError, "no-such-bucket"),
        (404, "NoSuchKey", NotFoundError, "no-such-key"),
        (404, "", NotFoundError, "no-such-key"),
        (403, "AccessDenied", AccessDeniedError, "access-denied"),
        (403, "", AccessDeniedError, "access-denied"),
        (403, "InvalidAccessKeyId", CredentialsError, "unknown-access-key"),
        (403, "SignatureDoesNotMatch", CredentialsError, "wrong-secret"),
        (400, "ExpiredToken", ExpiredCredentialsError, "credentials-expired"),
        (400, "InvalidToken", CredentialsError, "bad-session-token"),
        (403, "RequestTimeTooSkewed", CredentialsError, "clock-skew"),
        (403, "InvalidObjectState", AccessDeniedError, "archived"),
        (412, "PreconditionFailed", ObjectChangedError, "object-changed"),
        (412, "", ObjectChangedError, "object-changed"),
        (416, "InvalidRange", ObjectChangedError, "object-changed"),
        (503, "SlowDown", ThrottledError, "slow-down"),
        (429, "", ThrottledError, "slow-down"),
        (500, "InternalError", UnavailableError, "unavailable"),
        (502, "", UnavailableError, "unavailable"),
        (301, "PermanentRedirect", UnavailableError, "wrong-region"),
        (307, "TemporaryRedirect", UnavailableError, "wrong-region"),
        (301, "", UnavailableError, "redirected"),
        (400, "Odd", UsageError, "refused"),
    ],
)
def test_a_response_becomes_an_error(
    status: int, code: str, kind: type[S3NavError], slug: str
) -> None:
    error = from_response(status=status, code=code, message="words", context=CONTEXT)

    assert type(error) is kind
    assert error.reference == slug
    assert error.context["endpoint"] == "http://e"


def test_the_remedy_names_the_profile() -> None:
    error = from_response(status=403, code="SignatureDoesNotMatch", context=CONTEXT)

    assert "`work`" in error.remedy


def test_the_message_of_s3_about_a_signature_is_left_out() -> None:
    error = from_response(
        status=403, code="SignatureDoesNotMatch", message="AWS4 …", context=CONTEXT
    )

    assert "S3 says" not in error.context


def test_braces_in_a_name_are_just_braces() -> None:
    assert "`b{0}`" in from_response(status=404, code="NoSuchBucket", context=CONTEXT).message


@pytest.mark.parametrize(
    ("cause", "slug"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "unreachable"),
        (TimeoutError(), "unreachable"),
        (socket.gaierror(-2, "Name or service not known"), "unknown-host"),
        (ssl.SSLError(1, "WRONG_VERSION_NUMBER"), "tls"),
    ],
)
def test_a_socket_that_fails_makes_the_endpoint_unavailable(cause: OSError, slug: str) -> None:
    error = from_transport(cause, endpoint="http://e")

    assert (error.reference, error.context) == (slug, {"endpoint": "http://e"})
    assert error.remedy


def test_an_untrusted_certificate_names_both_remedies() -> None:
    error = from_transport(ssl.SSLCertVerificationError(1, "self-signed"))

    assert "--ca-bundle" in error.remedy
    assert "--no-verify-ssl" in error.remedy


@pytest.mark.parametrize(
    ("cause", "kind", "words"),
    [
        (boto.SSLError(endpoint_url="e", error=OSError("x")), UnavailableError, "--ca-bundle"),
        (boto.EndpointConnectionError(endpoint_url="e"), UnavailableError, "--endpoint-url"),
        (boto.ConnectTimeoutError(endpoint_url="e"), UnavailableError, "network"),
        (boto.ReadTimeoutError(endpoint_url="e"), UnavailableError, "network"),
        (boto.UnauthorizedSSOTokenError(), ExpiredCredentialsError, "aws sso login --profile work"),
        (boto.SSOTokenLoadError(error_msg="x"), ExpiredCredentialsError, "aws sso login"),
        (boto.NoCredentialsError(), CredentialsError, "profiles list"),
        (boto.ParamValidationError(report="x"), UsageError, ""),
    ],
)
def test_an_exception_of_botocore_becomes_an_error(
    cause: boto.BotoCoreError, kind: type[S3NavError], words: str
) -> None:
    error = from_botocore(cause, context=CONTEXT)

    assert type(error) is kind
    assert words in error.remedy


@pytest.mark.parametrize("code", ["", "PermanentRedirect", "Moved"])
@pytest.mark.parametrize("bucket", ["", "b"])
def test_a_redirect_names_its_target_and_is_not_taken_for_another_region(
    code: str, bucket: str
) -> None:
    context = {"bucket": bucket, "redirect": "https://me:secret@login.example/start?token=secret#x"}

    error = from_response(status=302, code=code, context=context)

    assert error.reference == "redirected"
    assert "`https://login.example/start`" in error.message
    assert "secret" not in f"{error.message}{error.context}"


def test_a_redirect_cannot_write_to_the_terminal() -> None:
    error = from_response(status=301, context={"redirect": "/a\x1b[2J" + "b" * 1000})

    assert error.message.isprintable()
    assert len(error.message) < 300


def test_a_redirect_of_a_write_names_its_target() -> None:
    refused = boto.ClientError({"Error": {"Code": "301"}}, "PutObject")
    metadata = {"HTTPStatusCode": 301, "HTTPHeaders": {"location": "https://new/"}}
    refused.response["ResponseMetadata"] = metadata  # type: ignore[typeddict-item]  # not all

    error = from_botocore(refused, context={"bucket": "b"})

    assert (error.reference, error.context["redirect"]) == ("redirected", "https://new/")
