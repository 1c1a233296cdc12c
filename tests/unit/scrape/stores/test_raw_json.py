"""Values are found in JSON that is not parsed as a whole."""

import json

import pytest

from s3nav.scrape.stores.raw_json import RawJson


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", {"a": [{"b": 1}, {"c": "é"}], "x/y": {"~": True}}),
        ("/a/1/c", "é"),
        ("/x~1y/~0", True),
        ("/a/2", None),
        ("/a/b", None),
        ("/nothing/below", None),
    ],
)
def test_raw_json_finds_a_value_by_its_pointer(pointer: str, value: object) -> None:
    text = json.dumps({"a": [{"b": 1}, {"c": "é"}], "x/y": {"~": True}})

    assert RawJson(text).at(pointer) == value


def test_raw_json_keeps_lone_surrogates() -> None:
    assert RawJson('"\\ud800"').at("") == "\ud800"
