"""Read an offer file of any format the price list has used, in bounded memory."""

from collections.abc import Iterator
from pathlib import Path

from s3nav.pricing.index.offer_blocks import BOM, read_blocks
from s3nav.pricing.index.offer_csv import read_csv
from s3nav.pricing.index.offer_events import read_events
from s3nav.pricing.index.offer_records import Batch, OfferDamagedError, OfferHead, ShapeDiffersError

_PROBE_BYTES = 4096


def read_offer(path: Path, *, quick: bool = True) -> Iterator[Batch]:
    """Yield the head, then products and rates of a file.

    `quick` reads JSON in AWS's own layout and raises ShapeDiffersError for any other, possibly
    after some batches; the caller then starts over without it. Raises OfferDamagedError, OSError.
    """
    if is_csv(path):
        yield from read_csv(path)
    elif quick:
        with path.open("rb") as file:
            yield from read_blocks(file)
    else:
        yield from read_events(path)


def is_csv(path: Path) -> bool:
    """True for CSV, False for JSON. Raises OfferDamagedError when the file is neither."""
    with path.open("rb") as file:
        first = file.read(_PROBE_BYTES).removeprefix(BOM).lstrip()
    if first.startswith((b"FormatVersion", b'"FormatVersion"')):
        return True
    if first.startswith(b"{"):
        return False
    what = "a web page" if first.startswith(b"<") else "neither JSON nor CSV of the price list"
    if not first:
        what = "empty"
    raise OfferDamagedError(
        f"`{path}` is {what}", remedy="`s3nav --headless pricing download` fetches it again"
    )


def head_of(path: Path) -> OfferHead:
    """Read only the head, which is fast for AWS's own files. Raises as `read_offer` does."""
    from_start = read_offer(path)
    try:
        first = next(from_start)
    except ShapeDiffersError:
        first = next(read_offer(path, quick=False))
    assert isinstance(first, OfferHead)
    return first
