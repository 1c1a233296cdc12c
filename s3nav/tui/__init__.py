"""The cockpit: the full-screen front end."""

import os

# Textual reads this when it is imported. It paints a key press at the next frame: with its usual
# 60 frames a second, that wait is as long as the painting itself.
os.environ.setdefault("TEXTUAL_FPS", "240")

from s3nav.tui.app import run  # must follow the line above

__all__ = ["run"]
