"""No key leaves the target, no two keys meet, ordinary keys stay as they are."""

import os.path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3nav.model.objects import ObjectFact
from s3nav.transfer.journal.records import SKIPPED
from s3nav.transfer.local_files.local_names import NamingRules, local_path, name_objects

RULES = NamingRules()
WINDOWS = NamingRules(is_windows=True)
FOLDING = NamingRules(folds=True)
AWKWARD = st.sampled_from(
    [
        "",
        ".",
        "..",
        "a",
        "A",
        "b",
        "CON",
        "nul.txt",
        "a:b",
        "a\\b",
        "x" * 300,
        "é" * 200,
        "\x00",
        "é",
        "é",
        ".s3nav-dot",
        "a.s3nav-object",
        "a.",
        "�",
        ".a.s3nav-0-1.part",
    ]
)
KEYS = st.lists(AWKWARD | st.text(max_size=8), min_size=1, max_size=6).map("/".join)
SAFE_KEYS = KEYS.filter(bool)


def _paths(keys: list[str], rules: NamingRules = RULES) -> dict[str, str]:
    facts = [("bkt", ObjectFact(key=key, size_bytes=1)) for key in keys]
    return {item.key: item.path for item in name_objects(facts, rules)}


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("../../etc/passwd", "bkt/.s3nav-dotdot/.s3nav-dotdot/etc/passwd"),
        ("/etc/passwd", "bkt/.s3nav-empty/etc/passwd"),
        ("a//b", "bkt/a/.s3nav-empty/b"),
        ("a/./b", "bkt/a/.s3nav-dot/b"),
        ("..", "bkt/.s3nav-dotdot"),
    ],
)
def test_segments_that_are_no_names_become_words(key: str, path: str) -> None:
    assert local_path("bkt", key, RULES) == path


@pytest.mark.parametrize("key", ["a", "a/b/c.txt", ".hidden", "..a/b", "ü/ñ", "a b", "-rf", "~"])
def test_ordinary_keys_keep_their_names(key: str) -> None:
    assert local_path("bkt", key, RULES) == ""


@given(SAFE_KEYS, st.sampled_from([RULES, WINDOWS, FOLDING]))
def test_no_path_leaves_the_target(key: str, rules: NamingRules) -> None:
    path = local_path("bkt", key, rules) or f"bkt/{key}"

    assert os.path.normpath(path) == path
    assert path.startswith("bkt/")
    for segment in path.split("/"):
        assert segment not in {"", ".", ".."}
        assert len(segment.encode()) <= 255
        assert "\0" not in segment
        if rules.is_windows:
            assert not set(segment) & set('<>:"\\|?*')
            assert segment.partition(".")[0].upper() not in {"CON", "NUL"}


@given(st.lists(SAFE_KEYS, unique=True, max_size=12), st.sampled_from([RULES, WINDOWS]))
def test_no_two_keys_get_one_path_and_no_file_is_a_directory(
    keys: list[str], rules: NamingRules
) -> None:
    ordered = sorted(keys, key=lambda key: key.encode("utf-8", "surrogatepass"))

    paths = list(_paths(ordered, rules).values())

    assert len(paths) == len(keys)
    assert len(set(paths)) == len(paths)
    folders = {path[:index] for path in paths for index, char in enumerate(path) if char == "/"}
    assert not folders & set(paths)


@given(st.lists(SAFE_KEYS, unique=True, max_size=12))
def test_names_that_fold_together_are_kept_apart(keys: list[str]) -> None:
    paths = list(_paths(sorted(keys), FOLDING).values())

    assert len({path.casefold() for path in paths}) == len(paths)


def test_an_object_gives_its_name_to_the_directory_of_the_same_name() -> None:
    assert _paths(["a", "a.s3nav-object", "a/b", "ab"]) == {
        "a": "bkt/a.s3nav-object",
        "a.s3nav-object": local_path("bkt", "a.s3nav-object", RULES),
        "a/b": "bkt/a/b",
        "ab": "bkt/ab",
    }


def test_a_folder_marker_is_skipped_with_a_reason() -> None:
    [item] = name_objects([("bkt", ObjectFact(key="dir/", size_bytes=0))], RULES)

    assert item.state == SKIPPED
    assert "folder marker" in item.reason
