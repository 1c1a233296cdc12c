"""Pane 5: scrapes, their resources, and what changed between them."""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.tui.panes.scrapes.activity import ActivityPane
    from s3nav.tui.panes.scrapes.changes import ChangesPane
    from s3nav.tui.panes.scrapes.explorer import ExplorerPane
    from s3nav.tui.panes.scrapes.scrapes import ScrapesPane
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "activity": ("ActivityPane",),
            "changes": ("ChangesPane",),
            "explorer": ("ExplorerPane",),
            "scrapes": ("ScrapesPane",),
        },
    )

__all__ = [
    "ActivityPane",
    "ChangesPane",
    "ExplorerPane",
    "ScrapesPane",
]
