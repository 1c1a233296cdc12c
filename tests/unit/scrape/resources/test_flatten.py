import json
from pathlib import Path

import pytest

from s3nav.scrape.resources.digest import digest_of
from s3nav.scrape.resources.flatten import ResponseQuery, at_pointer, flatten, is_empty

SAMPLES = Path(__file__).parents[3] / "data" / "scrape" / "aws-list-all"


def things(service: str, operation: str, response: dict[str, object]) -> list[tuple[str, str, str]]:
    query = ResponseQuery(scrape_id="s", service=service, region="us-east-1", operation=operation)
    return [(r.type, r.id, r.name) for r in flatten(query, response)]


def test_a_response_with_empty_lists_is_empty() -> None:
    assert is_empty("ListQueues", {"QueueUrls": [], "NextToken": "", "ResponseMetadata": {"a": 1}})
    assert is_empty("DescribeInstances", {"Reservations": []})
    assert is_empty("GetX", {"ResponseMetadata": {"a": 1}})
    assert not is_empty("GetX", {"Enabled": False, "ResponseMetadata": {}})


@pytest.mark.parametrize(
    ("service", "operation", "response", "expected"),
    [
        (
            "sqs",
            "ListQueues",
            {"QueueUrls": ["https://h/1/q0"]},
            ("QueueUrl", "https://h/1/q0", "q0"),
        ),
        ("dynamodb", "ListTables", {"TableNames": ["t"]}, ("TableName", "t", "t")),
        ("iam", "GetUser", {"User": {"UserId": "AID", "UserName": "ana"}}, ("User", "AID", "ana")),
        (
            "ec2",
            "DescribeSecurityGroups",
            {"SecurityGroups": [{"GroupId": "sg-1", "GroupName": "web"}]},
            ("SecurityGroup", "sg-1", "web"),
        ),
        (
            "cloudfront",
            "ListDistributions",
            {"DistributionList": {"Quantity": 1, "Items": [{"Id": "E1", "ARN": "arn:aws:x:E1"}]}},
            ("Distribution", "E1", "E1"),
        ),
        (
            "s3",
            "GetBucketVersioning",
            {
                "Results": [
                    {"Parameters": {"Bucket": "b"}, "Response": {"Status": "Enabled"}},
                ]
            },
            ("BucketVersioning", "b", ""),
        ),
    ],
)
def test_things_have_type_id_and_name(
    service: str, operation: str, response: dict[str, object], expected: tuple[str, str, str]
) -> None:
    assert things(service, operation, response) == [expected]


def test_things_of_every_real_sample_have_ids_and_distinct_keys() -> None:
    for path in sorted(SAMPLES.glob("*_*_*_*.json")):
        if path.name.startswith("TRUNCATED"):
            continue
        sample = json.loads(path.read_text())
        query = ResponseQuery(
            scrape_id="s", service=sample["service"], region="r", operation=sample["operation"]
        )
        found = flatten(query, sample["response"])
        assert found, path.name
        assert all(r.id for r in found if r.type != "DelegationSet"), path.name
        assert len({r.key for r in found}) == len(found), path.name
        for resource in found:
            assert digest_of(at_pointer(sample["response"], resource.pointer)) == resource.digest


def test_instances_come_with_name_tags_and_launch_time() -> None:
    sample = json.loads((SAMPLES / "ec2_DescribeInstances_us-east-1_None.json").read_text())
    query = ResponseQuery(
        scrape_id="s", service="ec2", region="us-east-1", operation="DescribeInstances"
    )

    first = flatten(query, sample["response"])[0]

    assert (first.type, first.name) == ("Instance", "web-0")
    assert first.tags == {"Name": "web-0", "env": "prod"}
    assert first.created.startswith("2026-11-20T")
    assert first.pointer == "/Reservations/0/Instances/0"


def test_creation_times_in_seconds_and_milliseconds_become_iso() -> None:
    for moment in (1_700_000_000, 1_700_000_000_000):
        query = ResponseQuery(
            scrape_id="s", service="logs", region="r", operation="DescribeLogGroups"
        )
        found = flatten(query, {"logGroups": [{"arn": "arn:x:y", "creationTime": moment}]})
        assert found[0].created == "2023-11-14T22:13:20+00:00"


def test_order_and_volatile_members_do_not_change_the_digest() -> None:
    one = {"Tags": [{"Key": "a"}, {"Key": "b"}], "LastUsedDate": "x", "Id": "1"}
    two = {"Id": "1", "Tags": [{"Key": "b"}, {"Key": "a"}], "LastUsedDate": "y"}

    assert digest_of(one) == digest_of(two)
    assert digest_of(one) != digest_of({**two, "Id": "2"})
