"""Fetch objects: whole small ones in batches, large ones in parts by several threads.

`engine` starts the threads, `scheduler` hands them work, `committer` makes files durable
and records them.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.transfer.download.engine import DownloadRunner
    from s3nav.transfer.download.limits import Bandwidth, EngineTuning
    from s3nav.transfer.download.running_job import RateMeter, time_left_s
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "engine": ("DownloadRunner",),
            "limits": ("Bandwidth", "EngineTuning"),
            "running_job": ("RateMeter", "time_left_s"),
        },
    )

__all__ = [
    "Bandwidth",
    "DownloadRunner",
    "EngineTuning",
    "RateMeter",
    "time_left_s",
]
