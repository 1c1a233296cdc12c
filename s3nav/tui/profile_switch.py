"""Change the profile of a running cockpit."""

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
    "Jobs are still running with the present profile.",
    "They stop, and can be resumed.",
)


class ProfileSwitch:
    """Stops what runs with the old profile, then lets panes load with the other one."""

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
        """Use a profile; the user confirms first when jobs run."""
        if not self._bridge.running:
            self.use(name)
            return

        def use_if(sure: bool | None) -> None:
            if sure:
                self.use(name)

        modal = ConfirmModal("change the profile?", RUNNING_LINES, yes="change")
        self._frame.app.push_screen(modal, use_if)

    def use(self, name: str) -> None:
        """Use a profile; the thread that asks for its credentials may take a while."""
        self._frame.identity = None
        self._frame.query_one(ScanPane).action_stop()
        pane, use = self._frame.query_one(ProfilesPane), partial(self._session.use_profile, name)
        ask(pane, use, lambda _: self._done(), self._failed, group="use")
