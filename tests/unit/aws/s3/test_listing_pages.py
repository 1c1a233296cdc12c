"""The fast reader of pages says what the strict one and botocore say, or refuses as they do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus

import botocore.session
import pytest
from botocore.handlers import decode_list_object_v2
from botocore.parsers import create_parser
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from s3nav.aws.s3 import listing
from s3nav.aws.s3.listing_xml import MAX_KEY_BYTES, parse_page
from s3nav.model.errors import UnavailableError
from s3nav.model.objects import DEFAULT_STORAGE_CLASS, UNKNOWN_S, KeyPage, ListingPage

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>'
    "<Prefix></Prefix><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType>"
    "<IsTruncated>false</IsTruncated>"
)
TAIL = "</ListBucketResult>"
OUTPUT_SHAPE = (
    botocore.session.get_session()
    .get_service_model("s3")
    .operation_model("ListObjectsV2")
    .output_shape
)
BOTOCORE = create_parser("rest-xml")

Entry = dict[str, str]
Page = TypeVar("Page", KeyPage, ListingPage)
ENTRY: Entry = {
    "key": "logs/a%2Bb/+%D0%BA",
    "modified": "2026-11-20T19:19:02.000Z",
    "etag": "0123-2",
    "quote": "&quot;",
    "checksum": "CRC64NVME",
    "size": "42",
    "owner": "",
    "class": "GLACIER",
    "end": "",
}


def entry_xml(entry: Entry) -> str:
    checksum = entry["checksum"]
    algorithm = f"<ChecksumAlgorithm>{checksum}</ChecksumAlgorithm>" if checksum else ""
    kind = "<ChecksumType>FULL_OBJECT</ChecksumType>" if checksum.startswith("CRC") else ""
    return (
        f"<Contents><Key>{entry['key']}</Key><LastModified>{entry['modified']}</LastModified>"
        f"<ETag>{entry['quote']}{entry['etag']}{entry['quote']}</ETag>{algorithm}{kind}"
        f"<Size>{entry['size']}</Size>{entry['owner']}"
        f"<StorageClass>{entry['class']}</StorageClass>{entry['end']}</Contents>"
    )


def page_of(*entries: Entry, head: str = HEAD) -> bytes:
    return (head + "".join(map(entry_xml, entries)) + TAIL).encode()


class LeftToStrictError(Exception):
    """The fast parser left a page to the strict one."""


@contextmanager
def strict_parser_refused() -> Iterator[None]:
    """The strict parser raises instead of reading."""

    def refuse(_: bytes, _request: object) -> ListingPage:
        raise LeftToStrictError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listing, "parse_page", refuse)
        yield


def fast_or_none(body: bytes) -> KeyPage | None:
    """Only what the fast parser accepts; None where it leaves the page to the strict parser."""
    with strict_parser_refused():
        try:
            return listing.parse_keys(body, len(body))
        except LeftToStrictError:
            return None


def outcome(read: Callable[[bytes], Page], body: bytes) -> Page | str:
    try:
        return read(body)
    except UnavailableError:
        return "refused"


def parse_keys(body: bytes) -> KeyPage:
    """From a buffer with more bytes in it, as after a longer page."""
    return listing.parse_keys(bytearray(body + b"</Contents>old"), len(body))


def strictly(body: bytes) -> KeyPage:
    return KeyPage.of(parse_page(body))


def by_botocore(body: bytes) -> KeyPage:
    assert OUTPUT_SHAPE is not None
    parsed: Any = BOTOCORE.parse({"status_code": 200, "headers": {}, "body": body}, OUTPUT_SHAPE)
    decode_list_object_v2(parsed, {"encoding_type_auto_set": True})
    entries = parsed.get("Contents", [])
    return KeyPage(
        keys=[entry["Key"] for entry in entries],
        sizes=[entry["Size"] for entry in entries],
        modified_s=[int(entry["LastModified"].timestamp()) for entry in entries],
        etags=[entry["ETag"].strip('"') for entry in entries],
        classes=[entry.get("StorageClass") or DEFAULT_STORAGE_CLASS for entry in entries],
        next_token=parsed.get("NextContinuationToken"),
    )


key_texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40)
keys = st.one_of(
    st.builds(quote, key_texts, safe=st.sampled_from(["/", "", "/-_.~*!'()"])),
    st.builds(quote_plus, key_texts),
    st.text("abcxyz/-_.019+%2Ff", min_size=1, max_size=30),
)
moments = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants them bare
entries = st.fixed_dictionaries(
    {
        "key": keys,
        "modified": moments.map(
            lambda at: at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        ),
        "etag": st.from_regex(r"[0-9a-f]{32}(-[0-9]{1,4})?", fullmatch=True),
        "quote": st.sampled_from(["&quot;", "&quot;", "&#34;", '"']),
        "checksum": st.sampled_from(["", "CRC64NVME", "SHA256"]),
        "size": st.integers(0, 5 << 40).map(str),
        "owner": st.sampled_from(
            [
                "",
                "",
                "<Owner><ID>a(b</ID></Owner>",
                "<Owner><ID>1f</ID><DisplayName>me</DisplayName></Owner>",
                "<Owner></Owner>",
            ]
        ),
        "class": st.sampled_from(["STANDARD", "GLACIER", "DEEP_ARCHIVE", "STANDARD_IA"]),
        "end": st.sampled_from(["", "", "<Type>Normal</Type>"]),
    }
)
fragments = st.sampled_from(
    [
        *("<", ">", "&", "&amp;", "&#10;", "\x01", "\r\n", "\n", " ", "%", "+", "é", "]]>", '"'),
        *("<Contents>", "</Contents>", "<Contents/>", "<x/>", "<!--", "-->", "<?x ?>", "<?x", "?>"),
        *("<CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes>", "<Key>", "</Key>", "<x>", "</x>"),
        *("<![CDATA[", "<KeyCount>9</KeyCount>", "<StorageClass>X</StorageClass>", "-1", "T", "."),
        *("&quot;", "</ListBucketResult>", "<IsTruncated>true</IsTruncated>", "<Size>7</Size>"),
        entry_xml(ENTRY),
    ]
)


@pytest.mark.parametrize(
    "key", ["/" * MAX_KEY_BYTES, "%C3%A9" * (MAX_KEY_BYTES // 2)], ids=["plain", "encoded"]
)
def test_the_longest_key_is_read(key: str) -> None:
    body = page_of(ENTRY, {**ENTRY, "key": key})

    assert len(parse_keys(body).keys[1].encode()) == MAX_KEY_BYTES
    assert outcome(parse_keys, body) == outcome(strictly, body)


@pytest.mark.parametrize(
    "change",
    [
        {"key": ""},
        {"size": "-1"},
        {"size": "many"},
        {"key": "a\x01b"},
        {"key": "a&b"},
        {"key": "a" * (MAX_KEY_BYTES + 1)},
        {"key": "%C3%A9" * (MAX_KEY_BYTES // 2 + 1)},
        {"key": "/" * 1_000_000},
    ],
    ids=lambda change: str(change)[:30],
)
def test_one_invalid_entry_refuses_the_page(change: Entry) -> None:
    with pytest.raises(UnavailableError) as caught:
        parse_keys(page_of(ENTRY, {**ENTRY, **change}, ENTRY))

    assert caught.value.reference == "bad-listing"


@pytest.mark.parametrize(
    "modified",
    [
        *("0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.000Z", "1969-12-31T23:00:00.000Z"),
        *("2026-02-30T00:00:00.000Z", "2026-11-20T24:61:00.000Z", "soon", ":2026-11-20T00:00:00Z"),
    ],
)
def test_a_time_that_says_nothing_is_unknown(modified: str) -> None:
    body = page_of(ENTRY, {**ENTRY, "modified": modified})

    assert list(parse_keys(body).modified_s)[1] == UNKNOWN_S
    assert strictly(body).modified_s[1] == UNKNOWN_S


@pytest.mark.parametrize("written", ["&#x7;", "&#7;", "&#x07;", "\x07"])
def test_a_key_with_a_control_character_is_read_without_encoding_too(written: str) -> None:
    head = HEAD.replace("<EncodingType>url</EncodingType>", "")
    body = page_of(ENTRY, {**ENTRY, "key": f"bell{written}&amp;&#10;\U000f1007big"}, head=head)

    assert parse_keys(body).keys[1] == "bell\x07&\n\U000f1007big"


def test_a_key_with_a_stand_in_of_its_own_is_not_changed() -> None:
    head = HEAD.replace("<EncodingType>url</EncodingType>", "")
    body = page_of(ENTRY, {**ENTRY, "key": "\U000f0007"}, head=head)

    assert parse_keys(body).keys[1] == "\U000f0007"
    with pytest.raises(UnavailableError):
        parse_keys(page_of(ENTRY, {**ENTRY, "key": "&#x7;\U000f0007"}, head=head))


def test_a_page_that_announces_more_than_it_has_is_refused() -> None:
    body = page_of(ENTRY, head=HEAD + "<KeyCount>2</KeyCount>")

    with pytest.raises(UnavailableError, match="announces 2 keys and has 1"):
        parse_keys(body)
    with pytest.raises(UnavailableError, match="announces 2 keys and has 1"):
        strictly(body)


@given(st.integers(0, len(page_of(ENTRY, ENTRY, ENTRY)) - 1))
def test_a_page_cut_anywhere_is_refused(length: int) -> None:
    with pytest.raises(UnavailableError):
        parse_keys(page_of(ENTRY, ENTRY, ENTRY)[:length])


@pytest.mark.parametrize("quote_mark", ["&quot;", "&#34;", '"'])
@pytest.mark.parametrize("owner", ["", "<Owner><ID>1</ID></Owner>"])
def test_pages_of_the_usual_servers_need_no_strict_parser(quote_mark: str, owner: str) -> None:
    usual = {**ENTRY, "quote": quote_mark, "owner": owner}
    body = page_of(usual, {**usual, "checksum": ""}, usual)

    page = fast_or_none(body)

    assert page == strictly(body)
    assert page is not None
    assert page.keys[0] == "logs/a+b/ к"
    assert page.modified_s[0] == 1795202342


@pytest.mark.parametrize(
    "other", [ENTRY, {**ENTRY, "checksum": ""}, {**ENTRY, "checksum": "SHA256"}]
)
def test_facts_of_a_usual_page_with_folders_need_no_strict_parser(other: Entry) -> None:
    folder = "<CommonPrefixes><Prefix>a%2Fb/</Prefix></CommonPrefixes>"
    body = page_of(ENTRY, other, ENTRY).replace(TAIL.encode(), (folder + TAIL).encode())

    with strict_parser_refused():
        page = listing.parse_objects(body)

    assert page == parse_page(body)
    assert page.prefixes == ("a/b/",)


def test_parts_of_seconds_are_kept() -> None:
    body = page_of(ENTRY, {**ENTRY, "modified": "2026-11-20T19:19:02.345Z"})

    page = listing.parse_objects(body)

    assert page == parse_page(body)
    assert page.objects[1].modified_at == datetime(2026, 11, 20, 19, 19, 2, 345_000, tzinfo=UTC)


def test_classes_are_few_texts() -> None:
    page = parse_keys(page_of(ENTRY, {**ENTRY, "class": "STANDARD_IA"}, ENTRY))

    assert page.classes == ["GLACIER", "STANDARD_IA", "GLACIER"]
    assert page.classes[0] is page.classes[2]


@pytest.mark.parametrize(
    "hidden",
    [
        "<CommonPrefixes>{}</CommonPrefixes>",
        "<x><y>{}</y></x>",
        "<?hidden {} ?>",
        "<!-- {} -->",
        "<![CDATA[{}]]>",
        "<x a='{}'/>",
    ],
)
def test_entries_hidden_where_entries_do_not_belong_are_not_counted(hidden: str) -> None:
    body = (HEAD + hidden.format(entry_xml(ENTRY) * 2) + TAIL).encode()

    assert fast_or_none_or_refused(body) in (None, "refused")
    assert outcome(parse_keys, body) == outcome(strictly, body)
    assert outcome(listing.parse_objects, body) == outcome(parse_page, body)


def fast_or_none_or_refused(body: bytes) -> KeyPage | str | None:
    try:
        return fast_or_none(body)
    except UnavailableError:
        return "refused"


@given(st.lists(entries, max_size=8))
@settings(max_examples=150)
def test_good_pages_read_as_the_strict_parser_and_botocore_read_them(found: list[Entry]) -> None:
    body = page_of(*found)

    page = parse_keys(body)

    assert page == strictly(body)
    # botocore drops bytes that are not text; s3nav must keep them to find the object again.
    as_text = [
        key.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for key in page.keys
    ]
    assert replace(page, keys=as_text) == by_botocore(body)
    assert listing.parse_objects(body) == parse_page(body)


@given(
    st.lists(entries, min_size=1, max_size=4),
    st.lists(
        st.tuples(st.integers(0, 4000), st.integers(0, 12), fragments | st.just("")), max_size=3
    ),
)
@settings(max_examples=400)
def test_damaged_pages_are_read_or_refused_as_the_strict_parser_does(
    found: list[Entry], damages: list[tuple[int, int, str]]
) -> None:
    text = page_of(*found).decode()
    for at, length, instead in damages:
        place = at % (len(text) + 1)
        text = text[:place] + instead + text[place + length :]
    body = text.encode()

    assert outcome(parse_keys, body) == outcome(strictly, body)
    assert outcome(listing.parse_objects, body) == outcome(parse_page, body)
