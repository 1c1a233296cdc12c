"""The S3 that settings lead to is named as requests find it, without sending one."""

from pathlib import Path

import pytest

from s3nav.aws import connection_of
from s3nav.model.errors import UsageError
from s3nav.persistence import Directories
from s3nav.settings import Settings

OTHER = "http://minio.example:9000"


def profile_file(aws_home: Path, text: str) -> None:
    (aws_home / "config").write_text(text)


@pytest.mark.parametrize("url", [OTHER, f"{OTHER}/", "http://MINIO.example:9000"])
def test_an_endpoint_is_named_in_one_way(url: str, directories: Directories) -> None:
    found = connection_of(Settings(endpoint_url=url, region="r"), directories, {})

    assert (found.endpoint, found.s3, found.region) == (OTHER, OTHER, "r")


def test_the_endpoint_of_the_environment_is_recorded(directories: Directories) -> None:
    found = connection_of(Settings(), directories, {"AWS_ENDPOINT_URL": OTHER})

    assert found.s3 == OTHER


def test_the_endpoint_of_a_profile_is_recorded(aws_home: Path, directories: Directories) -> None:
    profile_file(aws_home, f"[profile lab]\nendpoint_url = {OTHER}\nregion = eu-west-1\n")

    found = connection_of(Settings(profile="lab"), directories, {})

    assert (found.s3, found.profile, found.region) == (OTHER, "lab", "eu-west-1")


def test_a_profile_of_the_environment_is_recorded(aws_home: Path, directories: Directories) -> None:
    profile_file(aws_home, f"[profile lab]\nendpoint_url = {OTHER}\n")

    found = connection_of(Settings(), directories, {"AWS_PROFILE": "lab"})

    assert (found.s3, found.profile) == (OTHER, "lab")


def test_given_keys_have_no_profile_and_are_not_recorded(directories: Directories) -> None:
    given = Settings(profile="lab", access_key="AKIA", secret_key="secret", session_token="token")

    found = repr(connection_of(given, directories, {}))

    assert not any(word in found for word in ("lab", "AKIA", "secret", "token"))


def test_the_region_decides_the_partition(aws_home: Path, directories: Directories) -> None:
    profile_file(aws_home, "[profile china]\nregion = cn-north-1\n")

    assert connection_of(Settings(profile="china"), directories, {}).s3 == "aws-cn"


def test_an_endpoint_that_is_no_url_is_refused(directories: Directories) -> None:
    with pytest.raises(UsageError):
        connection_of(Settings(endpoint_url="nonsense"), directories, {})
