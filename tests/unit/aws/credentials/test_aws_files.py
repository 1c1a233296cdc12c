"""What is read of ``~/.aws`` without botocore is what botocore reads; the rest is left to it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError
from botocore.session import Session as BotoSession
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from s3nav.aws.credentials.aws_files import is_usual_region, plain_profile
from s3nav.aws.credentials.provider_chain import find_login
from s3nav.aws.s3.endpoint_settings import BucketEndpoints, trust_of
from s3nav.persistence import Directories
from s3nav.settings import Settings

KEYS = "aws_access_key_id = AKIAX\naws_secret_access_key=se/cr=et\n"
PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126)
TREE = Path(__file__).resolve().parents[4]


def by_botocore(name: str | None) -> tuple[tuple[str, str, str] | None, str | None]:
    session = BotoSession(profile=name)
    found = session.get_credentials()
    keys = (found.access_key, found.secret_key, found.token or "") if found else None
    return keys, session.get_config_variable("region")


def plainly(name: str | None) -> tuple[tuple[str, str, str] | None, str | None] | None:
    found = plain_profile(name)
    if found is None:
        return None
    keys = found.keys
    if keys is None:
        return None, found.region
    return (keys.access_key, keys.secret_key, keys.session_token), found.region


@pytest.mark.parametrize(
    ("credentials", "config", "name"),
    [
        ("", "", None),
        (f"[default]\n{KEYS}", "", None),
        (f"[default]\n{KEYS}aws_session_token = to ken\n", "[default]\nregion=eu-west-1\n", None),
        (f"[other]\n{KEYS}region = eu-west-2\n", "[profile other]\nregion = eu-west-3\n", "other"),
        (f"[of me]\n{KEYS}", "[profile 'of me']\noutput = json\n", "of me"),
        (f"[a]\n{KEYS}", "[a]\nregion = not-a-profile\n", "a"),
        (f"# of mine\n[a]\n{KEYS}; the end\n", "[profile a]\nregion = x # kept\n", "a"),
        (f"[DEFAULT]\n{KEYS}[a]\nregion = eu-west-1\n", "", "a"),
        (f"[default]\n{KEYS}", "[profile default]\nregion=a\n[default]\nregion=b\n", None),
        (
            f"[default]\nAWS_ACCESS_KEY_ID=UPPER\naws_secret_access_key: colon\n[b]\n{KEYS}",
            "",
            None,
        ),
    ],
)
def test_plain_profiles_are_read_as_botocore_reads_them(
    credentials: str, config: str, name: str | None, aws_home: Path
) -> None:
    (aws_home / "credentials").write_text(credentials)
    (aws_home / "config").write_text(config)

    assert plainly(name) == by_botocore(name)


@pytest.mark.parametrize(
    ("credentials", "config", "name"),
    [
        (f"[a]\n{KEYS}role_arn = arn:aws:iam::1:role/x\n", "", "a"),
        (f"[a]\n{KEYS}", "[profile a]\nrole_arn = arn:aws:iam::1:role/x\n", "a"),
        (f"[a]\n{KEYS}", "[profile a]\nsso_session = x\n", "a"),
        (f"[a]\n{KEYS}", "[profile a]\ncredential_process = /bin/true\n", "a"),
        (f"[a]\n{KEYS}", "[profile a]\nendpoint_url = http://x\n", "a"),
        (f"[a]\n{KEYS}", "[profile a]\nuse_fips_endpoint = true\n", "a"),
        (f"[a]\n{KEYS}", "[profile a]\nca_bundle = /x\n", "a"),
        (f"[a]\n{KEYS}", "[profile a]\ns3 =\n  addressing_style = path\n", "a"),
        (f"[a]\n{KEYS}", f"[profile a]\n{KEYS}", "a"),
        ("[a]\naws_access_key_id = AKIAX\n", "", "a"),
        (f"[a]\n{KEYS}aws_security_token = old\n", "", "a"),
        (f"[a]\n{KEYS}aws_account_id = 1\n", "", "a"),
        (f"[a]\n{KEYS}[a]\n{KEYS}", "", "a"),
        ("no section\n", "", "a"),
        (f"[a]\n{KEYS}", "", "b"),
        (f"[a]\n{KEYS}", "[profile 'a]\n", "a"),
    ],
)
def test_what_is_not_plain_is_left_to_botocore(
    credentials: str, config: str, name: str, aws_home: Path
) -> None:
    (aws_home / "credentials").write_text(credentials)
    (aws_home / "config").write_text(config)

    assert plain_profile(name) is None


@pytest.mark.parametrize(
    "variable",
    ["AWS_CA_BUNDLE", "AWS_ROLE_ARN", "AWS_USE_FIPS_ENDPOINT", "AWS_WEB_IDENTITY_TOKEN_FILE"],
)
def test_variables_that_mean_more_are_left_to_botocore(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "x")

    assert plain_profile(None) is None


@pytest.mark.parametrize("region", [None, "", "ap-south-1"])
@pytest.mark.parametrize("profile", [None, "", "a", "default", "missing"])
@pytest.mark.parametrize("variable", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
def test_the_environment_counts_as_with_botocore(
    variable: str,
    profile: str | None,
    region: str | None,
    aws_home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (aws_home / "elsewhere").write_text(f"[a]\n{KEYS}region=eu-west-1\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "$HOME/.aws/elsewhere")
    for name, value in ((variable, profile), ("AWS_DEFAULT_REGION", region)):
        if value is not None:
            monkeypatch.setenv(name, value)
    found = plainly(None)
    for name in (variable, "AWS_DEFAULT_REGION"):
        if not os.environ.get(name):
            monkeypatch.delenv(name, raising=False)  # botocore takes it for a name

    assert (found is None) == (profile in {"default", "missing"})
    if found is not None:
        assert found == by_botocore(None)


@given(
    options=st.dictionaries(
        st.sampled_from(
            ["aws_access_key_id", "aws_secret_access_key", "aws_session_token", "region", "output"]
        ),
        st.text(PRINTABLE, max_size=12),
    ),
    config=st.dictionaries(
        st.sampled_from(["region", "output", "cli_pager"]),
        st.text(PRINTABLE, max_size=12),
    ),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_whatever_is_read_plainly_is_what_botocore_reads(
    options: dict[str, str], config: dict[str, str], aws_home: Path
) -> None:
    lines = "".join(f"{name}={value}\n" for name, value in options.items())
    (aws_home / "credentials").write_text(f"[default]\n{lines}")
    lines = "".join(f"{name}={value}\n" for name, value in config.items())
    (aws_home / "config").write_text(f"[default]\n{lines}")
    found = plainly(None)
    if found is None:
        return
    try:
        known = by_botocore(None)
    except BotoCoreError as error:
        pytest.fail(f"botocore refuses what was read: {error}")

    assert found == known


def test_every_usual_region_has_the_usual_endpoint() -> None:
    session = BotoSession()
    regions = session.get_available_regions("s3")

    assert {r for r in regions if is_usual_region(r)} == set(regions)
    for partition in session.get_available_partitions():
        if partition != "aws":
            others = session.get_available_regions("s3", partition_name=partition)
            assert not any(is_usual_region(region) for region in others)


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1"])
def test_a_plain_profile_reaches_the_same_place_with_the_same_trust(
    region: str, aws_home: Path, directories: Directories
) -> None:
    (aws_home / "credentials").write_text(f"[a]\n{KEYS}region={region}\n")
    plain = find_login(Settings(profile="a"), directories)
    (aws_home / "config").write_text("[profile a]\nmax_attempts = 3\n")
    by_chain = find_login(Settings(profile="a"), directories)

    assert (plain.is_plain, by_chain.is_plain) == (True, False)
    assert plain.freeze() == by_chain.freeze()
    assert (plain.source, plain.region) == (by_chain.source, by_chain.region)
    places = [BucketEndpoints(Settings(), login).of("bucket") for login in (plain, by_chain)]
    assert places[0].endpoint == places[1].endpoint
    assert trust_of(Settings(), plain) == trust_of(Settings(), by_chain)


def test_a_plain_profile_loads_no_botocore(aws_home: Path) -> None:
    (aws_home / "credentials").write_text(f"[a]\n{KEYS}region=eu-west-1\n")
    probe = (
        "import sys; from pathlib import Path\n"
        "from s3nav.aws import open_store; from s3nav.settings import Settings\n"
        "from s3nav.persistence import Directories\n"
        "from s3nav.aws.credentials.provider_chain import find_login\n"
        "from s3nav.aws.s3.endpoint_settings import BucketEndpoints\n"
        "settings, directories = Settings(profile='a'), Directories.of_user()\n"
        "open_store(settings, directories)\n"
        "endpoints = BucketEndpoints(settings, find_login(settings, directories))\n"
        "print(endpoints.of('bucket').endpoint.host, 'botocore' in sys.modules)"
    )
    environment = {"HOME": str(aws_home.parent), "PYTHONPATH": str(TREE)}
    ended = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, check=True, env=environment
    )

    assert ended.stdout.split() == [b"bucket.s3.eu-west-1.amazonaws.com", b"False"]
