"""How an object was uploaded is read strictly, and never gets in the way of a download."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from s3nav.aws import open_store
from s3nav.model.errors import UnavailableError
from s3nav.model.objects import PartFact
from s3nav.model.ports.stores import ObjectStore
from s3nav.persistence import Directories
from s3nav.settings import Settings
from tests.support.scripted_server import ScriptedServer, answer

XML = ("Content-Type: application/xml",)
SPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def page(parts: str, *, more: str = "false", following: int = 0) -> bytes:
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<GetObjectAttributesResponse xmlns="{SPACE}">'
        "<ETag>abc-3</ETag><Checksum><ChecksumCRC32>AAAA-3</ChecksumCRC32>"
        "<ChecksumType>COMPOSITE</ChecksumType></Checksum><ObjectParts>"
        f"<IsTruncated>{more}</IsTruncated><NextPartNumberMarker>{following}"
        f"</NextPartNumberMarker>{parts}<PartsCount>3</PartsCount></ObjectParts>"
        "<ObjectSize>30</ObjectSize></GetObjectAttributesResponse>"
    )
    return answer(body.encode(), headers=XML)


def part(number: int) -> str:
    return (
        f"<Part><PartNumber>{number}</PartNumber><Size>{number * 5}</Size>"
        f"<ChecksumCRC32>sum{number}</ChecksumCRC32></Part>"
    )


@contextmanager
def store_on(server: ScriptedServer, directory: Path) -> Iterator[ObjectStore]:
    with server:
        store = open_store(
            Settings(
                endpoint_url=server.url,
                access_key="AKIATEST",
                secret_key="very-secret",
                connect_timeout_s=50,
                read_timeout_s=50,
            ),
            Directories(config=directory / "config", data=directory / "data"),
        )
        yield store
        store.close()


@pytest.mark.parametrize(
    "said",
    [
        answer(b"<Error><Code>AccessDenied</Code></Error>", status="403 Forbidden"),
        answer(b"<Error><Code>NoSuchKey</Code></Error>", status="404 Not Found"),
        answer(b"<Error><Code>NotImplemented</Code></Error>", status="501 Not Implemented"),
        answer(b"<Error><Code>MethodNotAllowed</Code></Error>", status="405 Method Not Allowed"),
        answer(b"<Error><Code>InvalidRequest</Code></Error>", status="400 Bad Request"),
        answer(b"the object itself", headers=("Content-Type: text/plain",)),
        answer(b"<not-attributes/>", headers=XML),
        answer(b"<GetObjectAttributesResponse><ETag>", headers=XML),
        answer(b"<!DOCTYPE x><GetObjectAttributesResponse/>", headers=XML),
        answer("<GetObjectAttributesResponse/>".encode("utf-16"), headers=XML),
    ],
)
def test_attributes_that_s3_does_not_give_are_none(said: bytes, tmp_path: Path) -> None:
    with store_on(ScriptedServer([said]), tmp_path) as store:
        assert store.attributes("bucket", "k") is None


def test_an_overloaded_endpoint_is_worth_another_try(tmp_path: Path) -> None:
    said = answer(b"<Error><Code>SlowDown</Code></Error>", status="503 Slow Down")

    with (
        store_on(ScriptedServer([said]), tmp_path) as store,
        pytest.raises(UnavailableError),
    ):
        store.attributes("bucket", "k")


def test_pages_of_parts_are_followed(tmp_path: Path) -> None:
    first = page(part(1) + part(2), more="true", following=2)
    server = ScriptedServer([first, page(part(3))])

    with store_on(server, tmp_path) as store:
        found = store.attributes("bucket", "dir/k", requester_pays=True)

    assert found is not None
    assert (found.etag, found.size_bytes, found.checksum_type) == ("abc-3", 30, "COMPOSITE")
    assert found.checksums == {"CRC32": "AAAA-3"}
    assert found.parts_count == 3
    assert found.parts == tuple(
        PartFact(number=n, size_bytes=n * 5, checksums={"CRC32": f"sum{n}"}) for n in (1, 2, 3)
    )
    one, two = (request.decode().lower() for request in server.requests)
    assert "get /bucket/dir/k?attributes= http/1.1" in one
    assert "x-amz-object-attributes: etag,checksum,objectparts,objectsize" in one
    assert "x-amz-request-payer: requester" in one
    assert "x-amz-part-number-marker: 2" in two


def test_repeated_pages_end(tmp_path: Path) -> None:
    circle = page(part(1), more="true", following=1)

    with store_on(ScriptedServer([circle] * 3), tmp_path) as store:
        found = store.attributes("bucket", "k")

    assert found is not None
    assert len(found.parts) == 2


@pytest.mark.parametrize(
    ("status", "headers", "size_bytes"),
    [
        ("206 Partial Content", ("Content-Length: 5", "Content-Range: bytes 5-9/30"), 5),
        ("200 OK", ("Content-Length: 5", "x-amz-mp-parts-count: 3"), 5),
        ("200 OK", ("Content-Length: 30",), None),
        ("416 Range Not Satisfiable", ("Content-Length: 0",), None),
        ("403 Forbidden", ("Content-Length: 0",), None),
    ],
)
def test_the_size_of_a_part_is_read_or_none(
    tmp_path: Path, status: str, headers: tuple[str, ...], size_bytes: int | None
) -> None:
    said = answer(status=status, headers=headers, length=False)
    # A refused HEAD is followed by a GET, which would say that the keys have expired.
    server = ScriptedServer([said] * 2)

    with store_on(server, tmp_path) as store:
        assert store.part_bytes("bucket", "k", 2) == size_bytes

    assert server.requests[0].startswith(b"HEAD /bucket/k?partNumber=2 ")
