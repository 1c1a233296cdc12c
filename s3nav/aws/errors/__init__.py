"""Translate errors of botocore, S3 and sockets into s3nav's, each with a remedy.

`error_rules` is the table of error codes; `translation` applies it.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.aws.errors.translation import (
        ended_early,
        from_botocore,
        from_response,
        from_transport,
        malformed,
        stalled,
    )
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "translation": (
                "ended_early",
                "from_response",
                "from_botocore",
                "from_transport",
                "malformed",
                "stalled",
            ),
        },
    )

__all__ = [
    "ended_early",
    "from_botocore",
    "from_response",
    "from_transport",
    "malformed",
    "stalled",
]
