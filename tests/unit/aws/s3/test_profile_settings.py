"""Requests go where botocore would send them, whatever the environment and a profile set."""

import itertools
from pathlib import Path
from urllib.parse import urlsplit

import boto3.session
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config

from s3nav.aws.credentials.provider_chain import find_login
from s3nav.aws.operations.operation_caller import open_caller
from s3nav.aws.s3.endpoint_settings import BucketEndpoints, addressing_of
from s3nav.aws.writes.write_clients import ClientMaker
from s3nav.model.errors import CredentialsError, UsageError
from s3nav.persistence import Directories
from s3nav.settings import Settings

KEYS = "aws_access_key_id = A\naws_secret_access_key = S\nregion = eu-west-1\n"
OTHER = "http://oss.test:9000"
STYLES = ("", "  addressing_style = path\n")
VIRTUAL = "  addressing_style = virtual\n"
SWITCHES = ("", "  use_accelerate_endpoint = true\n", "  use_dualstack_endpoint = true\n")
IGNORE = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"


def write_profile(aws_home: Path, lines: str, sections: str = "") -> None:
    (aws_home / "config").write_text(f"[profile a]\n{KEYS}{lines}{sections}")


def ours(settings: Settings, directories: Directories, bucket: str) -> str:
    place = BucketEndpoints(settings, find_login(settings, directories)).of(bucket)
    return f"{place.endpoint.scheme}://{place.endpoint.host_header}{place.path_start}"


class SentError(Exception):
    """Raised in place of sending a request."""


def by_botocore(settings: Settings, bucket: str) -> str:
    """Where botocore sends a listing; nothing is sent."""
    style = addressing_of(settings)
    client = boto3.session.Session(profile_name=settings.profile).client(
        "s3",
        endpoint_url=settings.endpoint_url,
        config=Config(s3={"addressing_style": style} if style else {}),
    )

    def stop(request: AWSPreparedRequest, **_event: object) -> None:
        raise SentError(request.url)

    client.meta.events.register("before-send", stop)
    with pytest.raises(SentError) as caught:
        client.list_objects_v2(Bucket=bucket)
    client.close()
    url = urlsplit(str(caught.value))
    return f"{url.scheme}://{url.netloc}{url.path}".rstrip("/")


PLACES = [
    (section, path_style, endpoint, bucket)
    for section in (*STYLES, VIRTUAL, *SWITCHES)
    for path_style in (None, False)
    for endpoint in ("", f"endpoint_url = {OTHER}\n")
    for bucket in ("some-data", "dotted.name")
    if "accelerate" not in section or (not endpoint and bucket == "some-data")
]
"""Without those that botocore refuses."""


@pytest.mark.parametrize(("section", "path_style", "endpoint", "bucket"), PLACES)
def test_a_bucket_is_reached_where_writes_go(
    section: str,
    path_style: bool | None,
    endpoint: str,
    bucket: str,
    directories: Directories,
    aws_home: Path,
) -> None:
    write_profile(aws_home, f"{endpoint}s3 =\n{section}" if section else endpoint)
    settings = Settings(profile="a", path_style=path_style)

    assert ours(settings, directories, bucket) == by_botocore(settings, bucket)


@pytest.mark.parametrize(
    ("settings", "lines", "host"),
    [
        (Settings(profile="a"), f"s3 =\n{VIRTUAL}", "bucket.oss.test:9000"),
        (Settings(profile="a", path_style=False), "", "bucket.oss.test:9000"),
        (Settings(profile="a", path_style=True), f"s3 =\n{VIRTUAL}", "oss.test:9000"),
        (Settings(profile="a"), "", "oss.test:9000"),
    ],
)
def test_writes_use_the_style_of_the_settings_or_of_the_profile(
    settings: Settings, lines: str, host: str, directories: Directories, aws_home: Path
) -> None:
    write_profile(aws_home, f"endpoint_url = {OTHER}\n{lines}")

    client = ClientMaker(settings, find_login(settings, directories)).make(
        region="eu-west-1", connections=1
    )
    url = client.generate_presigned_url("put_object", Params={"Bucket": "bucket", "Key": "k"})
    client.close()

    assert urlsplit(url).netloc == host


