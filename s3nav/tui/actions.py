"""Every key of the cockpit: bindings, footer, help, palette and docs come from this table."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType

import msgspec
from textual.binding import Binding, BindingType

FOOTER_MOST = 8


class Group(StrEnum):
    """Where an action lives; the title it has in the help."""

    EVERYWHERE = "everywhere"
    LISTS = "lists"
    MARKS = "marks"
    PROFILES = "profiles"
    BUCKETS = "buckets"
    BROWSER = "browser"
    SCAN = "scan"
    HISTORY = "scans of a place"
    COMPARE = "compared scans"
    AVAILABILITY = "days of datasets"
    TRANSFERS = "transfers"
    FILES = "files of a job"
    PRICES = "prices"
    SCRAPES = "scrapes"
    EXPLORER = "resources of a scrape"
    CHANGES = "changes between scrapes"
    ACTIVITY = "scrapes day by day"


class Place(StrEnum):
    """What the user is looking at; decides which keys are shown."""

    PROFILES = "profiles"
    BUCKETS = "buckets"
    BROWSER = "browser"
    SCAN = "scan"
    HISTORY = "history"
    COMPARE = "compare"
    AVAILABILITY = "availability"
    TRANSFERS = "transfers"
    FILES = "files"
    PRICES = "prices"
    SCRAPES = "scrapes"
    EXPLORER = "explorer"
    CHANGES = "changes"
    ACTIVITY = "activity"


class Action(msgspec.Struct, frozen=True):
    """One thing a key does. The id never changes: users remap by it."""

    id: str
    keys: str
    """Textual key names, with commas."""
    label: str
    """Two words for the footer."""
    help: str
    """One line for the help and the palette."""
    run: str
    """The Textual action, looked up on the widget that has the group's bindings."""
    group: Group
    footer: int = 0
    """Rank in the footer, lowest first; 0 never shown there."""


_E, _L, _M = Group.EVERYWHERE, Group.LISTS, Group.MARKS
_SC, _HI, _CO, _PR = Group.SCAN, Group.HISTORY, Group.COMPARE, Group.PRICES
_AV = Group.AVAILABILITY
_RU, _EX, _CH, _AC = Group.SCRAPES, Group.EXPLORER, Group.CHANGES, Group.ACTIVITY
_P, _B, _O, _T, _F = Group.PROFILES, Group.BUCKETS, Group.BROWSER, Group.TRANSFERS, Group.FILES

