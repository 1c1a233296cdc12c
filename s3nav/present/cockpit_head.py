"""The lines around the cockpit's panes: credentials and endpoint, tabs, keys."""

from collections.abc import Sequence

import msgspec

from s3nav.present.formatting import Icons, Span, rate, safe_text, sparkline
from s3nav.settings import GIVEN_KEYS, Settings

SPARK_CELLS = 10
TABS = (
    ("profiles", "1 Profiles"),
    ("buckets", "2 Buckets"),
    ("transfers", "3 Transfers"),
    ("prices", "4 Prices"),
    ("scrapes", "5 Scrapes"),
)
"""Pane id and title."""


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """The totals of all jobs for the header."""

    running: int
    unfinished: int
    """Jobs that have not ended, running ones included."""
    bytes_per_s: float
    limit_bytes_per_s: float | None
    """None when there is no limit now."""
    samples: Sequence[float]
    """Bytes per second, oldest first."""


def head_left(
    settings: Settings, account: str | None, icons: Icons, *, given_keys: str = GIVEN_KEYS
) -> list[Span]:
    """``s3nav ● analytics · 1111-2222-3333 · eu-west-1``.

    `account` is None until S3 has accepted the credentials, and empty when S3 names none.
    `given_keys` is shown for keys of no profile: see `given_keys_shown`.
    """
    facts = [
        account_shown(account or ""),
        (settings.endpoint_url or "").partition("://")[2],
        settings.region or "",
    ]
    known = "".join(f" · {safe_text(fact)}" for fact in facts if fact)
    accepted = account is not None
    name = profile_name(settings)
    return [
        (" s3nav  ", "accent"),
        (f"{icons.here} " if accepted else f"{icons.cancelled} ", "good" if accepted else "dim"),
        (safe_text(given_keys if name == GIVEN_KEYS else name), ""),
        (known, "dim"),
    ]


def head_right(traffic: Traffic, icons: Icons, size_style: str = "auto") -> list[Span]:
    """Return the number of running or waiting jobs, their rate, its limit and a sparkline."""
    limit: list[Span] = []
    if traffic.limit_bytes_per_s is not None:
        limit.append((f"{icons.at_most} {rate(traffic.limit_bytes_per_s, size_style)} ", "warn"))
    if not traffic.running:
        waiting = f"{traffic.unfinished} waiting "
        return [(waiting, "dim"), *limit] if traffic.unfinished else limit
    jobs = f"{traffic.running} job{'s' * (traffic.running != 1)} "
    cells = min(SPARK_CELLS, len(traffic.samples))
    line = sparkline(traffic.samples, cells, ascii_only=icons.is_ascii)
    now = rate(traffic.bytes_per_s, size_style)
    return [(jobs, "dim"), (f"{now} ", ""), *limit, (f"{line} ", "accent")]


def tab_parts(current: str) -> list[tuple[str, Sequence[Span]]]:
    """Return the tabs of the panes; the current one is highlighted."""
    return [
        (pane, ((f" {title} ", "accent" if pane == current else "dim"),)) for pane, title in TABS
    ]


def footer_parts(
    keys: Sequence[tuple[str, str, str]], width: int
) -> list[tuple[str, Sequence[Span]]]:
    """Return as many keys as fit `width` cells, and always the last one.

    `keys` are an action's id, its key and its label, the most useful first.
    """
    parts: list[tuple[str, Sequence[Span]]] = []
    last_id, last_key, last_label = keys[-1]
    last_cells, used = len(last_key) + len(last_label) + 3, 1
    for action_id, key, label in keys:
        cells = len(key) + len(label) + 3
        if action_id != last_id and used + cells + last_cells > width:
            continue
        used += cells
        parts.append((action_id, ((f" {key}", "accent"), (f" {label} ", "dim"))))
    return parts


def profile_name(settings: Settings) -> str:
    """Return the name of the credentials in use."""
    if settings.anonymous:
        return "anonymous"
    return settings.profile or (GIVEN_KEYS if settings.access_key else "default")


def given_keys_shown(settings: Settings, *, is_demo: bool) -> str:
    """``demo``, or ``key AKIA…``: what the keys are that come from no profile."""
    return "demo" if is_demo else f"key {settings.access_key}"


def account_shown(account: str) -> str:
    """Format an account ID: ``1111-2222-3333``."""
    if len(account) == 12 and account.isdigit():
        return f"{account[:4]}-{account[4:8]}-{account[8:]}"
    return safe_text(account)
