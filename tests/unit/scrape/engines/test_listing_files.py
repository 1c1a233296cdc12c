"""Files and output lines of aws-list-all are read as query results."""

import json
from pathlib import Path

import pytest

from s3nav.model.scrape_queries import QueryStatus
from s3nav.scrape.engines.listing_files import (
    UnreadableListingError,
    is_output,
    read_listing,
    read_output,
)


def written(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "name_does_not_count.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def listing(**members: object) -> dict[str, object]:
    return {
        "service": "sqs",
        "region": "eu-west-1",
        "profile": None,
        "operation": "ListQueues",
        "response": {"QueueUrls": ["u"]},
        **members,
    }


def test_a_file_is_a_query_result_by_its_fields(tmp_path: Path) -> None:
    found = read_listing(written(tmp_path, listing(profile="work")))

    result = found.query_result
    assert (result.service, result.region, result.operation) == ("sqs", "eu-west-1", "ListQueues")
    assert (result.status, result.response) == (QueryStatus.OK, {"QueueUrls": ["u"]})
    assert found.profile == "work"


@pytest.mark.parametrize("more", [{"NextToken": "t"}, {"IsTruncated": True}])
def test_a_file_with_more_pages_is_truncated(tmp_path: Path, more: dict[str, object]) -> None:
    path = written(tmp_path, listing(response={"QueueUrls": ["u"], **more}))

    result = read_listing(path).query_result
    assert (result.status, result.code) == (QueryStatus.TRUNCATED, "first-page-only")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"service": "sqs"', "JSON decode error"),
        ([], "not an object"),
        (listing(service=""), "no service"),
        (listing(response=None), "no response"),
    ],
)
def test_an_unreadable_file_says_why(tmp_path: Path, content: object, reason: str) -> None:
    with pytest.raises(UnreadableListingError, match=reason):
        read_listing(written(tmp_path, content))


def test_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableListingError, match="cannot be read"):
        read_listing(tmp_path / "nothing.json")


@pytest.mark.parametrize(
    ("line", "status", "code"),
    [
        ("+++ sqs r ListQueues None QueueUrls", QueryStatus.OK, ""),
        ("--- sqs r ListQueues None QueueUrls", QueryStatus.EMPTY, ""),
        (
            "--- iam None GetPolicy None An error occurred (NoSuchEntity) when",
            QueryStatus.EMPTY,
            "NoSuchEntity",
        ),
        (
            ">:| sqs r ListQueues None ClientError(AccessDenied)",
            QueryStatus.DENIED,
            "ClientError",
        ),
        (">:| sqs r ListQueues None ClientError(Odd)", QueryStatus.DENIED, "ClientError"),
        (
            "!!! sqs r ListQueues None An error occurred (OptInRequired) when",
            QueryStatus.OPT_IN,
            "OptInRequired",
        ),
        (
            "!!! sqs r ListQueues None ParamValidationError(x)",
            QueryStatus.BAD_PARAMETER,
            "ParamValidationError",
        ),
        ("!!! sqs r ListQueues None Odd(x)", QueryStatus.UNAVAILABLE, "Odd"),
    ],
)
def test_an_output_line_has_a_status_and_a_code(line: str, status: QueryStatus, code: str) -> None:
    (found,) = read_output(f"Executing queries...\n{line}\nother text\n")

    assert (found.query_result.status, found.query_result.code) == (status, code)
    assert found.profile is None


def test_other_text_is_not_output() -> None:
    assert is_output("Building set of queries to execute...\n")
    assert not is_output("a shopping list\n")
    assert list(read_output("a shopping list\n")) == []


ENDINGS = [
    ("+++", "Vpcs"),
    ("+++", "Vpcs, Subnets"),
    ("---", "Vpcs"),
    ("---", ""),
    (">:|", "ClientError('An error occurred (UnauthorizedOperation) when calling it: no')"),
    ("!!!", "botocore.exceptions.ParamValidationError('Missing (x)')"),
    ("---", "An error occurred (NoSuchEntity) when"),
]


@pytest.mark.parametrize(("mark", "rest"), ENDINGS)
@pytest.mark.parametrize("profile", ["dev", "my profile", "my own profile", "dev (old)"])
def test_a_profile_with_spaces_is_read_in_full(profile: str, mark: str, rest: str) -> None:
    (found,) = read_output(f"{mark} ec2 us-east-1 DescribeVpcs {profile} {rest}\n")

    assert found.profile == profile
    assert found.query_result.message in {"", rest}


def test_every_line_is_of_a_profile_that_files_name() -> None:
    text = "--- sqs r ListQueues my profile\n+++ sqs r ListQueues my QueueUrls\n"

    found = [each.profile for each in read_output(text, {"my profile", "my"})]

    assert found == ["my profile", "my"]
