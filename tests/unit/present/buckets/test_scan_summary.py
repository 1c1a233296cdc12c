"""The cockpit's summary of a scan: what is missing comes with every number."""

from msgspec.structs import replace

from s3nav.browse import BandTotal, ObjectTotal, PrefixTotal, ScanState
from s3nav.model.places import S3Uri
from s3nav.present.buckets import scan_summary
from s3nav.present.formatting import ASCII, UNICODE
from tests.support.scan_records import COMPLETE, NOW, PARTIAL, STARTED

KIB = 1024
DAY_S = 86_400


def test_the_status_of_an_incomplete_scan_names_its_reason_and_what_is_denied() -> None:
    assert scan_summary.scan_status(PARTIAL, NOW, UNICODE, "auto") == [
        ("≥ 12,345 objects · ≥ 2.5 GB · ", "dim"),
        ("covers about 41 % · 3 h", "warn"),
        (" · access denied", "warn"),
        (" · 1 part denied", "bad"),
    ]


def test_without_the_sign_the_status_has_its_ascii_form() -> None:
    ((text, _), *_) = scan_summary.scan_status(PARTIAL, NOW, ASCII, "auto")

    assert text == ">= 12,345 objects · >= 2.5 GB · "


def test_a_running_scan_says_so_and_not_why_it_ended() -> None:
    running = replace(PARTIAL, state=ScanState.RUNNING)

    texts = [text for text, _ in scan_summary.scan_status(running, NOW, UNICODE, "auto")]

    assert " · counting…" in texts
    assert " · access denied" not in texts


def test_a_complete_scan_is_good() -> None:
    assert scan_summary.scan_status(COMPLETE, NOW, UNICODE, "auto") == [
        ("12,345 objects · 2.5 GB · ", "dim"),
        ("covers all · 3 h", "good"),
    ]


def test_facts_without_objects_have_no_bars() -> None:
    empty = replace(COMPLETE, by_class={}, by_size=(), by_age=(), largest=())

    assert scan_summary.scan_facts(empty, ASCII, "auto") == []


def test_facts_have_a_bar_for_each_class_and_band_with_objects() -> None:
    record = replace(
        COMPLETE,
        by_size=(
            BandTotal(start=0, stop=1, objects=1, size_bytes=0),
            BandTotal(start=1, stop=128 * KIB, objects=0, size_bytes=0),
            BandTotal(start=128 * KIB, stop=None, objects=2, size_bytes=2_500_000_000),
        ),
        by_age=(
            BandTotal(start=0, stop=7 * DAY_S, objects=1, size_bytes=0),
            BandTotal(start=730 * DAY_S, stop=None, objects=2, size_bytes=2_500_000_000),
        ),
    )

    facts = scan_summary.scan_facts(record, ASCII, "auto")

    assert [name for name, _ in facts if name] == [
        *("by class", " STANDARD", " GLACIER"),
        *("by size", " empty", " 128 KiB +"),
        *("by age", " under 7 d", " 730 d and more"),
    ]
    bars = dict(facts)
    assert bars[" STANDARD"].split()[-3:] == ["%", "2.0", "GB"]
    assert "80" in bars[" STANDARD"]


def test_the_end_of_a_long_key_is_shown() -> None:
    key = "a/very/long/prefix/of/many/levels/name.tar"
    record = replace(COMPLETE, by_class={}, largest=(ObjectTotal(key=key, size_bytes=5_000),))

    assert scan_summary.scan_facts(record, ASCII, "auto") == [
        ("largest", ""),
        ("5.0 KB", "…/of/many/levels/name.tar"),
    ]


def total(objects: int) -> PrefixTotal:
    return PrefixTotal(
        prefix="a/", objects=objects, size_bytes=1_000, newest_at=None, oldest_at=None
    )


def test_a_selection_of_an_incomplete_scan_is_a_lower_bound_with_its_age() -> None:
    words = scan_summary.scan_selection_words([total(1)], PARTIAL, NOW, "auto")

    assert words == "1 prefix · at least 1 object · 1.0 KB, counted 3 h ago"


def test_a_selection_that_was_just_counted_has_no_age() -> None:
    words = scan_summary.scan_selection_words([total(1), total(2)], COMPLETE, STARTED, "auto")

    assert words == "2 prefixes · 3 objects · 2.0 KB"


def test_a_count_that_takes_long_says_how_long() -> None:
    place = S3Uri("roads", "lo\x1bgs/")

    assert scan_summary.counting_notice(place, 0).title == "counting…"
    assert scan_summary.counting_notice(place, 12).title == "counting… 12 s"
    assert scan_summary.counting_notice(place, 0).lines == ("s3://roads/lo\\x1bgs/",)
