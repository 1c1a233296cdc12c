"""How long to wait before a request is made again: exponential backoff with full jitter."""

import random

import msgspec

_MOST_DOUBLINGS = 60
"""More would not fit into a float, and every bound is reached long before."""


class Backoff(msgspec.Struct, frozen=True, kw_only=True):
    """Delays of one kind of request, in seconds. The bound doubles from `first_s` to `longest_s`.

    Full jitter spreads clients evenly that failed at the same moment:
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """

    first_s: float = 0.2
    """The longest delay before the first retry."""
    longest_s: float = 20.0
    shortest_s: float = 0.0

    def delay_s(self, attempt: int, draw: random.Random) -> float:
        """The delay before retry number `attempt`, from 1."""
        bound_s = self.first_s * 2.0 ** min(attempt - 1, _MOST_DOUBLINGS)
        shortest_s = min(self.shortest_s, self.longest_s)
        return draw.uniform(shortest_s, max(shortest_s, min(self.longest_s, bound_s)))


USUAL_BACKOFF = Backoff()
"""For requests to S3: up to 0.2 s before the first retry, never more than 20 s."""
