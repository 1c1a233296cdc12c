"""Protocols for reading pages of listings in several processes."""

from typing import Protocol, runtime_checkable

from s3nav.model.objects import KeyPage, ListRequest


class PageReader(Protocol):
    """Reads pages of listings in this and other processes; thread-safe."""

    @property
    def processes(self) -> int:
        """Number of processes reading now."""
        ...

    def list_keys(self, request: ListRequest) -> KeyPage:
        """Return one page as `ObjectStore.list_keys` does, with the digest computed."""
        ...

    def close(self) -> None:
        """Stop the processes; may be called twice."""
        ...


@runtime_checkable
class ReadsFaster(Protocol):
    """A store that can read pages in other processes too."""

    def page_reader(self) -> PageReader | None:
        """Start a reader, which the caller closes; None when it would not be faster."""
        ...
