"""A scrape request is checked against known names before any query runs."""

import pytest
from msgspec.structs import replace

from s3nav.model.errors import UsageError
from s3nav.scrape import ScrapeRequest, name_list
from s3nav.scrape.engines.scrape_request import check_request, resolve
from tests.support.fake_caller import FakeCaller, ok

CALLER = FakeCaller(
    {"sqs": {"ListQueues": lambda *_: ok({})}, "s3": {"ListBuckets": lambda *_: ok({})}}
)
SQS = ScrapeRequest(services=("sqs",))


def test_names_are_split_lowered_and_listed_once() -> None:
    assert name_list(" EC2, s3,,ec2 ") == ("ec2", "s3")
    assert name_list("") == ()


@pytest.mark.parametrize(
    ("changes", "message", "remedy", "slug"),
    [
        ({"services": ("sqss",)}, "no service `sqss`", "did you mean `sqs`?", "unknown-service"),
        ({"services": ("zzzzzz",)}, "no service", "as the AWS CLI does", "unknown-service"),
        ({"regions": ("eu-west-9",)}, "no region", "did you mean `eu-west-1`", "unknown-region"),
        ({"operations": ("ListQueue",)}, "no operation", "`ListQueues`", "unknown-operation"),
    ],
)
def test_an_unknown_name_is_refused_with_the_closest(
    changes: dict[str, object], message: str, remedy: str, slug: str
) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        check_request(replace(SQS, **changes), CALLER)

    assert remedy in caught.value.remedy
    assert caught.value.reference == slug


def test_known_names_are_accepted() -> None:
    check_request(
        ScrapeRequest(services=("sqs",), regions=("eu-west-1",), operations=("ListQueues",)), CALLER
    )


def test_enabled_regions_are_used_when_none_is_named() -> None:
    resolved = resolve(SQS, CALLER, "scrape_x", "work")

    assert resolved.regions == ("eu-west-1", "us-east-1")
    assert (resolved.scrape_id, resolved.profile) == ("scrape_x", "work")


def test_global_services_need_no_regions() -> None:
    assert resolve(ScrapeRequest(services=("s3",)), CALLER, "x", None).regions == ()


def test_all_services_are_those_of_the_caller() -> None:
    assert resolve(ScrapeRequest(), CALLER, "x", None).services == ("sqs", "s3")
