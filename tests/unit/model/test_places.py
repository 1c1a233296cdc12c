"""Any text is an S3 URI or a usage error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3nav.model.errors import UsageError
from s3nav.model.places import S3Uri, key_bytes, key_text

BUCKETS = st.from_regex(r"[a-z0-9][a-z0-9.-]{1,20}[a-z0-9]", fullmatch=True)


@pytest.mark.parametrize("text", ["", "s3://", "s3:///key", "/key", "http://host/x", "gs://b"])
def test_text_without_a_bucket_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        S3Uri.parse(text)


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


ANY_KEY = st.text(st.characters(exclude_categories=[]), max_size=4)


@given(ANY_KEY, ANY_KEY)
def test_keys_sort_by_their_bytes_as_python_sorts_texts(one: str, other: str) -> None:
    assert (one < other) == (key_bytes(one) < key_bytes(other))
    assert key_text(key_bytes(one)) == one
