"""Every key of the cockpit. Bindings, footer, help and palette are made from this table."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType

import msgspec
from textual.binding import Binding, BindingType

FOOTER_MOST = 8


class Group(StrEnum):
    """The part of the cockpit an action belongs to, and its title in the help."""

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
    """What is on screen; decides which keys work and are shown."""

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
    """What a key does. The id never changes, because users remap keys by it."""

    id: str
    keys: str
    """Textual key names, with commas."""
    label: str
    """A word or two for the footer."""
    help: str
    """A line for the help and the palette."""
    run: str
    """The Textual action. Textual looks it up on the widget that has the group's bindings."""
    group: Group
    footer: int = 0
    """Rank in the footer, lowest first; 0 leaves it out."""


_E, _L, _M = Group.EVERYWHERE, Group.LISTS, Group.MARKS
_SC, _HI, _CO, _PR = Group.SCAN, Group.HISTORY, Group.COMPARE, Group.PRICES
_AV = Group.AVAILABILITY
_RU, _EX, _CH, _AC = Group.SCRAPES, Group.EXPLORER, Group.CHANGES, Group.ACTIVITY
_P, _B, _O, _T, _F = Group.PROFILES, Group.BUCKETS, Group.BROWSER, Group.TRANSFERS, Group.FILES

