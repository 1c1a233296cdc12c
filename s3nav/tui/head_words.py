"""The lines around the panes: who and where, the tabs, the keys."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from s3nav.present.formatting import Icons, Span, rate, safe_text, sparkline
from s3nav.settings import Settings
from s3nav.tui.actions import Place, footer_at, keys_shown
from s3nav.tui.bridge import Bridge
from s3nav.tui.panes.profiles import account_shown, profile_name
from s3nav.tui.ports import IdentityFact

SPARK_CELLS = 10
NO_LABELS: Mapping[str, str] = MappingProxyType({})
TABS = (
    ("profiles", "1 Profiles"),
    ("buckets", "2 Buckets"),
    ("transfers", "3 Transfers"),
    ("prices", "4 Prices"),
    ("scrapes", "5 Scrapes"),
)
"""Pane id and title."""


def head_left(settings: Settings, identity: IdentityFact | None, icons: Icons) -> list[Span]:
    """``s3nav ● analytics · 1111-2222-3333 · eu-west-1``."""
    facts = [
        account_shown(identity.account) if identity else "",
        (settings.endpoint_url or "").partition("://")[2],
        settings.region or "",
    ]
    known = "".join(f" · {safe_text(fact)}" for fact in facts if fact)
    return [
        (" s3nav  ", "accent"),
        (f"{icons.here} " if identity else f"{icons.cancelled} ", "good" if identity else "dim"),
        (safe_text(profile_name(settings)), ""),
        (known, "dim"),
    ]


def head_right(bridge: Bridge, icons: Icons) -> list[Span]:
    """How many jobs run, how fast and how fast at most, and how it went."""
    most = bridge.limit().bytes_per_s
    limit: list[Span] = [] if most is None else [(f"{icons.at_most} {rate(most)} ", "warn")]
    if not bridge.running:
        waiting = sum(not view.record.state.is_final for view in bridge.jobs.values())
        return [(f"{waiting} waiting ", "dim"), *limit] if waiting else limit
    jobs = f"{bridge.running} job{'s' * (bridge.running != 1)} "
    cells = min(SPARK_CELLS, len(bridge.samples))
    line = sparkline(bridge.samples, cells, ascii_only=icons.is_ascii)
    return [(jobs, "dim"), (f"{rate(bridge.bytes_per_s)} ", ""), *limit, (f"{line} ", "accent")]


def tab_parts(current: str) -> list[tuple[str, Sequence[Span]]]:
    """The five panes; the current one is lit."""
    return [
        (pane, ((f" {title} ", "accent" if pane == current else "dim"),)) for pane, title in TABS
    ]


def footer_parts(
    place: Place, width: int, labels: Mapping[str, str] = NO_LABELS
) -> list[tuple[str, Sequence[Span]]]:
    """Keys and words, as many as fit, help always; `labels` go before those of the actions."""
    actions, used = footer_at(place), 1
    parts: list[tuple[str, Sequence[Span]]] = []
    texts = [
        (action.id, keys_shown(action), labels.get(action.id, action.label)) for action in actions
    ]
    help_cells = len(texts[-1][1]) + len(texts[-1][2]) + 3
    for action_id, keys, label in texts:
        cells = len(keys) + len(label) + 3
        if action_id != texts[-1][0] and used + cells + help_cells > width:
            continue
        used += cells
        spans: tuple[Span, ...] = ((f" {keys}", "accent"), (f" {label} ", "dim"))
        parts.append((action_id, spans))
    return parts
