"""The parser of answers takes what is right and refuses the rest, quickly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3nav.aws.http.response import parse_head
from s3nav.model.errors import UnavailableError


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 999 Odd\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 1\n\n",
        b"HTTP/1.1 200 OK\r\n folded: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nNo colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nName : 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 300 + b"\r\n",
    ],
)
def test_an_invalid_head_is_refused(raw: bytes) -> None:
    with pytest.raises(UnavailableError) as caught:
        parse_head(raw, method="GET")

    assert caught.value.reference == "bad-answer"


@given(st.binary(max_size=300) | st.binary(max_size=200).map(lambda b: b"HTTP/1.1 200 OK\r\n" + b))
def test_arbitrary_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        head = parse_head(raw, method="GET")
    except UnavailableError:
        return
    assert 100 <= head.status <= 599


def test_names_are_lower_case_and_repeated_values_joined() -> None:
    head = parse_head(
        b"HTTP/1.1 200\r\nX-Amz-Meta-A: 1\r\nx-amz-meta-a:2 \r\nContent-Length: 5\r\n\r\n",
        method="GET",
    )

    assert head.headers["x-amz-meta-a"] == "1, 2"
    assert head.length_bytes == 5
    assert head.keeps_alive


@pytest.mark.parametrize(
    ("raw", "method"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HEAD"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "GET"),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "GET"),
    ],
)
def test_some_responses_have_no_body_whatever_their_headers_say(raw: bytes, method: str) -> None:
    assert parse_head(raw, method=method).length_bytes == 0


@pytest.mark.parametrize(
    ("raw", "keeps"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: Close\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n", True),
    ],
)
def test_a_connection_is_kept_only_when_its_response_has_an_end(raw: bytes, keeps: bool) -> None:
    assert parse_head(raw, method="GET").keeps_alive is keeps
