"""Switch to another profile while the cockpit is open."""

from collections.abc import Callable
from functools import partial

from s3nav.model.errors import S3NavError
from s3nav.tui.ask import ask
from s3nav.tui.bridge import Bridge
from s3nav.tui.frame import Frame
from s3nav.tui.modals.confirm import ConfirmModal
from s3nav.tui.panes.profiles import ProfilesPane
from s3nav.tui.panes.scans import ScanPane
from s3nav.tui.ports import CockpitSession

RUNNING_LINES = (
    "Jobs are running with the current profile.",
    "They will stop, and can be resumed.",
)


class ProfileSwitch:
    """Stops what runs with the old profile, then calls `done`, or `failed` with the error."""

    def __init__(
        self,
        frame: Frame,
        session: CockpitSession,
        bridge: Bridge,
        *,
        done: Callable[[], None],
        failed: Callable[[S3NavError], None],
    ) -> None:
        self._frame = frame
        self._session = session
        self._bridge = bridge
        self._done, self._failed = done, failed

    def confirm(self, name: str) -> None:
        """Use a profile; ask first if jobs run."""
        if not self._bridge.running:
            self.use(name)
            return

        def use_if(sure: bool | None) -> None:
            if sure:
                self.use(name)

        modal = ConfirmModal("switch the profile?", RUNNING_LINES, yes="switch")
        self._frame.app.push_screen(modal, use_if)

    def use(self, name: str) -> None:
        """Use a profile. Looking for its credentials may take a while, so a thread does it."""
        self._frame.identity = None
        self._frame.query_one(ScanPane).action_stop()
        pane, use = self._frame.query_one(ProfilesPane), partial(self._session.use_profile, name)
        ask(pane, use, lambda _: self._done(), self._failed, group="use")
