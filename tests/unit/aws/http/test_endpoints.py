"""Endpoint URLs and proxies are read as a user means them."""

import pytest

from s3nav.aws.http.endpoints import Endpoint, proxy_for
from s3nav.model.errors import UsageError


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:9000",
        "ftp://h",
        "http://",
        "http://u:p@h",
        "http://h:x",
        "http://[::1",
        "http://a..b",
        "http://a b",
        "http://a\x0bb",
    ],
)
def test_an_invalid_endpoint_is_refused(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        Endpoint.parse(url)

    assert caught.value.reference == "bad-endpoint"
    assert "p@h" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "host_header"),
    [
        ("http://h", "h"),
        ("http://h:80/", "h"),
        ("https://h:443", "h"),
        ("https://h:9000/base/", "h:9000"),
        ("http://[::1]:9000", "[::1]:9000"),
    ],
)
def test_the_default_port_is_left_out(url: str, host_header: str) -> None:
    assert Endpoint.parse(url).host_header == host_header


def test_a_base_path_is_kept() -> None:
    assert Endpoint.parse("https://h/base/").base_path == "/base"
    assert Endpoint.parse("https://h/a b/%20").base_path == "/a%20b/%20"


def test_a_host_in_another_script_is_sent_in_ascii() -> None:
    assert Endpoint.parse("https://bücher.example").host == "xn--bcher-kva.example"


@pytest.mark.parametrize("url", ["socks5://p:1080", "https://p:3128", "http://p:x"])
def test_a_proxy_that_cannot_be_used_is_reported(url: str) -> None:
    with pytest.raises(UsageError):
        proxy_for(Endpoint.parse("http://h"), {"http": url})


def test_a_proxy_with_a_password_is_used_and_its_password_hidden() -> None:
    proxy = proxy_for(Endpoint.parse("https://h"), {"https": "http://user:p%40ss@proxy:3128"})

    assert proxy is not None
    assert (proxy.host, proxy.port) == ("proxy", 3128)
    assert proxy.authorization == "Basic dXNlcjpwQHNz"
    assert "dXNl" not in repr(proxy)


def test_no_proxy_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    assert proxy_for(Endpoint.parse("http://127.0.0.1:9000"), {"http": "http://proxy"}) is None


def test_without_a_proxy_there_is_none() -> None:
    assert proxy_for(Endpoint.parse("http://h"), {}) is None
