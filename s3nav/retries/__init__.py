"""Decide when a failed request is made again, and how many requests may be under way.

Every package that asks a server uses these rules, so `retry_attempts` holds for all of them.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.retries.async_limiter import AsyncLimiter, Turn
    from s3nav.retries.concurrency import ConcurrencyLimit, ThreadLimiter
    from s3nav.retries.request_retries import (
        USUAL_BACKOFF,
        Backoff,
        RequestCancelled,
        RequestRetries,
        RetryBudget,
        cancellation_check,
        no_check,
        retries_allowed,
    )
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "async_limiter": ("AsyncLimiter", "Turn"),
            "concurrency": ("ConcurrencyLimit", "ThreadLimiter"),
            "request_retries": (
                "USUAL_BACKOFF",
                "Backoff",
                "RequestCancelled",
                "RequestRetries",
                "RetryBudget",
                "cancellation_check",
                "no_check",
                "retries_allowed",
            ),
        },
    )

__all__ = [
    "USUAL_BACKOFF",
    "AsyncLimiter",
    "Backoff",
    "ConcurrencyLimit",
    "RequestCancelled",
    "RequestRetries",
    "RetryBudget",
    "ThreadLimiter",
    "Turn",
    "cancellation_check",
    "no_check",
    "retries_allowed",
]
