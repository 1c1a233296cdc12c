"""Which operations are asked, by botocore's real models."""

from typing import Any

import pytest
from botocore.loaders import Loader

from s3nav.aws.operations.operation_models import (
    MODELS_KEPT,
    FrugalLoader,
    OperationModels,
    parameters,
)
from s3nav.aws.operations.operation_rules import CHILDREN, NEVER, OVERRIDES
from s3nav.model.errors import UsageError
from s3nav.model.scrape_queries import Operation


@pytest.fixture(scope="module")
def models() -> OperationModels:
    return OperationModels(FrugalLoader())


def names(models: OperationModels, service: str) -> dict[str, Operation]:
    return {operation.name: operation for operation in models.operations(service)}


def test_only_read_operations_without_required_input_are_called(models: OperationModels) -> None:
    found = names(models, "ec2")

    assert len(found) > 150
    assert "DescribeInstances" in found
    assert not [n for n in found if not n.startswith(("List", "Describe", "Get"))]
    assert "DescribeInstanceAttribute" not in found  # it needs an instance


def test_excluded_operations_are_never_called(models: OperationModels) -> None:
    for service in {service for service, _ in NEVER} & {*models.services}:
        asked = names(models, service)
        assert not [name for name in asked if (service, name) in NEVER]
    assert "ce" not in models.services


def test_overrides_narrow_what_everybody_has(models: OperationModels) -> None:
    assert names(models, "ec2")["DescribeImages"].parameters == {"Owners": ["self"]}
    assert names(models, "iam")["ListPolicies"].parameters == {"Scope": "Local"}


def test_an_operation_that_insists_on_a_page_size_gets_one(models: OperationModels) -> None:
    assert names(models, "cognito-idp")["ListUserPools"].parameters == {"MaxResults": 60}


def test_every_override_and_every_child_names_a_real_operation(models: OperationModels) -> None:
    loader = FrugalLoader()
    for service, name in OVERRIDES:
        model = loader.load_service_model(service, "service-2")
        taken = model["shapes"][model["operations"][name]["input"]["shape"]]["members"]
        assert OVERRIDES[service, name].keys() <= taken.keys(), (service, name)
    for (service, parent), children in CHILDREN.items():
        operations = loader.load_service_model(service, "service-2")["operations"]
        assert {parent, *children} <= operations.keys()


def test_models_are_read_without_their_prose_and_otherwise_whole() -> None:
    whole = Loader().load_service_model("apigateway", "service-2")
    lean = FrugalLoader().load_service_model("apigateway", "service-2")

    assert lean == _without_texts(whole) != whole
    assert lean["shapes"]["DocumentationParts"]["members"]  # no prose, for all its name


def _without_texts(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_texts(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: "" if name == "documentation" and isinstance(each, str) else _without_texts(each)
        for name, each in value.items()
    }


def test_global_services_have_no_regions(models: OperationModels) -> None:
    assert all(models.places(name).is_global for name in ("s3", "iam", "route53", "organizations"))
    assert "eu-west-1" in models.places("sqs").regions
    assert "us-east-1" in models.places("cloudwatch").regions  # known as `monitoring` there


def test_an_unknown_service_is_a_usage_error(models: OperationModels) -> None:
    with pytest.raises(UsageError):
        models.operations("ec3")


def test_only_the_newest_models_stay_in_memory() -> None:
    loader = FrugalLoader()
    models = OperationModels(loader)
    for service in models.services[:40]:
        models.operations(service)

    held = [key for key in vars(loader)["_cache"] if key[0] == "load_service_model"]
    assert 0 < len(held) <= MODELS_KEPT


def test_services_of_a_cluster_are_described_ten_at_a_time() -> None:
    child = Operation(service="ecs", name="DescribeServices", parent="ListServices")
    answered = {"serviceArns": [f"arn:{number}" for number in range(23)]}
    parent = {"Results": [{"Parameters": {"cluster": "c"}, "Response": answered}]}

    sets = parameters(child, parent)

    assert [len(each["services"]) for each in sets] == [10, 10, 3]  # type: ignore[arg-type]
    assert {each["cluster"] for each in sets} == {"c"}
