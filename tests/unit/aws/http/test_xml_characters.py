"""Documents that name keys with control characters become XML that parsers accept."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3nav.aws.http.requester import MAX_TAGS, why_unsafe
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


_BOMB = '<?xml version="1.0"{}?><!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>'


@pytest.mark.parametrize(
    ("encoding", "why"),
    [
        ("utf-8", "document type"),
        ("utf-8-sig", "document type"),
        *((name, "UTF-8") for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-32")),
    ],
)
@pytest.mark.parametrize("is_declared", [False, True])
def test_a_document_type_is_refused_in_every_encoding(
    encoding: str, why: str, is_declared: bool
) -> None:
    declared = f' encoding="{encoding.removesuffix("-sig")}"' if is_declared else ""

    assert why in why_unsafe(_BOMB.format(declared).encode(encoding))


def test_an_encoding_that_hides_a_document_type_is_refused() -> None:
    start, _, rest = _BOMB.format(' encoding="cp037"').partition("?>")
    body = (start + "?>").encode() + rest.encode("cp037")
    assert b"<!" not in body

    assert "UTF-8" in why_unsafe(body)


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"\xef\xbb\xbf",
        b'<?xml version="1.0"?>',
        b'<?xml version="1.0" encoding="utf-8"?>\n',
        b"<?xml version='1.0' encoding = 'UTF-8' standalone='yes'?>",
        b'<?xml version="1.0" encoding="US-ASCII"?>',
    ],
)
def test_what_s3_writes_is_safe(start: bytes) -> None:
    assert why_unsafe(start + b"<a>encoding=&quot;UTF-16&quot;</a>") == ""


def test_a_page_of_nothing_but_tags_is_refused_before_it_is_parsed() -> None:
    assert why_unsafe(b"<a>" * (MAX_TAGS + 1)) == "it has too many tags"
