"""Documents that name keys with control characters become XML that parsers accept."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3nav.aws.http.xml_characters import readable_xml


@pytest.mark.parametrize(
    "unfit",
    [
        *(b"&#x7;", b"&#7;", b"&#X1F;", b"\x07", b"\x00", b"&#0;", b"&#xD800;", b"&#xFFFF;"),
        *(b"&#x110000;", b"&#" + b"9" * 40 + b";"),
    ],
)
def test_what_xml_does_not_have_is_replaced(unfit: bytes) -> None:
    root = ElementTree.fromstring(readable_xml(b"<a>bell" + unfit + b"big</a>"))

    assert root.text == "bell\ufffdbig"


@pytest.mark.parametrize(
    "fit", [b"&#x9;", b"&#10;", b"&#xe9;", b"&amp;", b"\t\r\n", b"&#x1F680;", b"&#"]
)
def test_what_xml_has_stays(fit: bytes) -> None:
    assert readable_xml(b"<a>" + fit + b"</a>") == b"<a>" + fit + b"</a>"


def test_a_document_in_utf_16_stays() -> None:
    document = '<?xml version="1.0" encoding="UTF-16"?><a>b</a>'.encode("utf-16")

    assert readable_xml(document) == document


@given(st.integers(0, 0x110010))
def test_every_reference_can_be_parsed(code: int) -> None:
    ElementTree.fromstring(readable_xml(f"<a>&#{code};&#x{code:x};</a>".encode()))
