"""Any text is an S3 URI or a usage error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3nav.model.errors import UsageError
from s3nav.model.places import S3Connection, S3Uri, key_bytes, key_text

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


@pytest.mark.parametrize(
    ("endpoint", "region", "s3"),
    [
        ("", "", "aws"),
        ("", "eu-central-1", "aws"),
        ("", "cn-north-1", "aws-cn"),
        ("", "us-gov-west-1", "aws-us-gov"),
        ("https://s3.eu-west-1.amazonaws.com", "", "aws"),
        ("https://s3-fips.dualstack.us-gov-west-1.amazonaws.com", "", "aws-us-gov"),
        ("https://s3.cn-north-1.amazonaws.com.cn", "", "aws-cn"),
        ("https://bucket.vpce-1a2b.s3.us-east-1.vpce.amazonaws.com", "", "aws"),
        ("https://s3.amazonaws.com.example", "", "https://s3.amazonaws.com.example"),
        ("https://s3.notamazonaws.com", "", "https://s3.notamazonaws.com"),
        ("http://127.0.0.1:9000", "cn-north-1", "http://127.0.0.1:9000"),
        ("demo", "", "demo"),
    ],
)
def test_an_s3_is_a_partition_of_aws_or_an_endpoint(endpoint: str, region: str, s3: str) -> None:
    assert S3Connection(endpoint=endpoint, region=region).s3 == s3


def test_regions_and_profiles_of_one_s3_may_differ() -> None:
    here = S3Connection(region="eu-west-1", profile="a")

    assert here.same_s3(S3Connection(region="us-east-1", profile="b"))
    assert here.same_s3(None)
    assert not here.same_s3(S3Connection(endpoint="http://127.0.0.1:9000"))
