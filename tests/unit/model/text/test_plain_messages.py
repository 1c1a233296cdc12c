"""Types of Python and msgspec in plain words."""

from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta

from s3nav.model.text.plain_messages import misfit, one_line


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    bucket: str
    paths: dict[str, str] = {}


class Everything(msgspec.Struct, forbid_unknown_fields=True):
    workers: int | None = None
    few: Annotated[int, Meta(ge=1, le=5)] | None = None
    wait_s: Annotated[float, Meta(gt=0)] = 1.0
    kind: Literal["x", "y"] = "x"
    datasets: dict[str, Inner] = {}
    endings: tuple[str, ...] = ()
    is_on: bool = False


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"workers": "many"}, "`workers` must be a whole number, not text"),
        ({"few": 0}, "`few` must be a whole number of at least 1"),
        ({"few": 9}, "`few` must be a whole number of at most 5"),
        ({"wait_s": 0}, "`wait_s` must be a number of more than 0"),
        ({"is_on": "maybe"}, "`is_on` must be true or false, not text"),
        ({"kind": "z"}, "`kind` cannot be `z`"),
        ({"endings": "x"}, "`endings` must be a list, not text"),
        ({"endings": ["x", 1]}, "`endings[1]` must be text, not a whole number"),
        ({"datasets": []}, "`datasets` must be a table of names and values, not a list"),
        ({"datasets": {"f": {}}}, "an entry of `datasets` has no `bucket`"),
        ({"datasets": {"f": {"bucket": "b", "u": 1}}}, "an entry of `datasets` has an unknown `u`"),
        (
            {"datasets": {"f": {"bucket": 1}}},
            "`bucket` of an entry of `datasets` must be text, not a whole number",
        ),
        ([], "it must be a table of names and values, not a list"),
    ],
)
def test_a_value_of_the_wrong_type_is_described_plainly(content: object, said: str) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(content, Everything, strict=False)

    assert misfit(caught.value) == said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it ends too early"),
        (b"nope", "it is not JSON (byte 4)"),
        (b'{"workers": "\xff"}', "`workers` must be a whole number, not text"),
    ],
)
def test_invalid_json_is_described_plainly(content: bytes, said: str) -> None:
    with pytest.raises(msgspec.DecodeError) as caught:
        msgspec.json.decode(content, type=Everything)

    assert misfit(caught.value) == said


def test_the_value_is_shown_when_the_whole_of_it_does_not_fit() -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert("many", int | None)

    assert misfit(caught.value, "parallel", value="many") == (
        "`parallel` must be a whole number, not `many`"
    )


def test_choices_are_named() -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert("pb", Literal["mb", "gb"])

    assert misfit(caught.value, "size", value="pb", choices=("mb", "gb")) == (
        "`size` must be one of mb, gb, not `pb`"
    )


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyError("entry"), "it has no `entry`"),
        (TypeError("argument of type 'int' is not iterable"), "it has other contents"),
        (
            UnicodeDecodeError("utf-8", b"a\xff", 1, 2, "invalid start byte"),
            "it is not UTF-8 (byte 1)",
        ),
    ],
)
def test_python_errors_are_described_plainly(error: Exception, said: str) -> None:
    assert misfit(error) == said


def test_words_of_other_programs_are_one_line() -> None:
    assert one_line("Choose from:\n\tinstall,\n\tshow") == "Choose from: install, show"
