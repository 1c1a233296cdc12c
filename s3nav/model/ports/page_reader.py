"""Reading pages of listings in more processes than one, as protocols."""

from typing import Protocol, runtime_checkable

from s3nav.model.objects import KeyPage, ListRequest


class PageReader(Protocol):
    """Reads pages of listings, in this process and in others; for any number of threads."""

    @property
    def processes(self) -> int:
        """How many read just now."""
        ...

    def list_keys(self, request: ListRequest) -> KeyPage:
        """As that of `ObjectStore`, with the digest."""
        ...

    def close(self) -> None:
        """Nobody reads any more. Calling it twice is fine."""
        ...


@runtime_checkable
class ReadsFaster(Protocol):
    """A store that can read pages in more processes than this one."""

    def page_reader(self) -> PageReader | None:
        """Start them; close the reader when done. None where there is nothing to gain."""
        ...
