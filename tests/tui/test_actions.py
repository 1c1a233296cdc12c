import pytest

from s3nav.model.errors import UsageError
from s3nav.present.cockpit_head import footer_parts
from s3nav.tui.actions import ACTIONS, FOOTER_MOST, Place, actions_at, footer_at, footer_keys
from s3nav.tui.commands import Command, parse_command


def test_ids_are_unique() -> None:
    ids = [action.id for action in ACTIONS]

    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("place", list(Place))
def test_no_key_means_two_things_in_one_group(place: Place) -> None:
    for group in {action.group for action in actions_at(place)}:
        keys = [k for a in ACTIONS if a.group is group for k in a.keys.split(",")]
        assert len(keys) == len(set(keys))


@pytest.mark.parametrize("place", list(Place))
def test_the_footer_has_at_most_eight_keys_and_ends_with_help(place: Place) -> None:
    shown = footer_at(place)

    assert len(shown) <= FOOTER_MOST
    assert shown[-1].id == "app.help"


@pytest.mark.parametrize("place", list(Place))
@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_footer_fits_and_never_loses_help(place: Place, width: int) -> None:
    parts = footer_parts(footer_keys(place), width)

    assert sum(len(text) for _, spans in parts for text, _ in spans) <= width
    assert parts[-1][0] == "app.help"


def test_nothing_destructive_is_on_ctrl_d_or_ctrl_k() -> None:
    risky = [a for a in ACTIONS if {"ctrl+k", "ctrl+d"} & set(a.keys.split(","))]

    assert [action.id for action in risky] == ["list.half_down"]


@pytest.mark.parametrize("line", ["format", "bucket", "profile x y", "s3://", ""])
def test_unknown_or_unfinished_commands(line: str) -> None:
    if line == "bucket":
        assert parse_command(line) == Command("pane", "buckets")
    elif line.startswith("profile"):
        assert parse_command(line) == Command("profile", "x y")
    else:
        with pytest.raises(UsageError):
            parse_command(line)


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        ("bucket logs", Command("place", "s3://logs")),
        ("s3://b/a b/", Command("place", "s3://b/a b/")),
        ("profile ana", Command("profile", "ana")),
        ("queue", Command("pane", "transfers")),
        ("prices", Command("pane", "prices")),
        ("q", Command("quit")),
    ],
)
def test_commands(line: str, meaning: Command) -> None:
    assert parse_command(line) == meaning
