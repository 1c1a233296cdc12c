"""Face 2: the cockpit, a full-screen terminal program."""

from s3nav.tui.entry import run

__all__ = ["run"]
