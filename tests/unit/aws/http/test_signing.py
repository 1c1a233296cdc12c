"""The signer against botocore's own."""

import datetime as dt

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from s3nav.aws.http.signing import Keys, Signer, UnsignedRequest, canonical_query, quote_key
from s3nav.model.errors import CredentialsError, UsageError

NOW = dt.datetime(2026, 11, 20, 19, 19, 2, tzinfo=dt.UTC)
KEYS = Keys(access_key="AKIATEST", secret_key="se/cr+et")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
AWKWARD = st.sampled_from(
    ["a//b", "../x", "./.", "a b", "%41", "a+b", "a?b", "a#b", "\x01\x7f\n", "ключ", "🚀", "~-._"]
)


def ours(
    request: UnsignedRequest, keys: Keys, region: str = "eu-central-1", at: dt.datetime = NOW
) -> dict[str, str]:
    lines = Signer(region, clock=at.timestamp).header_lines(request, keys)
    assert lines.endswith("\r\n")
    return dict(line.split(": ", 1) for line in lines.removesuffix("\r\n").split("\r\n"))


def theirs(
    request: UnsignedRequest, keys: Keys, region: str = "eu-central-1"
) -> tuple[str, dt.datetime]:
    """botocore's signature, and the time it took from the clock."""
    query = f"?{request.query}" if request.query else ""
    aws = AWSRequest(
        method=request.method,
        url=f"https://{request.host}{request.path}{query}",
        headers=dict(request.headers),
    )
    aws.context["payload_signing_enabled"] = True
    credentials = Credentials(keys.access_key, keys.secret_key, keys.token or None)
    S3SigV4Auth(credentials, "s3", region).add_auth(aws)
    at = dt.datetime.strptime(aws.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)
    return str(aws.headers["Authorization"]), at


def test_a_key_that_is_not_unicode_is_refused() -> None:
    with pytest.raises(UsageError):
        quote_key("\ud800")


def test_secrets_do_not_show_in_a_repr() -> None:
    assert "se/cr+et" not in repr(KEYS)


def test_without_keys_nothing_is_signed() -> None:
    lines = Signer("us-east-1").header_lines(
        UnsignedRequest(method="GET", host="h", path="/"), None
    )

    assert lines == "host: h\r\n"


def test_a_value_cannot_start_a_header_of_its_own() -> None:
    request = UnsignedRequest(
        method="GET", host="h", path="/", headers=[("if-match", '"a\r\nevil: 1"')]
    )

    assert ours(request, KEYS)["if-match"] == '"a evil: 1"'


def test_a_key_in_no_encoding_keeps_its_bytes() -> None:
    assert quote_key(b"\xff".decode(errors="surrogateescape")) == "%FF"


@settings(max_examples=300)
@given(
    key=TEXT | AWKWARD | st.builds("/".join, st.lists(AWKWARD, max_size=4)),
    query=st.lists(st.tuples(TEXT, TEXT), max_size=4),
    method=st.sampled_from(["GET", "HEAD"]),
)
def test_any_key_and_query_is_signed_as_botocore_does(
    key: str, query: list[tuple[str, str]], method: str
) -> None:
    request = UnsignedRequest(
        method=method,
        host="bucket.s3.eu-central-1.amazonaws.com",
        path=f"/{quote_key(key)}",
        query=canonical_query(query),
        headers=[("range", "bytes=0-9"), ("x-amz-checksum-mode", "ENABLED")],
    )

    expected, at = theirs(request, KEYS)

    assert ours(request, KEYS, at=at)["authorization"] == expected


@pytest.mark.parametrize("region", ["us-east-1", "default", "ap-southeast-2"])
def test_a_session_token_is_signed_as_botocore_does(region: str) -> None:
    keys = Keys(access_key="ASIATEST", secret_key="secret", token="to/ken==")
    request = UnsignedRequest(
        method="GET", host="127.0.0.1:9000", path="/b/k", headers=[("if-match", '"x"')]
    )

    expected, at = theirs(request, keys, region)
    headers = ours(request, keys, region, at)

    assert headers["authorization"] == expected
    assert headers["x-amz-security-token"] == "to/ken=="


def test_a_new_day_and_a_new_secret_make_a_new_key() -> None:
    moments = iter([NOW.timestamp(), NOW.timestamp() + 86_400, NOW.timestamp() + 86_400])
    signer = Signer("us-east-1", clock=lambda: next(moments))
    request = UnsignedRequest(method="GET", host="h", path="/")
    other = Keys(access_key="AKIATEST", secret_key="other")

    signed = [signer.header_lines(request, keys) for keys in (KEYS, KEYS, other)]

    assert len(set(signed)) == 3


INJECTED = ("a b", "a\n", "a\r\nx-injected: yes\r\nx: ", "\x00", "a\x85b", "a\u2028b", "a\udcff")


@pytest.mark.parametrize("value", INJECTED)
@pytest.mark.parametrize("field", ["access_key", "secret_key", "token"])
def test_keys_that_would_change_a_header_are_refused(field: str, value: str) -> None:
    fields = {"access_key": "AKIATEST", "secret_key": "secret", "token": "token", field: value}
    request = UnsignedRequest(method="GET", host="h", path="/")
    if (field, value) == ("secret_key", "a b"):
        assert "authorization" in ours(request, Keys(**fields))  # only its hash is sent
        return

    with pytest.raises(CredentialsError, match="white space or a control character") as caught:
        ours(request, Keys(**fields))

    assert value not in str(caught.value)


@pytest.mark.parametrize("region", INJECTED)
def test_a_region_that_would_change_a_header_is_refused(region: str) -> None:
    with pytest.raises(UsageError, match="region contains white space"):
        Signer(region)
