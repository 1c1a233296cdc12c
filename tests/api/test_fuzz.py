"""Random requests, made from the API's own OpenAPI document."""

import warnings
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from s3nav.api import create_app
from s3nav.scrape import Scrapes

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its own dependencies deprecate each other
    import schemathesis
    from schemathesis.specs.openapi.checks import positive_data_acceptance

EXAMPLES = 12
"""Of each endpoint."""


@pytest.fixture
def api_schema(scrapes: Scrapes) -> object:
    return schemathesis.openapi.from_asgi("/openapi.json", create_app(scrapes, token=None))


schema = schemathesis.pytest.from_fixture("api_schema")


few_examples = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@schema.include(path="/api/scrapes").parametrize()
@few_examples
@pytest.mark.filterwarnings("ignore")
def test_the_endpoint_of_scrapes_keeps_its_own_promises(case: "schemathesis.Case[Any]") -> None:
    _check(case)


@pytest.mark.slow
@schema.parametrize()
@few_examples
@pytest.mark.filterwarnings("ignore")
def test_every_endpoint_keeps_its_own_promises(case: "schemathesis.Case[Any]") -> None:
    _check(case)


def _check(case: "schemathesis.Case[Any]") -> None:
    # Names of services and regions are those of an account: no schema lists them.
    excluded: list[Any] = [positive_data_acceptance] if case.method == "POST" else []
    case.call_and_validate(excluded_checks=excluded)
