import importlib
import pkgutil
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

import s3nav
from s3nav.model.errors import EXIT_INTERRUPTED, RetryLaterError, S3NavError, UsageError
from s3nav.model.places import S3Uri, key_bytes, key_text
from s3nav.model.text.quantities import BYTES_PER_UNIT, parse_size
from s3nav.present.formatting.units import safe_text, size

BUCKETS = st.from_regex(r"[a-z0-9][a-z0-9.-]{1,20}[a-z0-9]", fullmatch=True)


@pytest.mark.parametrize("text", ["", "s3://", "s3:///key", "/key", "http://host/x", "gs://b"])
def test_text_without_a_bucket_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        S3Uri.parse(text)


ANY_KEY = st.text(st.characters(exclude_categories=[]), max_size=4)


@given(ANY_KEY, ANY_KEY)
def test_keys_sort_by_their_bytes_as_python_sorts_texts(one: str, other: str) -> None:
    assert (one < other) == (key_bytes(one) < key_bytes(other))
    assert key_text(key_bytes(one)) == one


@given(bucket=BUCKETS, key=st.text())
def test_a_place_is_read_as_it_is_written(bucket: str, key: str) -> None:
    place = S3Uri(bucket, key)

    assert S3Uri.parse(str(place)) == place


@given(bucket=BUCKETS)
def test_a_bare_name_is_a_bucket(bucket: str) -> None:
    assert S3Uri.parse(bucket) == S3Uri(bucket)


@given(st.text())
def test_any_text_is_a_place_or_a_usage_error(text: str) -> None:
    try:
        place = S3Uri.parse(text)
    except UsageError:
        return
    assert place.bucket


def test_an_access_point_is_a_bucket() -> None:
    arn = "arn:aws:s3:eu-west-1:111122223333:accesspoint/mine"

    assert S3Uri.parse(f"s3://{arn}/a/b") == S3Uri(arn, "a/b")


@pytest.mark.parametrize("text", ["", "big", "-1", "1 XB", "1e3", "1.2.3MB", "MB"])
def test_an_invalid_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_size(text)


@given(number=st.integers(0, 10**6), unit=st.sampled_from(sorted(BYTES_PER_UNIT)))
def test_sizes_are_exact(number: int, unit: str) -> None:
    assert parse_size(f"{number}{unit.lower()}") == number * BYTES_PER_UNIT[unit]
    assert parse_size(f" {number} {unit} ") == number * BYTES_PER_UNIT[unit]


@given(st.integers(0, 10**19))
def test_a_shown_size_is_near_the_size(size_bytes: int) -> None:
    for style in ("auto", "binary"):
        shown = size(size_bytes, style).replace(",", "")
        number, unit = shown.split()
        units = {**BYTES_PER_UNIT, "PB": 10**15, "EB": 10**18, "PIB": 1 << 50, "EIB": 1 << 60}
        assert abs(float(number) * units[unit.upper()] - size_bytes) <= 0.051 * units[unit.upper()]


@given(st.text(st.characters(exclude_categories=[])))
def test_safe_text_cannot_command_a_terminal_and_is_stable(text: str) -> None:
    shown = safe_text(text)

    assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
    assert safe_text(shown) == shown
    shown.encode()


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_safe_text_leaves_harmless_text_alone(text: str) -> None:
    assert safe_text(text) == text


def test_every_error_has_a_name_of_its_own_and_an_exit_code() -> None:
    for module in pkgutil.walk_packages(s3nav.__path__, "s3nav."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    kinds = list(_all_kinds(S3NavError))

    slugs = [kind.slug for kind in kinds]
    assert len(set(slugs)) == len(slugs)
    assert all(re.fullmatch(r"[a-z-]+", slug) for slug in slugs)
    spoken = {kind.exit_code for kind in kinds if kind.__module__ == S3NavError.__module__}
    assert spoken == {*range(2, 11), RetryLaterError.exit_code}
    assert {kind.exit_code for kind in kinds} <= spoken | {EXIT_INTERRUPTED}


def _all_kinds(kind: type[S3NavError]) -> list[type[S3NavError]]:
    return [each for sub in kind.__subclasses__() for each in (sub, *_all_kinds(sub))]