# fmt: off
ACTIONS: tuple[Action, ...] = (
    Action("app.help", "question_mark,f1", "help", "the keys of this place", "help", _E, 99),
    Action("app.palette", "ctrl+p", "palette", "find any action, profile or bucket by name", "command_palette", _E),
    Action("app.command", "colon", "command", "type a command: :bucket NAME, :profile NAME, s3://b/p/, :q", "command_line", _E),
    Action("app.profiles", "1", "profiles", "who you are", "show_pane('profiles')", _E),
    Action("app.buckets", "2", "buckets", "buckets and what is in them", "show_pane('buckets')", _E),
    Action("app.transfers", "3", "transfers", "the queue of downloads, uploads and copies", "show_pane('transfers')", _E),
    Action("app.prices", "4", "prices", "what things cost", "show_pane('prices')", _E),
    Action("app.scrapes", "5", "scrapes", "what an account holds", "show_pane('scrapes')", _E),
    Action("app.back", "escape", "back", "leave exactly one layer: line, range, filter, marks, view", "back", _E),
    Action("app.refresh", "ctrl+r", "refresh", "ask S3 again", "refresh", _E),
    Action("app.theme", "f2", "theme", "next theme: dark, light, high contrast", "next_theme", _E),
    Action("app.suspend", "ctrl+z", "suspend", "to the shell; fg comes back", "suspend_process", _E),
    Action("app.quit", "q,ctrl+q,ctrl+c", "quit", "leave; asks first when something would stop", "ask_quit", _E),
    Action("list.down", "j,down", "down", "next row", "down", _L),
    Action("list.up", "k,up", "up", "row before", "up", _L),
    Action("list.top", "g,home", "top", "first row", "top", _L),
    Action("list.bottom", "G,end", "bottom", "last row", "bottom", _L),
    Action("list.half_down", "ctrl+d", "half down", "half a page down", "half(1)", _L),
    Action("list.half_up", "ctrl+u", "half up", "half a page up", "half(-1)", _L),
    Action("list.page_down", "pagedown", "page down", "a page down", "page(1)", _L),
    Action("list.page_up", "pageup", "page up", "a page up", "page(-1)", _L),
    Action("list.sort", "o", "sort", "sort by the next column; click a header to choose", "sort", _L, 80),
    Action("list.reverse", "O", "reverse", "turn the order round", "reverse", _L),
    Action("list.filter", "slash", "filter", "show only rows that contain what you type", "filter", _L, 70),
    Action("mark.toggle", "space", "mark", "mark the row and go on", "mark", _M, 30),
    Action("mark.range", "v", "range", "mark from here; move, then v again", "range", _M),
    Action("mark.invert", "asterisk", "invert", "mark what is not marked, and the reverse", "invert", _M),
    Action("profiles.use", "enter", "use", "work with this profile and check who it is", "use", _P, 1),
    Action("buckets.open", "enter,l,right", "open", "look into the bucket", "open", _B, 1),
    Action("buckets.count", "z", "count", "count objects and bytes of this bucket or the marked ones", "count", _B, 2),
    Action("buckets.download", "s", "download", "queue this bucket or the marked ones", "download", _B, 10),
    Action("buckets.totals", "t", "totals", "what takes up the space, by prefix", "totals", _B, 4),
    Action("buckets.history", "H", "history", "the scans kept of the bucket", "history", _B, 50),
    Action("buckets.cost", "dollar_sign", "cost", "what downloading this bucket or the marked ones costs; lists them", "cost", _B, 20),
    Action("buckets.count_all", "Z", "count all", "count every bucket", "count_all", _B, 3),
    Action("buckets.stop", "x", "stop", "stop counting", "stop", _B),
    Action("buckets.availability", "a", "availability", "which days the datasets of the settings have", "availability", _B, 55),
    Action("buckets.yank", "y", "yank", "copy the URI", "yank", _B, 60),
    Action("browser.open", "enter,l,right", "open", "enter the prefix", "open", _O, 1),
    Action("browser.up", "h,backspace,left", "up", "one level up", "up", _O, 2),
    Action("browser.back", "left_square_bracket", "back", "the place before", "history(-1)", _O),
    Action("browser.forward", "right_square_bracket", "forward", "the place after", "history(1)", _O),
    Action("browser.download", "s", "download", "queue what is marked, or this row", "download", _O, 10),
    Action("browser.count", "z", "count", "count the prefix, and see what takes up the space", "count", _O, 14),
    Action("browser.cost", "dollar_sign", "cost", "what downloading what is marked, or this row, costs", "cost", _O, 15),
    Action("browser.upload", "u", "upload", "send a file or directory to this level (needs --allow-write)", "upload", _O),
    Action("browser.copy", "c", "copy", "copy what is marked, or this row, inside S3 (needs --allow-write)", "copy", _O),
    Action("browser.details", "d", "details", "what S3 knows of the object", "details", _O, 20),
    Action("browser.prefix", "backslash", "prefix", "list only keys that start so; S3 filters", "prefix", _O, 40),
    Action("browser.more", "m", "more", "go on listing after a stop", "more", _O),
    Action("browser.yank", "y", "yank", "copy the URI", "yank", _O, 60),
    Action("browser.headless", "Y", "as headless", "copy the command line that downloads what is marked, or this row", "headless", _O),
    Action("transfers.headless", "Y", "as headless", "copy an equivalent command line of the job", "headless", _T),
    Action("scan.open", "enter,l,right", "open", "enter the prefix", "open", _SC, 1),
    Action("scan.up", "h,backspace,left", "up", "one level up", "up", _SC, 2),
    Action("scan.count", "z", "count", "count again, or go on", "count", _SC, 3),
    Action("scan.stop", "x", "stop", "stop counting; what is counted stays", "stop", _SC, 4),
    Action("scan.compare", "c", "compare", "what changed since the scan before", "compare", _SC, 5),
    Action("scan.history", "H", "history", "all scans of the place", "history", _SC, 6),
    Action("scan.download", "s", "download", "queue what is marked, or this row", "download", _SC, 10),
    Action("scan.yank", "y", "yank", "copy the URI", "yank", _SC, 60),
    Action("history.open", "enter,l,right", "open", "look into the scan", "open", _HI, 1),
    Action("history.up", "h,backspace,left", "back", "where you came from", "leave", _HI, 2),
    Action("history.compare", "c", "compare", "two marked scans, or this and the one before", "compare", _HI, 3),
    Action("history.forget", "D", "forget", "forget the scan; objects stay", "forget", _HI, 4),
    Action("compare.open", "enter,l,right", "open", "what changed below the prefix", "open", _CO, 1),
    Action("compare.up", "h,backspace,left", "up", "one level up", "up", _CO, 2),
    Action("compare.yank", "y", "yank", "copy the URI", "yank", _CO, 60),
    Action("availability.count", "enter,z", "count", "count this path set or the marked ones by day", "count", _AV, 1),
    Action("availability.count_all", "Z", "count all", "count every path set", "count_all", _AV, 2),
    Action("availability.stop", "x", "stop", "stop counting; what is counted stays", "stop", _AV, 3),
    Action("availability.earlier", "left_square_bracket", "earlier", "earlier weeks, where not all fit", "turn(-1)", _AV, 4),
    Action("availability.later", "right_square_bracket", "later", "later weeks", "turn(1)", _AV, 5),
    Action("availability.up", "h,backspace,left", "back", "back to the buckets", "leave", _AV, 6),
    Action("availability.yank", "y", "yank", "copy the URI", "yank", _AV, 60),
    Action("transfers.files", "enter", "files", "the files of the job", "files", _T, 1),
    Action("transfers.pause", "space", "pause", "pause, or go on", "pause", _T, 2),
    Action("transfers.cancel", "x", "cancel", "stop the job for good; files on disk stay", "cancel", _T, 3),
    Action("transfers.stop_listing", "X", "stop listing", "give up a job that is still being listed", "stop_listing", _T),
    Action("transfers.retry", "r", "retry", "try what failed again", "retry", _T, 4),
    Action("transfers.move_up", "K", "move up", "give the job the place above; the highest gets the most", "move('up')", _T, 6),
    Action("transfers.move_down", "J", "move down", "the place below", "move('down')", _T),
    Action("transfers.bandwidth", "b", "bandwidth", "limit all downloads together, by the time of day if you like", "bandwidth", _T, 7),
    Action("transfers.clear", "C", "clear done", "forget jobs that ended; files on disk stay", "clear", _T, 5),
    Action("files.up", "h,backspace,left", "queue", "back to the queue", "leave", _F, 1),
    Action("files.yank", "y", "yank", "copy the URI", "yank", _F, 60),
    Action("prices.search", "s", "search", "search every price that is here", "search", _PR, 1),
    Action("prices.open", "enter", "details", "what the product is; or take the facet", "open", _PR, 5),
    Action("prices.narrow", "f", "narrow", "to a service, region, kind or family", "narrow", _PR, 2),
    Action("prices.quantity", "n", "N cost?", "say what a quantity of it costs", "quantity", _PR, 3),
    Action("prices.regions", "c", "regions", "the same thing in every region", "regions", _PR, 4),
    Action("prices.changes", "D", "changes", "what the newest version changed", "changes", _PR, 7),
    Action("prices.fetch", "d", "fetch", "fetch price lists, or what is new of them", "fetch", _PR, 6),
    Action("prices.stop", "x", "stop", "stop fetching", "stop", _PR),
    Action("prices.yank", "y", "yank", "copy the SKU", "yank", _PR),
    Action("scrapes.open", "enter,l,right", "explore", "what the scrape found", "explore", _RU, 1),
    Action("scrapes.new", "n", "new", "scrape the account: services and regions", "scrape", _RU, 2),
    Action("scrapes.compare", "c", "compare", "this scrape with the one before, or two marked ones", "compare", _RU, 3),
    Action("scrapes.activity", "t", "timeline", "scrapes day by day, and what the store holds", "activity", _RU, 4),
    Action("scrapes.stop", "x", "stop", "stop a running scrape; what it found stays", "stop", _RU, 5),
    Action("scrapes.delete", "D", "forget", "forget the scrape; asks for a typed word", "delete", _RU),
    Action("explorer.json", "enter", "JSON", "the resource in full, over the table where there is little room", "json", _EX, 1),
    Action("explorer.turn", "tab", "turn", "the keys to the next of tree, table and JSON", "turn", _EX, 2),
    Action("explorer.search", "f", "search", "find resources of the scrape by words", "search", _EX, 3),
    Action("explorer.up", "backspace", "scrapes", "back to the scrapes", "leave", _EX, 4),
    Action("explorer.yank", "y", "yank", "copy the ARN or the id", "yank", _EX, 60),
    Action("changes.up", "h,backspace,left", "scrapes", "back to the scrapes", "leave", _CH, 1),
    Action("changes.yank", "y", "yank", "copy the ARN or the id", "yank", _CH, 60),
    Action("activity.turn", "t,tab", "turn", "days or services", "turn", _AC, 1),
    Action("activity.up", "h,backspace,left", "scrapes", "back to the scrapes", "leave", _AC, 2),
)
# fmt: on

