"""Signs the cockpit draws, and their plain ASCII stand-ins."""

import msgspec


class Icons(msgspec.Struct, frozen=True, kw_only=True):
    """One sign a field, each one cell wide."""

    cursor: str = "▸"
    marked: str = "●"
    descending: str = "▾"
    ascending: str = "▴"
    ellipsis: str = "…"
    done: str = "✔"
    failed: str = "✘"
    running: str = "▶"
    paused: str = "‖"
    waiting: str = "·"
    cancelled: str = "○"
    here: str = "●"
    frozen: str = "❄"
    rule: str = "─"
    at_most: str = "≤"
    is_ascii: bool = False


UNICODE = Icons()
ASCII = Icons(
    cursor=">",
    marked="*",
    descending="v",
    ascending="^",
    ellipsis="~",
    done="+",
    failed="!",
    running=">",
    paused="=",
    waiting=".",
    cancelled="o",
    here="@",
    frozen="#",
    rule="-",
    at_most="<",
    is_ascii=True,
)


def icons(*, ascii_only: bool) -> Icons:
    """The signs for a terminal."""
    return ASCII if ascii_only else UNICODE
