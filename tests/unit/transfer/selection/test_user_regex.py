"""Regular expressions of users match as `re` does, and end."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3nav.model.errors import UsageError
from s3nav.model.objects import ObjectFact
from s3nav.transfer.selection.filters import ObjectFilter
from s3nav.transfer.selection.selection import Filters
from s3nav.transfer.selection.user_regex import UserRegex

TEXTS = (r"^a.*z$", "(?=b)b\\d", "\n", "\udcff")
REGEX = UserRegex(TEXTS)


@given(st.lists(st.text(alphabet='abz0/\n\0\udcff\U0001f600"\\\\', max_size=8), max_size=20))
def test_keys_match_as_in_this_process(keys: list[str]) -> None:
    expected = [any(re.search(text, key) for text in TEXTS) for key in keys]

    assert REGEX.found_in(keys) == expected


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (r"(a+)+$", "a" * 100 + "!"),
        (r"^(a|a)*$", "a" * 100 + "!"),
        (r"(.*,){20}x", "a," * 500),
        (r"((a?){30}){30}b", "a" * 500),
        (r"a*a*a*a*a*a*a*b", "a" * 1_000),
    ],
)
def test_an_expression_that_never_ends_is_an_error(text: str, key: str) -> None:
    regex = UserRegex(["x", text], limit_s=0.1)

    with pytest.raises(UsageError, match="takes too long") as caught:
        regex.found_in(["short", key])

    assert caught.value.reference == "slow-regex"
    assert text in caught.value.message


@pytest.mark.parametrize("text", ["(", "a{99999999999}", "(" * 20_000, "(?P<n>a)(?P<n>b)"])
def test_a_text_that_is_no_expression_is_an_error(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        UserRegex([text])

    assert caught.value.reference == "bad-regex"


def test_filters_include_and_exclude_by_expressions() -> None:
    chosen = ObjectFilter(Filters(include_regex=("^a", "z$"), exclude_regex=("\\d",)))
    facts = [ObjectFact(key=key, size_bytes=1) for key in ("a", "a1", "b", "bz")]

    kept = [fact.key for fact in chosen.keep(facts)]

    assert kept == ["a", "bz"]
    assert chosen.stats.left_out == {"not included": 1, "excluded": 1}