def test_an_unknown_style_is_named(directories: Directories, aws_home: Path) -> None:
    write_profile(aws_home, "s3 =\n  addressing_style = vhost\n")

    with pytest.raises(UsageError, match="vhost"):
        ours(Settings(profile="a"), directories, "bucket")


IN_PROFILE = "endpoint_url = http://profile:1\n"
IN_SERVICES = "services = local\n"
SERVICES = "[services local]\ns3 =\n  endpoint_url = http://services:1\n"
NO_S3 = "[services local]\nec2 =\n  endpoint_url = http://ec2:1\n"


VARIABLES: tuple[dict[str, str], ...] = (
    {},
    {"AWS_ENDPOINT_URL": "http://all:1"},
    {"AWS_ENDPOINT_URL": "http://all:1", "AWS_ENDPOINT_URL_S3": "http://s3:1"},
    {"AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_S3": ""},
    {"AWS_ENDPOINT_URL": "http://all:1", IGNORE: "true"},
    {"AWS_ENDPOINT_URL": "http://all:1", IGNORE: "false"},
    {"AWS_ENDPOINT_URL": "http://all:1", IGNORE: ""},
)


@pytest.mark.parametrize(
    ("lines", "sections"),
    [
        ("", ""),
        (IN_PROFILE, ""),
        (IN_PROFILE + IN_SERVICES, SERVICES),
        (IN_PROFILE + IN_SERVICES, NO_S3),
    ],
)
def test_the_configured_endpoint_is_the_one_that_botocore_uses(
    lines: str, sections: str, directories: Directories, aws_home: Path
) -> None:
    settings = Settings(profile="a")
    for variables, ignored in itertools.product(VARIABLES, ("", "true")):
        ignoring = f"ignore_configured_endpoint_urls = {ignored}\n" if ignored else ""
        write_profile(aws_home, lines + ignoring, sections)
        with pytest.MonkeyPatch.context() as patched:
            for name, value in variables.items():
                patched.setenv(name, value)

            found = ours(settings, directories, "bucket")

            assert found == by_botocore(settings, "bucket"), (variables, ignored)


@pytest.mark.parametrize("sections", ["", "[services nope]\n", "[services other]\nx = y\n"])
def test_a_missing_section_of_services_is_named(
    sections: str, directories: Directories, aws_home: Path
) -> None:
    write_profile(aws_home, "services = nope\n", sections)

    with pytest.raises(UsageError, match="nope"):
        ours(Settings(profile="a"), directories, "bucket")


def test_a_broken_file_does_not_send_requests_to_aws(
    directories: Directories, aws_home: Path
) -> None:
    (aws_home / "config").write_text(f"[default]\nendpoint_url = {OTHER}\n[default]\n")
    settings = Settings(access_key="A", secret_key="S", region="eu-west-1")

    with pytest.raises(CredentialsError, match="config"):
        ours(settings, directories, "bucket")


def test_keys_from_elsewhere_do_not_need_the_profile_of_the_environment(
    directories: Directories, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "missing")
    settings = Settings(access_key="A", secret_key="S", region="eu-west-1")

    assert ours(settings, directories, "bucket") == "https://bucket.s3.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    ("variables", "lines", "url"),
    [
        ({"AWS_ENDPOINT_URL": "http://all:1"}, IN_PROFILE, "http://all:1"),
        ({"AWS_ENDPOINT_URL_S3": "http://s3:1"}, IN_PROFILE, "http://profile:1"),
        ({"AWS_ENDPOINT_URL": "http://all:1", IGNORE: "true"}, IN_PROFILE, None),
        ({}, "", None),
    ],
    ids=str,
)
def test_a_child_process_uses_the_configured_endpoint(
    variables: dict[str, str],
    lines: str,
    url: str | None,
    directories: Directories,
    aws_home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_profile(aws_home, lines)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    caller = open_caller(Settings(profile="a"), directories)

    assert caller.environment("eu-west-1").get("AWS_ENDPOINT_URL") == url
    caller.close()
