"""Every profile is listed with its kind, and with what is wrong with it."""

import json
from pathlib import Path

import pytest

from s3nav.aws import ProfileFact, list_profiles
from s3nav.persistence import Directories
from s3nav.settings import Settings

CONFIG = """
[default]
region = eu-west-1
[profile role]
role_arn = arn:aws:iam::1:role/x
source_profile = static
[profile lost-role]
role_arn = arn:aws:iam::1:role/x
source_profile = nowhere
[profile bare-role]
role_arn = arn:aws:iam::1:role/x
[profile web]
role_arn = arn:aws:iam::1:role/x
web_identity_token_file = /token
[profile sso]
sso_session = corp
sso_account_id = 1
sso_role_name = r
[profile lost-sso]
sso_session = none
[profile old-sso]
sso_start_url = https://x
[profile tool]
credential_process = /bin/false
[sso-session corp]
sso_start_url = https://x
sso_region = eu-west-1
"""
CREDENTIALS = """
[static]
aws_access_key_id = A
aws_secret_access_key = S
[half]
aws_access_key_id = A
[example]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
"""


def listed(
    directories: Directories,
    environment: dict[str, str] | None = None,
    settings: Settings | None = None,
) -> dict[tuple[str, str], ProfileFact]:
    facts = list_profiles(settings or Settings(), directories, environment or {})
    return {(fact.name, fact.source): fact for fact in facts}


def write_own(directories: Directories, content: str, mode: int = 0o600) -> None:
    directories.credentials_file.write_text(content)
    directories.credentials_file.chmod(mode)


def test_an_open_own_store_is_a_problem_and_not_an_end(directories: Directories) -> None:
    write_own(directories, "{}", mode=0o640)

    fact = listed(directories)[(".cred.json", "s3nav store")]

    assert "chmod 600" in fact.problem


def test_a_broken_aws_file_is_a_problem_and_not_an_end(
    directories: Directories, aws_home: Path
) -> None:
    (aws_home / "config").write_text("broken\n")

    facts = listed(directories)

    assert "config" in facts[("~/.aws", "~/.aws/config")].problem
    assert ("anonymous", "anonymous") in facts


def test_keys_given_with_flags_are_a_profile_of_their_own(directories: Directories) -> None:
    settings = Settings(access_key="A", secret_key="S", region="eu-west-1")

    fact = listed(directories, settings=settings)[("given keys", "settings")]

    assert (fact.kind, fact.region, fact.problem) == ("static", "eu-west-1", "")


def test_without_any_file_there_is_anonymous(directories: Directories) -> None:
    assert list(listed(directories)) == [("anonymous", "anonymous")]


@pytest.mark.parametrize(
    ("name", "kind", "problem"),
    [
        ("default", "static", "has no credentials"),
        ("static", "static", ""),
        ("half", "static", "needs"),
        ("example", "static", "example, not real"),
        ("role", "assume-role", ""),
        ("lost-role", "assume-role", "`nowhere`"),
        ("bare-role", "assume-role", "needs"),
        ("web", "web-identity", ""),
        ("sso", "sso", ""),
        ("lost-sso", "sso", "`none`"),
        ("old-sso", "sso", "needs"),
        ("tool", "process", ""),
    ],
)
def test_profiles_of_the_aws_files_have_a_kind_and_a_problem(
    name: str, kind: str, problem: str, directories: Directories, aws_home: Path
) -> None:
    (aws_home / "config").write_text(CONFIG)
    (aws_home / "credentials").write_text(CREDENTIALS)

    (fact,) = [fact for (known, _), fact in listed(directories).items() if known == name]

    assert fact.kind == kind
    assert problem in fact.problem
    assert bool(fact.problem) is bool(problem)


def test_a_profile_of_the_aws_files_says_where_it_stands(
    directories: Directories, aws_home: Path
) -> None:
    (aws_home / "config").write_text(CONFIG)
    (aws_home / "credentials").write_text(CREDENTIALS)

    facts = listed(directories)

    assert ("static", "~/.aws/credentials") in facts
    assert facts[("default", "~/.aws/config")].region == "eu-west-1"


def test_a_profile_hidden_by_the_own_store_says_so(
    directories: Directories, aws_home: Path
) -> None:
    keys = {"aws_access_key_id": "A", "aws_secret_access_key": "S", "region": "eu-west-3"}
    write_own(directories, json.dumps({"aws_profiles": {"static": keys}}))
    (aws_home / "credentials").write_text(CREDENTIALS)

    facts = listed(directories)

    assert facts[("static", "s3nav store")].region == "eu-west-3"
    assert "hidden" in facts[("static", "~/.aws/credentials")].problem
    relaxed = listed(directories, settings=Settings(use_aws_cli_creds=True))
    assert relaxed[("static", "~/.aws/credentials")].problem == ""


@pytest.mark.parametrize(
    ("environment", "name", "kind", "problem"),
    [
        ({"AWS_ACCESS_KEY_ID": "A"}, "environment", "static", "needs"),
        (
            {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "S"},
            "environment",
            "static",
            "example",
        ),
        ({"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S"}, "environment", "static", ""),
        (
            {"AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "AWS_ROLE_ARN": "r"},
            "environment",
            "web-identity",
            "",
        ),
        ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://x"}, "container", "container", ""),
    ],
)
def test_the_environment_is_a_profile_too(
    environment: dict[str, str], name: str, kind: str, problem: str, directories: Directories
) -> None:
    fact = listed(directories, environment)[(name, "environment")]

    assert fact.kind == kind
    assert problem in fact.problem
    assert bool(fact.problem) is bool(problem)
