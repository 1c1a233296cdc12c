"""Worker processes that request and parse pages of listings, so that all cores work.

`list_workers` runs in the process that lists; `list_worker` is the program of a worker process.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.aws.list_workers.list_workers import ClerkReader, Clerks, usual_number
    from s3nav.aws.list_workers.messages import Terms
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "list_workers": ("ClerkReader", "Clerks", "usual_number"),
            "messages": ("Terms",),
        },
    )

__all__ = [
    "ClerkReader",
    "Clerks",
    "Terms",
    "usual_number",
]
