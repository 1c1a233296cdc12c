"""The S3 that settings lead to is named as requests find it, without sending one."""

import json
from pathlib import Path

import pytest

from s3nav.aws import connected_as, connection_of
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


def test_a_profile_that_ignores_configured_endpoints_leads_to_aws(
    aws_home: Path, directories: Directories
) -> None:
    profile_file(aws_home, "[profile lab]\nignore_configured_endpoint_urls = true\n")

    found = connection_of(Settings(profile="lab"), directories, {"AWS_ENDPOINT_URL": OTHER})

    assert found.s3 == "aws"


def test_keys_of_the_own_store_ignore_the_profile_of_the_same_name(
    aws_home: Path, directories: Directories
) -> None:
    profile_file(aws_home, f"[profile lab]\nendpoint_url = {OTHER}\n")
    keys = {"aws_access_key_id": "AKIA", "aws_secret_access_key": "s", "region": "cn-north-1"}
    file = directories.credentials_file
    file.write_text(json.dumps({"aws_profiles": {"lab": keys}}))
    file.chmod(0o600)

    found = connection_of(Settings(profile="lab"), directories, {})

    assert (found.s3, found.profile) == ("aws-cn", "lab")
    of_files = Settings(profile="lab", use_aws_cli_creds=True)
    assert connection_of(of_files, directories, {}).s3 == OTHER


def test_a_recorded_connection_leads_back_to_itself(directories: Directories) -> None:
    settings = Settings(endpoint_url=OTHER, region="eu-x-1", profile="lab", path_style=True)
    recorded = connection_of(settings, directories, {})
    elsewhere = Settings(endpoint_url="http://127.0.0.1:1", access_key="A", secret_key="S")

    assert connection_of(connected_as(elsewhere, recorded), directories, {}) == recorded


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
