"""List workers: processes that request and parse pages of listings, so that all cores work.

`list_workers` runs in the process that lists; `list_worker` is the program of a worker process.

Parsing holds the GIL, so threads alone use one core. Messages are pickled and cross a pair of
sockets. Measured, the cost is in the number of objects and not in the bytes: a page therefore
travels as a few large pieces (`SentPage`), and what most requests share, such as keys and the
digest, is pickled once and recognised by its bytes.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.aws.list_workers.list_workers import ListWorkers, WorkerPageReader, usual_number
    from s3nav.aws.list_workers.messages import WorkerSetup
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "list_workers": ("WorkerPageReader", "ListWorkers", "usual_number"),
            "messages": ("WorkerSetup",),
        },
    )

__all__ = [
    "ListWorkers",
    "WorkerPageReader",
    "WorkerSetup",
    "usual_number",
]
