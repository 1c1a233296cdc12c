"""Messages of panes that want an overlay of scans; the frame shows it."""

from textual.message import Message

from s3nav.model.places import S3Uri


class ScanWanted(Message):
    """Show what takes up the space of a place: a kept scan, or a count started now."""

    def __init__(self, place: S3Uri, *, scan_id: str = "", count: bool = False) -> None:
        super().__init__()
        self.place = place
        self.scan_id = scan_id
        """The scan to show; empty for the newest."""
        self.count = count
        """True to count now, even if a scan is kept."""


class HistoryWanted(Message):
    """Show the scans of a place."""

    def __init__(self, place: S3Uri) -> None:
        super().__init__()
        self.place = place


class CompareWanted(Message):
    """Show what changed between two scans."""

    def __init__(self, place: S3Uri, before: str, after: str) -> None:
        super().__init__()
        self.place, self.before, self.after = place, before, after


class AvailabilityWanted(Message):
    """Show the days for which datasets have data."""
