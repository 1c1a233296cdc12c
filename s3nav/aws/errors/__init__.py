"""Turn what botocore, S3 and sockets report into s3nav's errors, each with a remedy.

`error_rules` is the table of error codes; `translation` applies it.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.aws.errors.translation import from_answer, from_botocore, from_transport, stalled
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "translation": ("from_answer", "from_botocore", "from_transport", "stalled"),
        },
    )

__all__ = [
    "from_answer",
    "from_botocore",
    "from_transport",
    "stalled",
]
