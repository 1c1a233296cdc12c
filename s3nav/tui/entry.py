"""Open the cockpit for a session."""

import gc
import sys

from s3nav.browse import count_buckets
from s3nav.model.waits import UI_PRIORITY
from s3nav.present.cockpit_opening import Opening
from s3nav.tui.app import Cockpit
from s3nav.tui.ports import CockpitSession

SWITCH_S = 0.001
"""How long a thread that computes may keep the interpreter from the one that paints."""

FEW_AT_ONCE = (1_000, 5, 500)
"""Collect what paints leave behind often, a little each time: 50,000 at once take 40 ms."""


def run(session: CockpitSession, opening: Opening) -> int:
    """Show the cockpit until the user leaves it; returns the exit code."""
    sys.setswitchinterval(SWITCH_S)
    gc.set_threshold(*FEW_AT_ONCE)
    UI_PRIORITY.is_watched = True
    code = Cockpit(session, count_buckets, opening).run()
    return code if code is not None else 0
