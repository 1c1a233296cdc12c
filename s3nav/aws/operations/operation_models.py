"""Find the operations of each service in botocore's models; sends no request."""

import gzip
import json
import re
from collections import deque
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import jmespath
from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.loaders import JSONFileLoader, Loader

from s3nav.aws.operations.operation_errors import UNREADABLE
from s3nav.aws.operations.operation_rules import (
    BATCH_SIZES,
    CHILDREN,
    GLOBAL_SERVICES,
    NEVER,
    NEVER_SERVICES,
    OVERRIDES,
    PAGE_SIZE,
    PAGE_SIZE_MEMBERS,
    VERBS,
)
from s3nav.model.errors import UsageError
from s3nav.model.scrape_queries import Operation, ServicePlaces

MODELS_KEPT = 24
"""Models kept in memory; all of them would take more than a GB."""

Model = Mapping[str, Any]


class FrugalLoader(Loader):
    """botocore's loader, but it keeps only the newest models instead of all."""

    def __init__(self, extra_search_paths: list[str] | None = None) -> None:
        super().__init__(extra_search_paths=extra_search_paths, file_loader=LeanFiles())
        self._cache = NewestModels()  # the attribute that botocore's caching decorator uses


class NewestModels(dict[tuple[str, ...], object]):
    """A loader's cache with a bound.

    The loader is used under one lock, because any entry may be dropped at any time.
    """

    def __init__(self) -> None:
        super().__init__()
        self._models: deque[tuple[str, ...]] = deque()

    def __setitem__(self, key: tuple[str, ...], value: object) -> None:
        """Store a value; drop the oldest model above the limit."""
        if key not in self and _is_model(key):
            self._models.append(key)
            while len(self._models) > MODELS_KEPT:
                self.pop(self._models.popleft(), None)
        super().__setitem__(key, value)


def _is_model(key: tuple[str, ...]) -> bool:
    """Whether a cache key is a model (``ec2/2016-11-15/service-2``), not ``endpoints``."""
    return key[0] == "load_service_model" or (len(key) > 1 and str(key[1]).count("/") > 1)


class OperationModels:
    """The services, regions and operations in botocore's models."""

    def __init__(self, loader: Loader, partition: str = "aws") -> None:
        self._loader = loader
        self._partition_name = partition

    @cached_property
    def services(self) -> tuple[str, ...]:
        """All services except those that are never called."""
        names = self._loader.list_available_services("service-2")
        return tuple(name for name in names if name not in NEVER_SERVICES)

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """The regions of the partition."""
        return tuple(self._partition["regions"])

    @cached_property
    def partition_pattern(self) -> re.Pattern[str]:
        """Matches names of regions, also of regions added later."""
        return re.compile(self._partition["regionRegex"])

    def places(self, service: str) -> ServicePlaces:
        """The regions of a service. Raises UsageError for an unknown one."""
        known = self._partition["services"]
        # The endpoint data lists some services under their endpoint prefix.
        facts: Model = known.get(service) or known.get(self._endpoint_prefix(service)) or {}
        regions = tuple(name for name in facts.get("endpoints", {}) if name in self.regions)
        is_global = service in GLOBAL_SERVICES or facts.get("isRegionalized") is False
        return ServicePlaces(
            service=service, regions=() if is_global else regions, is_global=is_global
        )

    def operations(self, service: str) -> tuple[Operation, ...]:
        """Operations that need no parameters from other responses, by name."""
        model = self._load(service)
        return tuple(
            Operation(service=service, name=name, parameters=parameters)
            for name, shape in sorted(model["operations"].items())
            if (parameters := _first_parameters(service, name, shape, model["shapes"])) is not None
        )

    def pagination(self, service: str, operation: str) -> Model | None:
        """The paginator of an operation; None when botocore has none."""
        try:
            pages = self._loader.load_service_model(service, "paginators-1")
        except (DataNotFoundError, UnknownServiceError):
            return None
        found: Model | None = pages["pagination"].get(operation)
        return found

    @cached_property
    def _partition(self) -> Model:
        data = self._loader.load_data("endpoints")
        named = {each["partition"]: each for each in data["partitions"]}
        found: Model = named.get(self._partition_name) or named["aws"]
        return found

    def _endpoint_prefix(self, service: str) -> str:
        return str(self._load(service)["metadata"].get("endpointPrefix", service))

    def _load(self, service: str) -> Model:
        try:
            model: Model = self._loader.load_service_model(service, "service-2")
        except (DataNotFoundError, UnknownServiceError, json.JSONDecodeError) as error:
            raise UsageError(f"no service `{service}`", slug="unknown-service") from error
        return model


