"""Pane 1: credential profiles."""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.tui.panes.profiles.profiles import ProfilesPane
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "profiles": ("ProfilesPane",),
        },
    )

__all__ = [
    "ProfilesPane",
]
