"""Cut an object into parts that workers fetch on their own."""

from collections.abc import Iterable

from s3nav.model.objects import ByteRange


def is_whole(size_bytes: int, part_bytes: int) -> bool:
    """True when one GET fetches the whole object."""
    return size_bytes <= part_bytes


def cut(size_bytes: int, part_bytes: int) -> list[ByteRange]:
    """The parts in file order; the last may be short; none for an empty object."""
    return [
        ByteRange(start=start, stop=min(start + part_bytes, size_bytes))
        for start in range(0, size_bytes, part_bytes)
    ]


def missing(
    size_bytes: int, part_bytes: int, recorded: Iterable[tuple[int, int]]
) -> list[ByteRange]:
    """The parts of `cut` that are not recorded as (start, stop), in file order."""
    known = set(recorded)
    return [span for span in cut(size_bytes, part_bytes) if (span.start, span.stop) not in known]
