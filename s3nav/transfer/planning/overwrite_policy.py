"""What becomes of a file or object whose target exists."""

from s3nav.transfer.journal import FAILED, SKIPPED, PlannedItem

REPLACES = "replaces other bytes"
EXISTS = "exists: other bytes are there, and `--overwrite` was not given"


def apply_overwrite_policy(item: PlannedItem, same: str, *, overwrite: bool) -> None:
    """Skip it when `same` proves the bytes, else replace or refuse."""
    if same:
        item.state, item.reason = SKIPPED, f"already there: same size and {same}"
    elif overwrite:
        item.reason = REPLACES
    else:
        item.state, item.reason = FAILED, EXISTS
