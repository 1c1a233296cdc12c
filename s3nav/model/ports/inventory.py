"""The protocol of an inventory that a download can use in place of a listing."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from s3nav.model.objects import ObjectFact
from s3nav.model.request_counts import UsageBook


class Inventory(Protocol):
    """The objects of one bucket at an earlier time; used by one thread at a time."""

    @property
    def name(self) -> str:
        """Where it is: an absolute path or an S3 URI."""
        ...

    @property
    def digest(self) -> str:
        """Identifies the inventory independently of where it is stored."""
        ...

    @property
    def bucket(self) -> str:
        """The bucket whose objects it lists."""
        ...

    @property
    def created_at(self) -> datetime:
        """The time it describes, aware UTC."""
        ...

    @property
    def missing(self) -> tuple[str, ...]:
        """Fields it does not have, such as ``LastModifiedDate`` or ``StorageClass``."""
        ...

    @property
    def asked(self) -> UsageBook:
        """The requests sent to S3 to read it."""
        ...

    def objects(
        self, heads: Sequence[str], check: Callable[[], None]
    ) -> Iterator[Sequence[ObjectFact]]:
        """Yield pages of objects whose keys start with one of `heads`, in byte order of keys.

        The whole inventory is verified before the first page. `check` is called during the work
        and may raise to stop it. Raises S3NavError.
        """
        ...