GROUPS_OF: dict[Place, tuple[Group, ...]] = {
    Place.PROFILES: (_P, _L, _E),
    Place.BUCKETS: (_B, _M, _L, _E),
    Place.BROWSER: (_O, _M, _L, _E),
    Place.SCAN: (_SC, _M, _L, _E),
    Place.HISTORY: (_HI, _M, _L, _E),
    Place.COMPARE: (_CO, _L, _E),
    Place.AVAILABILITY: (_AV, _M, _L, _E),
    Place.TRANSFERS: (_T, _L, _E),
    Place.FILES: (_F, _L, _E),
    Place.PRICES: (_PR, _L, _E),
    Place.SCRAPES: (_RU, _M, _L, _E),
    Place.EXPLORER: (_EX, _M, _L, _E),
    Place.CHANGES: (_CH, _L, _E),
    Place.ACTIVITY: (_AC, _L, _E),
}
"""Nearest first: the order of the help, and which keys work where."""
NO_LABELS: Mapping[str, str] = MappingProxyType({})

_SHOWN = {
    "question_mark": "?",
    "dollar_sign": "$",
    "colon": ":",
    "slash": "/",
    "asterisk": "*",
    "backslash": "\\",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "escape": "esc",
    "pagedown": "pgdn",
    "pageup": "pgup",
    "down": "↓",
    "up": "↑",
    "left": "←",
    "right": "→",
}