# fmt: off
ACTIONS: tuple[Action, ...] = (
    Action("app.help", "question_mark,f1", "help", "the keys that work here", "help", _E, 99),
    Action("app.palette", "ctrl+p", "palette", "find any action, profile or bucket by name", "command_palette", _E),
    Action("app.command", "colon", "command", "type a command: :bucket NAME, :profile NAME, s3://b/p/, :q", "command_line", _E),
    Action("app.profiles", "1", "profiles", "credential profiles", "show_pane('profiles')", _E),
    Action("app.buckets", "2", "buckets", "buckets and their contents", "show_pane('buckets')", _E),
    Action("app.transfers", "3", "transfers", "the queue of downloads, uploads and copies", "show_pane('transfers')", _E),
    Action("app.prices", "4", "prices", "AWS prices", "show_pane('prices')", _E),
    Action("app.scrapes", "5", "scrapes", "the resources of your account", "show_pane('scrapes')", _E),
    Action("app.back", "escape", "back", "close the innermost: input line, range, filter, marks, overlay", "back", _E),
    Action("app.refresh", "ctrl+r", "refresh", "ask S3 again", "refresh", _E),
    Action("app.theme", "f2", "theme", "next theme: dark, light, high contrast", "next_theme", _E),
    Action("app.suspend", "ctrl+z", "suspend", "suspend to the shell; fg returns", "suspend_process", _E),
    Action("app.quit", "q,ctrl+q,ctrl+c", "quit", "quit; asks first if something would stop", "ask_quit", _E),
    Action("list.down", "j,down", "down", "next row", "move('row', 1)", _L),
    Action("list.up", "k,up", "up", "previous row", "move('row', -1)", _L),
    Action("list.top", "g,home", "top", "first row", "move('end', -1)", _L),
    Action("list.bottom", "G,end", "bottom", "last row", "move('end', 1)", _L),
    Action("list.half_down", "ctrl+d", "half down", "half a page down", "move('half', 1)", _L),
    Action("list.half_up", "ctrl+u", "half up", "half a page up", "move('half', -1)", _L),
    Action("list.page_down", "pagedown", "page down", "a page down", "move('page', 1)", _L),
    Action("list.page_up", "pageup", "page up", "a page up", "move('page', -1)", _L),
    Action("list.sort", "o", "sort", "sort by the next column; click a header to choose", "sort", _L, 80),
    Action("list.reverse", "O", "reverse", "reverse the order", "reverse", _L),
    Action("list.filter", "slash", "filter", "show only rows that contain a text", "filter", _L, 70),
    Action("mark.toggle", "space", "mark", "mark or unmark the row, and move down", "mark", _M, 30),
    Action("mark.range", "v", "range", "mark a range: v, move, v again", "range", _M),
    Action("mark.invert", "asterisk", "invert", "invert the marks", "invert", _M),
    Action("profiles.use", "enter", "use", "use this profile, and check its credentials", "use", _P, 1),
    Action("buckets.open", "enter,l,right", "open", "open the bucket", "open", _B, 1),
    Action("buckets.count", "z", "count", "count objects and bytes of this bucket or the marked ones", "count", _B, 2),
    Action("buckets.download", "s", "download", "download this bucket or the marked ones", "download", _B, 10),
    Action("buckets.totals", "t", "totals", "what takes up the space, by prefix", "totals", _B, 4),
    Action("buckets.history", "H", "history", "the scans of the bucket", "history", _B, 50),
    Action("buckets.cost", "dollar_sign", "cost", "cost of downloading this bucket or the marked ones; lists them", "cost", _B, 20),
    Action("buckets.count_all", "Z", "count all", "count every bucket", "count_all", _B, 3),
    Action("buckets.stop", "x", "stop", "stop counting", "stop", _B),
    Action("buckets.availability", "a", "availability", "the days for which your datasets have data", "availability", _B, 55),
    Action("buckets.yank", "y", "yank", "copy the URI", "yank", _B, 60),
    Action("browser.open", "enter,l,right", "open", "open the prefix, or show the details of the object", "open", _O, 1),
    Action("browser.up", "h,backspace,left", "up", "parent directory", "up", _O, 2),
    Action("browser.back", "left_square_bracket", "back", "previous directory", "history(-1)", _O),
    Action("browser.forward", "right_square_bracket", "forward", "next directory", "history(1)", _O),
    Action("browser.download", "s", "download", "download the marked rows, or this one", "download", _O, 10),
    Action("browser.count", "z", "count", "count the prefix, and see what takes up the space", "count", _O, 14),
    Action("browser.cost", "dollar_sign", "cost", "cost of downloading the marked rows, or this one", "cost", _O, 15),
    Action("browser.upload", "u", "upload", "upload a file or directory to this directory (needs --allow-write)", "upload", _O),
    Action("browser.copy", "c", "copy", "copy the marked rows, or this one, inside S3 (needs --allow-write)", "copy", _O),
    Action("browser.details", "d", "details", "the metadata of the object", "details", _O, 20),
    Action("browser.prefix", "backslash", "prefix", "list only names that start with a text; S3 filters", "prefix", _O, 40),
    Action("browser.more", "m", "more", "continue a listing that stopped", "more", _O),
    Action("browser.yank", "y", "yank", "copy the URI", "yank", _O, 60),
    Action("browser.headless", "Y", "command line", "copy a command line that downloads the marked rows, or this one", "headless", _O),
    Action("transfers.headless", "Y", "command line", "copy a command line that does the same as the job", "headless", _T),
    Action("scan.open", "enter,l,right", "open", "open the prefix", "open", _SC, 1),
    Action("scan.up", "h,backspace,left", "up", "parent directory", "up", _SC, 2),
    Action("scan.count", "z", "count", "count again, or continue", "count", _SC, 3),
    Action("scan.stop", "x", "stop", "stop counting; what is counted stays", "stop", _SC, 4),
    Action("scan.compare", "c", "compare", "what changed since the previous scan", "compare", _SC, 5),
    Action("scan.history", "H", "history", "all scans of the place", "history", _SC, 6),
    Action("scan.download", "s", "download", "download the marked rows, or this one", "download", _SC, 10),
    Action("scan.yank", "y", "yank", "copy the URI", "yank", _SC, 60),
    Action("history.open", "enter,l,right", "open", "open the scan", "open", _HI, 1),
    Action("history.up", "h,backspace,left", "back", "back to where you came from", "leave", _HI, 2),
    Action("history.compare", "c", "compare", "compare two marked scans, or this one with the previous one", "compare", _HI, 3),
    Action("history.forget", "D", "forget", "forget the scan; the objects stay", "forget", _HI, 4),
    Action("compare.open", "enter,l,right", "open", "what changed below the prefix", "open", _CO, 1),
    Action("compare.up", "h,backspace,left", "up", "parent directory", "up", _CO, 2),
    Action("compare.yank", "y", "yank", "copy the URI", "yank", _CO, 60),
    Action("availability.count", "enter,z", "count", "count this path set or the marked ones by day", "count", _AV, 1),
    Action("availability.count_all", "Z", "count all", "count every path set", "count_all", _AV, 2),
    Action("availability.stop", "x", "stop", "stop counting; what is counted stays", "stop", _AV, 3),
    Action("availability.earlier", "left_square_bracket", "earlier", "earlier weeks, if not all fit", "turn(-1)", _AV, 4),
    Action("availability.later", "right_square_bracket", "later", "later weeks", "turn(1)", _AV, 5),
    Action("availability.up", "h,backspace,left", "back", "back to the buckets", "leave", _AV, 6),
    Action("availability.yank", "y", "yank", "copy the URI", "yank", _AV, 60),
    Action("transfers.files", "enter", "files", "the files of the job", "files", _T, 1),
    Action("transfers.pause", "space", "pause", "pause or resume the job", "pause", _T, 2),
    Action("transfers.cancel", "x", "cancel", "cancel the job; files on disk stay", "cancel", _T, 3),
    Action("transfers.stop_listing", "X", "stop listing", "stop a download that is still being listed", "stop_listing", _T),
    Action("transfers.retry", "r", "retry", "retry the files that failed", "retry", _T, 4),
    Action("transfers.move_up", "K", "move up", "move the job up; the top job gets two thirds of the work slots", "move('up')", _T, 6),
    Action("transfers.move_down", "J", "move down", "move the job down", "move('down')", _T),
    Action("transfers.bandwidth", "b", "bandwidth", "limit all downloads together; the limit may depend on the time of day", "bandwidth", _T, 7),
    Action("transfers.clear", "C", "clear done", "forget ended jobs; files on disk stay", "clear", _T, 5),
    Action("files.up", "h,backspace,left", "queue", "back to the queue", "leave", _F, 1),
    Action("files.yank", "y", "yank", "copy the URI", "yank", _F, 60),
    Action("prices.search", "s", "search", "search all fetched prices", "search", _PR, 1),
    Action("prices.open", "enter", "details", "details of the product; or narrow by the facet", "open", _PR, 5),
    Action("prices.narrow", "f", "narrow", "narrow to a service, region, kind or family", "narrow", _PR, 2),
    Action("prices.quantity", "n", "N cost?", "what a quantity costs", "quantity", _PR, 3),
    Action("prices.regions", "c", "regions", "the same product in every region", "regions", _PR, 4),
    Action("prices.changes", "D", "changes", "what the newest version changed", "changes", _PR, 7),
    Action("prices.fetch", "d", "fetch", "fetch or update price lists", "fetch", _PR, 6),
    Action("prices.stop", "x", "stop", "stop fetching", "stop", _PR),
    Action("prices.yank", "y", "yank", "copy the SKU", "yank", _PR),
    Action("scrapes.open", "enter,l,right", "explore", "what the scrape found", "explore", _RU, 1),
    Action("scrapes.new", "n", "new", "scrape the account: choose services and regions", "scrape", _RU, 2),
    Action("scrapes.compare", "c", "compare", "compare this scrape with the previous one, or two marked ones", "compare", _RU, 3),
    Action("scrapes.activity", "t", "timeline", "scrapes by day, and the totals of the store", "activity", _RU, 4),
    Action("scrapes.stop", "x", "stop", "stop a running scrape; what it found stays", "stop", _RU, 5),
    Action("scrapes.delete", "D", "delete", "delete the scrape; you confirm by typing a word", "delete", _RU),
    Action("explorer.json", "enter", "JSON", "the resource in full; over the table in a narrow terminal", "json", _EX, 1),
    Action("explorer.turn", "tab", "focus", "move the focus between tree, table and JSON", "turn", _EX, 2),
    Action("explorer.search", "f", "search", "find resources of the scrape by words", "search", _EX, 3),
    Action("explorer.up", "backspace", "scrapes", "back to the scrapes", "leave", _EX, 4),
    Action("explorer.yank", "y", "yank", "copy the ARN or the id", "yank", _EX, 60),
    Action("changes.up", "h,backspace,left", "scrapes", "back to the scrapes", "leave", _CH, 1),
    Action("changes.yank", "y", "yank", "copy the ARN or the id", "yank", _CH, 60),
    Action("activity.turn", "t,tab", "switch", "switch between days and services", "turn", _AC, 1),
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
"""The groups of keys that work at a place, in the order of its help."""
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
    """The Textual bindings of some groups; a keymap names them by id."""
    return [
        Binding(action.keys, action.run, action.label, show=False, id=action.id)
        for action in ACTIONS
        if action.group in groups
    ]


def actions_at(place: Place) -> Iterator[Action]:
    """All actions of a place, its own first."""
    for group in GROUPS_OF[place]:
        yield from (action for action in ACTIONS if action.group is group)


def footer_at(place: Place) -> tuple[Action, ...]:
    """At most eight actions: the most useful first, help last."""
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
    """The keys as they are printed on a keyboard; only the first unless `all_keys`."""
    names = [_SHOWN.get(key, key) for key in action.keys.split(",")]
    return " ".join(names) if all_keys else names[0]
