"""Objects as facts, and pages of them as columns."""

from datetime import UTC, datetime, timedelta, timezone

from s3nav.model.objects import UNKNOWN_S, ByteRange, KeyPage, ListingPage, ObjectFact, seconds_of

MOMENT = datetime(2026, 11, 19, 8, 12, 30, 900_000, tzinfo=UTC)


def test_seconds_are_whole_and_utc() -> None:
    assert seconds_of(MOMENT) == int(MOMENT.timestamp())
    assert seconds_of(MOMENT.astimezone(timezone(timedelta(hours=-5)))) == seconds_of(MOMENT)
    assert seconds_of(None) == UNKNOWN_S


def page() -> KeyPage:
    facts = tuple(
        ObjectFact(key=key, size_bytes=size, etag=f"e{key}", storage_class="GLACIER")
        for key, size in (("a", 1), ("b", 2), ("c", 3))
    )
    return KeyPage.of(ListingPage(objects=facts, next_token="t"))


def test_a_page_becomes_columns() -> None:
    columns = page()

    assert (columns.keys, list(columns.sizes)) == (["a", "b", "c"], [1, 2, 3])
    assert (columns.etags, columns.classes) == (["ea", "eb", "ec"], ["GLACIER"] * 3)
    assert list(columns.modified_s) == [UNKNOWN_S] * 3
    assert columns.next_token == "t"


def test_a_clipped_page_keeps_its_token_and_loses_its_digest() -> None:
    columns = page()
    columns = KeyPage(
        keys=columns.keys,
        sizes=columns.sizes,
        modified_s=columns.modified_s,
        etags=columns.etags,
        classes=columns.classes,
        next_token="t",
        digest="whole page",
    )

    part = columns.clipped(1, 3)

    assert (part.keys, list(part.sizes), part.next_token, part.digest) == (
        ["b", "c"],
        [2, 3],
        "t",
        None,
    )


def test_a_byte_range_excludes_its_end() -> None:
    assert ByteRange(start=10, stop=15).length_bytes == 5
