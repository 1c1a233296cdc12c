"""An AWS of a few services, in memory, that can fail in every way."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from s3nav.model.errors import S3NavError
from s3nav.model.scrape_queries import Answer, Caller, Operation, QueryStatus, ServicePlaces

Respond = Callable[[str, Mapping[str, object], int], Answer]
"""Region, parameters and the number of the call, from 1."""


def ok(response: dict[str, object]) -> Answer:
    return Answer(status=QueryStatus.OK, response=response, pages=1, requests=1)


def bad(status: QueryStatus, code: str = "Code") -> Answer:
    return Answer(status=status, code=code, message=f"{code} happened")


@dataclass
class FakeCaller:
    """Services by name: operations by name, each with what it answers."""

    account: dict[str, dict[str, Respond]]
    regions: tuple[str, ...] = ("eu-west-1", "us-east-1")
    global_services: frozenset[str] = frozenset({"s3", "iam"})
    child_of: dict[str, tuple[str, Callable[[Mapping[str, object]], list[dict[str, object]]]]] = (
        field(default_factory=dict)
    )
    """A child's name: its parent, and how to ask it."""
    refusal: S3NavError | None = None
    calls: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    forgotten: list[str] = field(default_factory=list)
    closed: bool = False

    def services(self) -> tuple[str, ...]:
        return tuple(self.account)

    def known_regions(self) -> tuple[str, ...]:
        return self.regions

    def home_region(self) -> str:
        return self.regions[0]

    def enabled_regions(self) -> tuple[str, ...]:
        return self.regions

    def caller(self) -> Caller:
        if self.refusal is not None:
            raise self.refusal
        return Caller(account="123456789012", arn="arn:aws:iam::123456789012:user/test")

    def places(self, service: str) -> ServicePlaces:
        is_global = service in self.global_services
        return ServicePlaces(service=service, regions=(), is_global=is_global)

    def operations(self, service: str) -> tuple[Operation, ...]:
        names = [name for name in self.account[service] if name not in self.child_of]
        return tuple(Operation(service=service, name=name) for name in names)

    def children(self, operation: Operation) -> tuple[Operation, ...]:
        return tuple(
            Operation(service=operation.service, name=name, parent=parent)
            for name, (parent, _) in self.child_of.items()
            if parent == operation.name
        )

    def parameters(
        self, operation: Operation, parent: Mapping[str, object]
    ) -> tuple[Mapping[str, object], ...]:
        return tuple(self.child_of[operation.name][1](parent))

    def call(
        self,
        operation: Operation,
        region: str,
        *,
        parameters: Mapping[str, object],
        is_cancelled: Callable[[], bool],
    ) -> Answer:
        key = (operation.service, region, operation.name)
        self.calls[key] += 1
        return self.account[operation.service][operation.name](region, parameters, self.calls[key])

    def environment(self, region: str) -> Mapping[str, str]:
        return {"AWS_DEFAULT_REGION": region}

    def forget(self, service: str, regions: Sequence[str]) -> None:
        self.forgotten.append(service)

    def close(self) -> None:
        self.closed = True
