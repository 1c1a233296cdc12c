"""What panes ask of each other about scans; the frame brings the pane that shows it."""

from textual.message import Message

from s3nav.model.places import S3Uri


class ScanWanted(Message):
    """Show what takes up the space of a place: its newest scan, or one to be made."""

    def __init__(self, place: S3Uri, *, scan_id: str = "", count: bool = False) -> None:
        super().__init__()
        self.place = place
        self.scan_id = scan_id
        """That scan; empty for the newest."""
        self.count = count
        """True to count now, whatever is kept."""


class HistoryWanted(Message):
    """Show the scans kept of a place."""

    def __init__(self, place: S3Uri) -> None:
        super().__init__()
        self.place = place


class CompareWanted(Message):
    """Show what changed between two scans."""

    def __init__(self, place: S3Uri, before: str, after: str) -> None:
        super().__init__()
        self.place, self.before, self.after = place, before, after


class AvailabilityWanted(Message):
    """Show which days the datasets of the settings have."""