def bindings(*groups: Group) -> list[BindingType]:
    """The Textual bindings of some groups; ids are what a keymap names."""
    return [
        Binding(action.keys, action.run, action.label, show=False, id=action.id)
        for action in ACTIONS
        if action.group in groups
    ]


def actions_at(place: Place) -> Iterator[Action]:
    """Everything that can be done here, the place's own actions first."""
    for group in GROUPS_OF[place]:
        yield from (action for action in ACTIONS if action.group is group)


def footer_at(place: Place) -> tuple[Action, ...]:
    """At most eight actions, the most wanted first, help last."""
    ranked = sorted((a for a in actions_at(place) if a.footer), key=lambda a: a.footer)
    if len(ranked) > FOOTER_MOST:
        ranked = [*ranked[: FOOTER_MOST - 1], ranked[-1]]
    return tuple(ranked)


def footer_keys(place: Place, labels: Mapping[str, str] = NO_LABELS) -> list[tuple[str, str, str]]:
    """Id, key and label of the footer's actions.

    `labels` replace those of the actions; an empty one leaves its action out.
    """
    shown = [
        (action.id, keys_shown(action), labels.get(action.id, action.label))
        for action in footer_at(place)
    ]
    return [each for each in shown if each[2]]


def keys_shown(action: Action, *, all_keys: bool = False) -> str:
    """The keys as printed on a keyboard; only the first unless `all_keys`."""
    names = [_SHOWN.get(key, key) for key in action.keys.split(",")]
    return " ".join(names) if all_keys else names[0]
