"""Check the names in a scrape request and resolve its regions, before any query runs."""

import difflib
from collections.abc import Collection, Sequence
from typing import Literal

import msgspec

from s3nav.model.errors import UsageError
from s3nav.model.ports.stores import OperationCaller
from s3nav.scrape.engines.protocol import ResolvedRequest

NEAREST_SHOWN = 3
_EXAMPLES = {
    "service": "write it as the AWS CLI does: ec2, s3, elbv2",
    "region": "write it as eu-central-1",
    "operation": "write it as DescribeInstances, with its service in `--services`",
}

RunEngine = Literal["native", "aws-list-all"]


class ScrapeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A scrape as the user requests it."""

    services: Literal["all"] | tuple[str, ...] = "all"
    regions: tuple[str, ...] = ()
    """Empty: all enabled regions."""
    operations: tuple[str, ...] = ()
    """Empty: all."""
    engine: RunEngine = "native"
    second_wave: bool = True
    redacts: bool = True
    max_rate: float = 0.0
    """Maximum requests per second; 0: only the limit per service and region."""
    workers: int = 16
    profile: str | None = None
    """AWS profile; None for the session's."""


def names(text: str) -> tuple[str, ...]:
    """Split a list of names and drop duplicates: ``ec2, s3,ec2`` → ec2 and s3."""
    return tuple(dict.fromkeys(name for part in text.split(",") if (name := part.strip().lower())))


def check_request(request: ScrapeRequest, caller: OperationCaller) -> None:
    """Raise UsageError for an unknown service, region or operation."""
    services = chosen_services(request, caller)
    _check("service", services, caller.services())
    _check("region", request.regions, caller.known_regions())
    if request.operations:
        known = {op.name for name in services for op in caller.operations(name)}
        _check("operation", request.operations, known)


def chosen_services(request: ScrapeRequest, caller: OperationCaller) -> tuple[str, ...]:
    """Return the names of the requested services."""
    return caller.services() if request.services == "all" else request.services


def resolve(
    request: ScrapeRequest, caller: OperationCaller, scrape_id: str, profile: str | None
) -> ResolvedRequest:
    """Resolve a request; enabled regions are looked up if none is named. Raises S3NavError."""
    services = chosen_services(request, caller)
    needs_regions = any(not caller.places(service).is_global for service in services[:50])
    regions = request.regions
    if not regions and needs_regions:
        regions = caller.enabled_regions()
    return ResolvedRequest(
        scrape_id=scrape_id,
        services=services,
        regions=regions,
        operations=request.operations,
        second_wave=request.second_wave,
        workers=request.workers,
        profile=profile,
    )


def _check(kind: str, wanted: Sequence[str], known: Collection[str]) -> None:
    for name in wanted:
        if name not in known:
            near = difflib.get_close_matches(name, list(known), n=NEAREST_SHOWN, cutoff=0.5)
            remedy = "did you mean " + " or ".join(f"`{each}`" for each in near) + "?"
            raise UsageError(
                f"no {kind} `{name}`",
                remedy=remedy if near else _EXAMPLES[kind],
                slug=f"unknown-{kind}",
            )
