"""Variables that are set to nothing, and the region in which a role is assumed."""

from pathlib import Path

import pytest

from s3nav.aws.credentials.provider_chain import Login, find_login
from s3nav.aws.s3.endpoint_settings import trust_of
from s3nav.persistence import Directories
from s3nav.settings import Settings
from tests.support.scripted_server import ScriptedServer, answer

ROLE = (
    b'<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>'
    b"<Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
    b"<SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>"
    b"<AssumedRoleUser><Arn>arn</Arn><AssumedRoleId>i</AssumedRoleId></AssumedRoleUser>"
    b"</AssumeRoleResult></AssumeRoleResponse>"
)


def write_profiles(aws_home: Path, more: str = "") -> None:
    """Profiles `default` and `other`; `more` fields keep them from being plain."""
    (aws_home / "credentials").write_text(
        "".join(
            f"[{name}]\naws_access_key_id = AKIA{name}\naws_secret_access_key = s\n"
            for name in ("default", "other")
        )
    )
    (aws_home / "config").write_text(
        f"[default]\nregion = eu-west-1\n{more}[profile other]\n{more}"
    )


def access_key(login: Login) -> str:
    keys = login.freeze()
    return keys.access_key if keys else ""


@pytest.mark.parametrize("more", ["", "max_attempts = 3\n"], ids=["plain", "by botocore"])
@pytest.mark.parametrize(
    ("variables", "found"),
    [
        ({"AWS_PROFILE": ""}, ("AKIAdefault", "eu-west-1")),
        ({"AWS_DEFAULT_PROFILE": ""}, ("AKIAdefault", "eu-west-1")),
        ({"AWS_DEFAULT_PROFILE": "", "AWS_PROFILE": "other"}, ("AKIAother", "us-east-1")),
        ({"AWS_DEFAULT_PROFILE": "other", "AWS_PROFILE": ""}, ("AKIAother", "us-east-1")),
        ({"AWS_DEFAULT_REGION": ""}, ("AKIAdefault", "eu-west-1")),
        ({"AWS_REGION": ""}, ("AKIAdefault", "eu-west-1")),
        ({"AWS_PROFILE": "other\n"}, ("AKIAother", "us-east-1")),
        ({"AWS_DEFAULT_PROFILE": " ", "AWS_PROFILE": "other "}, ("AKIAother", "us-east-1")),
        ({"AWS_PROFILE": "other", "AWS_DEFAULT_REGION": "eu-west-3\n"}, ("AKIAother", "eu-west-3")),
    ],
    ids=str,
)
def test_empty_variables_and_white_space_around_values_do_not_count(
    variables: dict[str, str],
    found: tuple[str, str],
    more: str,
    directories: Directories,
    aws_home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_profiles(aws_home, more)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    login = find_login(Settings(), directories)

    assert (access_key(login), login.region) == found
    login.open_session().get_scoped_config()  # botocore finds the profile too


def test_an_empty_variable_does_not_hide_the_certificates_of_the_profile(
    directories: Directories, aws_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_profiles(aws_home, "ca_bundle = /mine.pem\n")
    monkeypatch.setenv("AWS_CA_BUNDLE", "")

    assert trust_of(Settings(), find_login(Settings(), directories)).ca_bundle == "/mine.pem"


@pytest.mark.parametrize(
    ("region", "variables", "asked"),
    [
        ("eu-west-3", {"AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-3"),
        (None, {"AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-2"),
        (None, {"AWS_REGION": "eu-west-2"}, "eu-west-2"),
        (None, {"AWS_DEFAULT_REGION": "", "AWS_REGION": "eu-west-2\n"}, "eu-west-2"),
        (None, {}, "us-east-1"),
    ],
    ids=str,
)
def test_a_role_is_assumed_in_the_region_of_the_settings(
    region: str | None,
    variables: dict[str, str],
    asked: str,
    directories: Directories,
    aws_home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (aws_home / "credentials").write_text(
        "[default]\naws_access_key_id = AKIATEST\naws_secret_access_key = s\n"
        "[ops]\nrole_arn = arn:aws:iam::123456789012:role/ops\nsource_profile = default\n"
    )
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with ScriptedServer([answer(ROLE)]) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.url)
        login = find_login(Settings(profile="ops", region=region), directories)

        assert access_key(login) == "ASIAROLE"

    assert login.region == asked
    assert f"/{asked}/sts/aws4_request".encode() in server.requests[0]
