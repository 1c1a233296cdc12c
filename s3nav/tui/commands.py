"""The command line (``:``) and the palette (``ctrl+p``)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Literal

import msgspec
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.suggester import Suggester

from s3nav.model.errors import UsageError
from s3nav.model.places import SCHEME, S3Uri
from s3nav.present.cockpit_head import TABS
from s3nav.present.formatting import safe_text
from s3nav.tui.actions import Action, Group, Place, actions_at, keys_shown

Verb = Literal["place", "profile", "pane", "quit"]
WORDS = ("profile", "bucket", "q", "quit", "queue", *(pane for pane, _ in TABS), SCHEME)


class Command(msgspec.Struct, frozen=True):
    """A parsed command line."""

    verb: Verb
    argument: str = ""


def parse_command(line: str) -> Command:
    """Read ``bucket NAME``, ``profile NAME``, ``s3://b/p/``, a pane's name or ``q``.

    Raises UsageError, with the commands that exist.
    """
    word, _, argument = line.strip().removeprefix(":").partition(" ")
    argument = argument.strip()
    if word.startswith(SCHEME):
        return Command("place", str(S3Uri.parse(word + (f" {argument}" if argument else ""))))
    if word == "bucket" and argument:
        return Command("place", str(S3Uri.parse(argument)))
    if word == "profile" and argument:
        return Command("profile", argument)
    if word in {"q", "quit"}:
        return Command("quit")
    panes = {pane: pane for pane, _ in TABS} | {
        "queue": "transfers",
        "bucket": "buckets",
        "profile": "profiles",
    }
    if word in panes:
        return Command("pane", panes[word])
    raise UsageError(
        f"`:{word}` is not a command",
        remedy=":bucket NAME, :profile NAME, s3://bucket/prefix/, :queue, :prices, :q",
    )


class CommandSuggester(Suggester):
    """Completes commands and bucket names."""

    def __init__(self, known: Callable[[], Sequence[str]]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._known = known

    async def get_suggestion(self, value: str) -> str | None:
        """The first completion of what is typed."""
        if not value:
            return None
        return next((w for w in (*WORDS, *self._known()) if w.startswith(value)), None)


class Reachable(msgspec.Struct, frozen=True):
    """One entry of the palette."""

    title: str
    help: str
    run: Callable[[], None]


def reachable_at(
    place: Place,
    bucket_names: Iterable[str],
    run: Callable[[Action], None],
    browse: Callable[[S3Uri], None],
) -> Iterator[Reachable]:
    """Yield the actions of a place, then every bucket."""
    for action in actions_at(place):
        if action.group is not Group.LISTS and action.id != "app.palette":
            title = f"{action.label}  ({keys_shown(action)})"
            yield Reachable(title, action.help, partial(run, action))
    for name in bucket_names:
        yield Reachable(f"bucket {name}", "look into it", partial(browse, S3Uri(name)))


class PaletteProvider(Provider):
    """The entries that the app returns from `reachable`."""

    def _reachable(self) -> Iterator[Reachable]:
        offer = getattr(self.app, "reachable", None)
        return iter(()) if offer is None else offer()

    async def discover(self) -> Hits:
        """All entries, before anything is typed."""
        for entry in self._reachable():
            yield DiscoveryHit(entry.title, entry.run, help=entry.help)

    async def search(self, query: str) -> Hits:
        """The entries that match."""
        matcher = self.matcher(query)
        for entry in self._reachable():
            score = matcher.match(entry.title)
            if score > 0:
                title = Content(safe_text(entry.title))
                yield Hit(score, title, entry.run, text=entry.title, help=entry.help)
