"""The order in which S3 lists keys: that of their UTF-8 bytes (user guide, "Listing objects")."""

import itertools
import operator
from collections.abc import Sequence


def is_ordered(keys: Sequence[str], after: str) -> bool:
    """Whether keys are unique, in byte order and greater than `after`."""
    if not keys:
        return True
    return keys[0] > after and all(map(operator.lt, keys, itertools.islice(keys, 1, None)))