def children(operation: Operation) -> tuple[Operation, ...]:
    """Operations that are called for each resource in a response."""
    return tuple(
        Operation(service=operation.service, name=name, parent=operation.name)
        for name in CHILDREN.get((operation.service, operation.name), ())
    )


def parameters(
    operation: Operation, parent: Mapping[str, object]
) -> tuple[Mapping[str, object], ...]:
    """The parameter sets of a child operation, from its parent's response."""
    select = CHILDREN[operation.service, operation.parent][operation.name]
    try:
        found = jmespath.search(select, parent)
    except UNREADABLE:  # the parent's answer is not of the form that AWS documents
        return ()
    if not isinstance(found, list):
        return ()
    return tuple(
        split
        for each in found
        if isinstance(each, dict) and None not in each.values()
        for split in _split(operation, each)
    )


def _split(operation: Operation, each: dict[str, object]) -> Iterator[dict[str, object]]:
    """Split a list of resources into batches that the operation accepts."""
    member, batch_size = BATCH_SIZES.get((operation.service, operation.name), ("", 0))
    things = each.get(member)
    if not isinstance(things, list):
        yield each
        return
    for start in range(0, len(things), batch_size):
        yield {**each, member: things[start : start + batch_size]}


def _first_parameters(
    service: str, name: str, method: Model, shapes: Model
) -> Mapping[str, object] | None:
    """The parameters of an operation called without a parent; None when it is not called."""
    if not name.startswith(VERBS) or (service, name) in NEVER or method.get("deprecated"):
        return None
    if "output" not in method or _streams(method["output"], shapes):
        return None
    override = OVERRIDES.get((service, name), {})
    if "input" not in method:
        return override
    shape = shapes[method["input"]["shape"]]
    missing = [each for each in shape.get("required", ()) if each not in override]
    filled = {
        member: _page_size(shapes[shape["members"][member]["shape"]])
        for member in missing
        if member in PAGE_SIZE_MEMBERS
    }
    return {**override, **filled} if len(filled) == len(missing) else None


def _page_size(shape: Model) -> int | str:
    size = max(min(PAGE_SIZE, int(shape.get("max", PAGE_SIZE))), int(shape.get("min", 1)))
    return str(size) if shape["type"] == "string" else size


def _streams(output: Model, shapes: Model) -> bool:
    shape = shapes[output["shape"]]
    members = [shapes[member["shape"]] for member in shape.get("members", {}).values()]
    payload = shape.get("payload")
    is_body = payload is not None and shapes[shape["members"][payload]["shape"]]["type"] == "blob"
    return is_body or any(each.get("eventstream") or each.get("streaming") for each in members)


class LeanFiles(JSONFileLoader):
    """Reads models as plain dicts without the prose in them: half the memory, half the time."""

    def load_file(self, file_path: str) -> Any:
        """The content of a file named without its suffix; None when it does not exist."""
        for ending, open_file in ((".json", open), (".json.gz", gzip.open)):
            try:
                with open_file(file_path + ending, "rb") as file:
                    return json.loads(file.read(), object_hook=_without_prose)
            except FileNotFoundError:
                continue
        return None


def _without_prose(model: dict[str, Any]) -> dict[str, Any]:
    # A member that is called documentation is a shape, not a text.
    if isinstance(model.get("documentation"), str):
        model["documentation"] = ""  # botocore reads some of them, and shows none
    return model
