"""White space in credentials and regions: around them it is left out, within them it is named."""

import json
import sys
from pathlib import Path

import pytest

from s3nav.aws.credentials.profile_list import list_profiles
from s3nav.aws.credentials.provider_chain import find_login
from s3nav.aws.http.signing import Keys
from s3nav.aws.s3.endpoint_settings import BucketEndpoints
from s3nav.model.errors import CredentialsError, UsageError
from s3nav.persistence import Directories
from s3nav.settings import Settings, load_settings

GOOD = {
    "AWS_ACCESS_KEY_ID": "AKIATEST",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_SESSION_TOKEN": "token",
}
INJECTION = "AKIATEST\r\nx-injected: yes\r\nx: "
LATER = "2999-01-01T00:00:00Z"


def write_process(aws_home: Path, keys: dict[str, object]) -> None:
    program = aws_home / "keys.py"
    program.write_text(f"print({json.dumps({'Version': 1, **keys})!r})")
    (aws_home / "config").write_text(
        f"[profile made]\ncredential_process = '{sys.executable}' '{program}'\n"
    )


@pytest.mark.parametrize("variable", GOOD)
@pytest.mark.parametrize("others", [{}, {"AWS_PROFILE": "a"}, {"AWS_CREDENTIAL_EXPIRATION": ""}])
def test_white_space_around_keys_of_the_environment_is_left_out(
    variable: str,
    others: dict[str, str],
    directories: Directories,
    aws_home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (aws_home / "config").write_text("[profile a]\nregion = eu-west-1\n")
    for name, value in {**GOOD, **others, variable: f" {GOOD[variable]}\r\n"}.items():
        monkeypatch.setenv(name, value)

    login = find_login(Settings(), directories)

    assert login.freeze() == Keys(access_key="AKIATEST", secret_key="secret", token="token")
    credentials = login.open_session().get_credentials()
    assert credentials is not None
    assert (credentials.access_key, credentials.token) == ("AKIATEST", "token")


@pytest.mark.parametrize("field", ["access_key", "secret_key", "session_token"])
def test_white_space_around_given_keys_is_left_out(field: str, directories: Directories) -> None:
    keys = {"access_key": "AKIATEST", "secret_key": "secret", "session_token": "token"}
    loaded = load_settings(
        file=None,
        must_exist=False,
        environment={f"S3NAV_{name.upper()}": value for name, value in keys.items()},
        flags={field: f"{keys[field]}\n"},
    )

    login = find_login(loaded.settings, directories)

    assert login.freeze() == Keys(access_key="AKIATEST", secret_key="secret", token="token")


@pytest.mark.parametrize("variable", ["AWS_DEFAULT_REGION", "AWS_REGION", "S3NAV_REGION"])
def test_white_space_around_a_region_is_left_out(
    variable: str, directories: Directories, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "eu-west-1\n")
    environment = {variable: "eu-west-1\n"}
    loaded = load_settings(file=None, must_exist=False, environment=environment, flags={})
    settings = Settings(region=loaded.settings.region, anonymous=True)

    assert find_login(settings, directories).region == "eu-west-1"


@pytest.mark.parametrize("variable", GOOD)
def test_white_space_within_keys_of_the_environment_is_named(
    variable: str, directories: Directories, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**GOOD, variable: INJECTION}.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(CredentialsError, match="white space"):
        find_login(Settings(), directories)


def test_a_key_over_several_lines_of_a_file_is_named(
    directories: Directories, aws_home: Path
) -> None:
    (aws_home / "credentials").write_text(
        "[a]\naws_access_key_id = AKIATEST\n  x-injected: yes\naws_secret_access_key = secret\n"
    )

    with pytest.raises(CredentialsError, match="white space"):
        find_login(Settings(profile="a"), directories)

    listed = list_profiles(Settings(), directories, {})
    assert "white space" in next(fact.problem for fact in listed if fact.name == "a")


def test_a_key_with_a_line_break_in_the_own_store_is_named(directories: Directories) -> None:
    keys = {"aws_access_key_id": INJECTION, "aws_secret_access_key": "secret"}
    directories.credentials_file.write_text(json.dumps({"aws_profiles": {"a": keys}}))
    directories.credentials_file.chmod(0o600)

    with pytest.raises(CredentialsError, match="white space"):
        find_login(Settings(profile="a"), directories)


@pytest.mark.parametrize("expiry", [{}, {"Expiration": LATER}], ids=["fixed", "renewed"])
def test_a_key_of_a_program_with_a_line_break_is_named(
    expiry: dict[str, object], directories: Directories, aws_home: Path
) -> None:
    write_process(aws_home, {"AccessKeyId": INJECTION, "SecretAccessKey": "secret", **expiry})

    with pytest.raises(CredentialsError, match="white space"):
        find_login(Settings(profile="made"), directories).freeze()


def test_a_region_of_a_profile_with_a_line_break_reaches_no_server(
    directories: Directories, aws_home: Path
) -> None:
    (aws_home / "config").write_text("[profile a]\nregion = eu-west-1\n  x-injected: yes\n")
    (aws_home / "credentials").write_text("[a]\naws_access_key_id=A\naws_secret_access_key=S\n")
    settings = Settings(endpoint_url="http://127.0.0.1:1", profile="a")
    login = find_login(settings, directories)

    with pytest.raises(UsageError, match="white space"):
        BucketEndpoints(settings, login).of("bucket")
