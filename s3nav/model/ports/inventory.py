"""What a download asks of an inventory, as a protocol."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from s3nav.model.objects import ObjectFact
from s3nav.model.request_counts import UsageBook


class Inventory(Protocol):
    """The objects of one bucket as they were listed before; used by one thread at a time."""

    @property
    def name(self) -> str:
        """Where it lies: an absolute path, or an S3 place."""
        ...

    @property
    def digest(self) -> str:
        """The same inventory has the same, wherever it lies."""
        ...

    @property
    def bucket(self) -> str:
        """That it lists."""
        ...

    @property
    def created_at(self) -> datetime:
        """As of when it tells. Aware, UTC."""
        ...

    @property
    def missing(self) -> tuple[str, ...]:
        """What it does not tell of its objects: ``LastModifiedDate``, ``StorageClass``."""
        ...

    @property
    def asked(self) -> UsageBook:
        """What reading it has asked S3 for."""
        ...

    def objects(
        self, heads: Sequence[str], check: Callable[[], None]
    ) -> Iterator[Sequence[ObjectFact]]:
        """Objects whose keys begin with one of `heads`, by pages, in byte order of keys.

        Nothing comes before all of it was verified. `check` is called meanwhile, and may raise.
        Raises S3NavError.
        """
        ...
