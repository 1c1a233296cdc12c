"""Parse sizes with units, as users type them."""

import re
from decimal import Decimal

from s3nav.model.errors import UsageError

KIB, MIB, GIB, TIB = 1 << 10, 1 << 20, 1 << 30, 1 << 40

BYTES_PER_UNIT = {
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KIB": KIB,
    "MIB": MIB,
    "GIB": GIB,
    "TIB": TIB,
}
"""Maps an upper-case unit to bytes: decimal for KB…TB, binary for KiB…TiB."""

_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*")


def parse_size(text: str) -> int:
    """Parse ``500``, ``8MiB``, ``1.5 GB`` as bytes; a bare number is bytes. Raises UsageError."""
    match = _SIZE.fullmatch(text)
    unit = (match[2] or "B").upper() if match else ""
    if match is None or unit not in BYTES_PER_UNIT:
        raise UsageError(
            f"`{text}` is not a size",
            remedy="write a number and B, KB, MB, GB, TB (decimal) or KiB, MiB, GiB, TiB",
        )
    return int(Decimal(match[1]) * BYTES_PER_UNIT[unit])
