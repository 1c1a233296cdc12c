"""The credentials asked for are found, or the error says exactly what to do."""

import json
from pathlib import Path

import pytest
from botocore.credentials import RefreshableCredentials

from s3nav.aws.credentials.provider_chain import Login, find_login
from s3nav.aws.http.signing import Keys
from s3nav.model.errors import CredentialsError, ExpiredCredentialsError
from s3nav.persistence import Directories
from s3nav.settings import Settings

EXAMPLE = {
    "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}


def write_own(directories: Directories, profiles: object, mode: int = 0o600) -> None:
    file = directories.credentials_file
    file.write_text(json.dumps({"aws_profiles": profiles}))
    file.chmod(mode)


def own(name: str) -> dict[str, str]:
    return {"aws_access_key_id": f"AKIA{name}", "aws_secret_access_key": f"secret-{name}"}


def write_aws(aws_home: Path, text: str) -> None:
    (aws_home / "credentials").write_text(text)


def aws_profile(name: str) -> str:
    return f"[{name}]\naws_access_key_id=AWS{name}\naws_secret_access_key=aws-{name}\n"


def access_key(login: Login) -> str:
    keys = login.freeze()
    return keys.access_key if keys else ""


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (Settings(access_key="A"), "--secret-key"),
        (Settings(secret_key="S"), "--access-key"),
        (Settings(session_token="T"), "--access-key"),
    ],
)
def test_half_given_keys_are_refused(
    settings: Settings, words: str, directories: Directories
) -> None:
    with pytest.raises(CredentialsError) as caught:
        find_login(settings, directories)

    assert caught.value.reference == "half-given"
    assert words in caught.value.remedy


def test_half_given_keys_in_the_environment_are_refused(
    directories: Directories, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "A")

    with pytest.raises(CredentialsError) as caught:
        find_login(Settings(), directories)

    assert "AWS_SECRET_ACCESS_KEY" in caught.value.remedy


def test_an_unknown_profile_names_the_nearest(directories: Directories, aws_home: Path) -> None:
    write_aws(aws_home, aws_profile("production"))

    with pytest.raises(CredentialsError) as caught:
        find_login(Settings(profile="prodction"), directories)

    assert caught.value.reference == "unknown-profile"
    assert "`production`" in caught.value.remedy


def test_the_error_for_no_credentials_names_all_ways_to_give_some(directories: Directories) -> None:
    with pytest.raises(CredentialsError) as caught:
        find_login(Settings(), directories)

    assert caught.value.reference == "no-credentials"
    for way in ("--profile", "AWS_ACCESS_KEY_ID", "--anonymous"):
        assert way in caught.value.remedy


def test_the_example_keys_of_the_own_store_are_refused_by_name(directories: Directories) -> None:
    write_own(directories, {"default": EXAMPLE})

    with pytest.raises(CredentialsError) as caught:
        find_login(Settings(profile="default"), directories)

    assert "example, not real" in caught.value.message


def test_an_own_store_others_may_read_is_refused(directories: Directories) -> None:
    write_own(directories, {"work": own("work")}, mode=0o644)

    with pytest.raises(CredentialsError) as caught:
        find_login(Settings(profile="work"), directories)

    assert caught.value.reference == "open-credentials"
    assert f"chmod 600 {directories.credentials_file}" in caught.value.remedy


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"aws_profiles": []}',
        '{"aws_profiles": {"a": 1}}',
        "\udcff",
        '{"aws_profiles": {"a": {"aws_access_key_id": 1}}}',
    ],
)
def test_an_invalid_own_store_is_refused_without_quoting_it(
    content: str, directories: Directories
) -> None:
    directories.credentials_file.write_text(content, errors="surrogateescape")
    directories.credentials_file.chmod(0o600)

    with pytest.raises(CredentialsError) as caught:
        find_login(Settings(profile="a"), directories)

    assert caught.value.reference == "bad-credentials-file"


def test_a_profile_without_keys_says_how_to_give_it_some(
    directories: Directories, aws_home: Path
) -> None:
    write_aws(aws_home, "[bare]\nregion=eu-west-1\n")

    with pytest.raises(CredentialsError) as caught:
        find_login(Settings(profile="bare"), directories)

    assert "aws configure --profile bare" in caught.value.remedy


