"""The order in which S3 lists keys."""

import itertools
import operator
from collections.abc import Sequence


def is_ordered(keys: Sequence[str], after: str) -> bool:
    """Each key once, in the order of their bytes, behind `after`."""
    if not keys:
        return True
    return keys[0] > after and all(map(operator.lt, keys, itertools.islice(keys, 1, None)))
