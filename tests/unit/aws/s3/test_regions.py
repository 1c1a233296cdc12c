"""Requests go to the bucket's own endpoint, in the style it understands."""

from pathlib import Path

import pytest

from s3nav.aws.credentials.provider_chain import find_login
from s3nav.aws.s3.endpoint_settings import BucketEndpoints
from s3nav.model.errors import UsageError
from s3nav.persistence import Directories
from s3nav.settings import Settings

KEYS = {"access_key": "A", "secret_key": "S"}


def places(directories: Directories, settings: Settings) -> BucketEndpoints:
    return BucketEndpoints(settings, find_login(settings, directories))


@pytest.mark.parametrize("bucket", ["", "..", "a/b", "a b", "a\nb", "-x", "x" * 300])
def test_an_invalid_name_is_refused(bucket: str, directories: Directories) -> None:
    with pytest.raises(UsageError):
        places(directories, Settings(anonymous=True)).of(bucket)


@pytest.mark.parametrize("region", ["", "a.b", "evil.example/", "a" * 65])
def test_an_invalid_region_is_not_learnt(region: str, directories: Directories) -> None:
    known = places(directories, Settings(anonymous=True))

    assert known.learn("bucket", region) is False
    assert known.of("bucket").region == "us-east-1"


def test_a_directory_bucket_is_refused(directories: Directories) -> None:
    with pytest.raises(UsageError):
        places(directories, Settings(anonymous=True)).of("b--use1-az4--x-s3")


def test_an_access_point_elsewhere_is_refused(directories: Directories) -> None:
    settings = Settings(anonymous=True, endpoint_url="http://127.0.0.1:1")

    with pytest.raises(UsageError):
        places(directories, settings).of("arn:aws:s3:eu-west-1:123:accesspoint/mine")


@pytest.mark.parametrize(
    ("bucket", "region", "host", "path_start"),
    [
        ("plain", "us-east-1", "plain.s3.us-east-1.amazonaws.com", ""),
        ("plain", "eu-central-1", "plain.s3.eu-central-1.amazonaws.com", ""),
        ("plain", "cn-north-1", "plain.s3.cn-north-1.amazonaws.com.cn", ""),
        ("plain", "zz-new-9", "plain.s3.zz-new-9.amazonaws.com", ""),
        ("dotted.name", "eu-west-1", "s3.eu-west-1.amazonaws.com", "/dotted.name"),
        ("Upper", "us-east-1", "s3.us-east-1.amazonaws.com", "/Upper"),
        (
            "arn:aws:s3:eu-west-1:123:accesspoint/mine",
            "eu-west-1",
            "mine-123.s3-accesspoint.eu-west-1.amazonaws.com",
            "",
        ),
    ],
)
def test_a_bucket_of_aws_is_reached_in_its_region(
    bucket: str, region: str, host: str, path_start: str, directories: Directories
) -> None:
    place = places(directories, Settings(anonymous=True, region=region)).of(bucket)

    assert (place.endpoint.url, place.path_start) == (f"https://{host}", path_start)
    assert place.region == region


def test_a_region_learnt_is_used_from_then_on(directories: Directories) -> None:
    known = places(directories, Settings(anonymous=True))

    assert known.learn("bucket", "eu-west-1") is True
    assert known.learn("bucket", "eu-west-1") is False
    assert known.of("bucket").endpoint.host == "bucket.s3.eu-west-1.amazonaws.com"
    assert known.known_region("bucket") == "eu-west-1"
    assert known.known_region("other") is None


@pytest.mark.parametrize(
    ("path_style", "url", "path_start"),
    [
        (None, "https://s3.example:9000/base", "/base/bucket"),
        (True, "https://s3.example:9000/base", "/base/bucket"),
        (False, "https://bucket.s3.example:9000/base", "/base"),
    ],
)
def test_another_endpoint_takes_the_bucket_in_the_path(
    path_style: bool | None, url: str, path_start: str, directories: Directories
) -> None:
    settings = Settings(
        anonymous=True, endpoint_url="https://s3.example:9000/base", path_style=path_style
    )

    place = places(directories, settings).of("bucket")

    assert (place.endpoint.url, place.path_start) == (url, path_start)


def test_an_endpoint_is_taken_from_the_environment(
    directories: Directories, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://all:1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://s3:1")

    place = places(directories, Settings(anonymous=True)).of("bucket")

    assert place.endpoint.url == "http://s3:1"


def test_an_endpoint_is_taken_from_the_profile(directories: Directories, aws_home: Path) -> None:
    (aws_home / "config").write_text(
        "[profile a]\nendpoint_url=http://all:1\naws_access_key_id=A\naws_secret_access_key=S\n"
        "[profile b]\nservices=local\naws_access_key_id=A\naws_secret_access_key=S\n"
        "[services local]\ns3 =\n  endpoint_url = http://s3:1\n"
    )

    found = [places(directories, Settings(profile=name)).of("bucket").endpoint.url for name in "ab"]

    assert found == ["http://all:1", "http://s3:1"]