def test_a_broken_config_file_is_a_credentials_error(
    directories: Directories, aws_home: Path
) -> None:
    write_aws(aws_home, "not = in a section\n")

    with pytest.raises(CredentialsError):
        find_login(Settings(profile="any"), directories)


@pytest.mark.parametrize("program", ["false", "/does/not/exist", "echo secret", "echo {}"])
def test_a_process_that_fails_names_its_profile(
    program: str, directories: Directories, aws_home: Path
) -> None:
    (aws_home / "config").write_text(f"[profile tool]\ncredential_process={program}\n")

    with pytest.raises(CredentialsError) as caught:
        find_login(Settings(profile="tool"), directories).freeze()

    assert "`tool`" in caught.value.message
    assert "secret" not in caught.value.message


def test_keys_typed_go_before_everything(
    directories: Directories, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "env")
    settings = Settings(
        access_key="A", secret_key="S", session_token="T", anonymous=True, profile="none"
    )

    login = find_login(settings, directories)

    assert login.freeze() == Keys(access_key="A", secret_key="S", token="T")


def test_anonymous_goes_before_a_profile(directories: Directories) -> None:
    assert find_login(Settings(anonymous=True, profile="none"), directories).freeze() is None


def test_the_profile_called_anonymous_signs_nothing(directories: Directories) -> None:
    assert find_login(Settings(profile="anonymous"), directories).freeze() is None


def test_the_own_store_goes_before_the_aws_files(directories: Directories, aws_home: Path) -> None:
    write_own(directories, {"work": {**own("OWN"), "region": "eu-west-3"}})
    write_aws(aws_home, aws_profile("work"))

    login = find_login(Settings(profile="work"), directories)

    assert (access_key(login), login.region) == ("AKIAOWN", "eu-west-3")


def test_the_own_store_is_skipped_on_request(directories: Directories, aws_home: Path) -> None:
    write_own(directories, {"work": own("OWN")})
    write_aws(aws_home, aws_profile("work"))

    login = find_login(Settings(profile="work", use_aws_cli_creds=True), directories)

    assert access_key(login) == "AWSwork"


def test_the_environment_goes_before_the_own_default(
    directories: Directories, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_own(directories, {"default": own("OWN")})
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "env")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")

    login = find_login(Settings(), directories)

    assert (access_key(login), login.region) == ("ENV", "eu-north-1")


def test_the_own_default_goes_before_that_of_the_aws_files(
    directories: Directories, aws_home: Path
) -> None:
    write_own(directories, {"default": own("OWN")})
    write_aws(aws_home, aws_profile("default"))

    assert access_key(find_login(Settings(), directories)) == "AKIAOWN"


def test_an_own_default_that_is_an_example_is_passed_over(
    directories: Directories, aws_home: Path
) -> None:
    write_own(directories, {"default": EXAMPLE})
    write_aws(aws_home, aws_profile("default"))

    assert access_key(find_login(Settings(), directories)) == "AWSdefault"


def test_a_profile_named_by_the_environment_goes_before_the_own_default(
    directories: Directories, aws_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_own(directories, {"default": own("OWN")})
    write_aws(aws_home, aws_profile("other"))
    monkeypatch.setenv("AWS_PROFILE", "other")

    assert access_key(find_login(Settings(), directories)) == "AWSother"


def test_a_credential_process_is_run_again_for_renewal(
    directories: Directories, aws_home: Path, tmp_path: Path
) -> None:
    count = tmp_path / "count"
    script = tmp_path / "tool.sh"
    script.write_text(
        f'#!/bin/sh\necho x >> {count}\nn=$(wc -l < {count} | tr -d " ")\n'
        'echo "{\\"Version\\":1,\\"AccessKeyId\\":\\"KEY$n\\",\\"SecretAccessKey\\":\\"s\\",'
        '\\"Expiration\\":\\"2020-01-01T00:00:00Z\\"}"\n'
    )
    script.chmod(0o700)
    (aws_home / "config").write_text(f"[profile tool]\ncredential_process={script}\n")

    login = find_login(Settings(profile="tool"), directories)

    assert isinstance(login.credentials, RefreshableCredentials)
    with pytest.raises(ExpiredCredentialsError):
        # Keys that are expired when they come are asked for anew, and refused when no better.
        login.freeze()
    assert len(count.read_text().split()) >= 2
