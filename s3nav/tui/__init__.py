"""The cockpit: the full-screen front end."""

import os

# Textual reads it when it is loaded. A key is painted at the next of so many moments a second: at
# its usual 60, that wait is as long as the painting.
os.environ.setdefault("TEXTUAL_FPS", "240")

from s3nav.tui.entry import run  # see above

__all__ = ["run"]
