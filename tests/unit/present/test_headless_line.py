"""The command line that does the same without the cockpit."""

from s3nav.present.headless_line import headless_line
from s3nav.settings import Settings


def test_a_headless_line_has_the_connection_and_no_secret() -> None:
    settings = Settings(profile="work", region="eu-west-1", secret_key="hidden")

    line = headless_line(["ls", "s3://b/a b"], settings)

    assert line == "s3nav --headless --profile work --region eu-west-1 ls 's3://b/a b'"


def test_the_endpoint_of_a_demo_is_not_repeated() -> None:
    settings = Settings(endpoint_url="http://127.0.0.1:1234")

    assert headless_line(["ls"], settings, {"demo": ["--demo"]}) == "s3nav --headless --demo ls"
