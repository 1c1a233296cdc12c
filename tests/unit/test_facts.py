import dataclasses
import pickle
from dataclasses import field, replace

import pytest

from s3nav.model.facts import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A fact."""

    name: str
    size: int = 0
    secret: str = field(default="", repr=False)
    note: str = field(default="", compare=False)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """The same as the standard library makes it."""

    name: str
    size: int = 0
    secret: str = field(default="", repr=False)
    note: str = field(default="", compare=False)


@dataclass(slots=True)
class Changing:
    """Not frozen."""

    count: int


@dataclass(frozen=True, slots=True, order=True)
class Ordered:
    """Compared by the standard decorator."""

    a: int
    b: int = 0


@dataclass(frozen=True, slots=True)
class Own:
    """Shows and compares itself."""

    a: int

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1

    def __repr__(self) -> str:
        return "own"


@dataclass(frozen=True)
class Empty:
    """Nothing in it."""


def test_facts_of_equal_fields_are_equal_and_hash_alike() -> None:
    one, same = Fact(name="a", size=1, note="x"), Fact(name="a", size=1, note="y")

    assert one == same
    assert hash(one) == hash(same)
    assert one != Fact(name="a", size=2)
    assert one != object()
    assert len({one, same}) == 1
    assert Empty() == Empty()
    assert hash(Empty()) == hash(Empty())


def test_a_fact_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Fact(name="a").name = "b"  # type: ignore[misc]  # that is the point


def test_a_fact_shows_its_fields_apart_from_secrets_as_the_standard_one_does() -> None:
    shown = repr(Fact(name="a", secret="s3cr3t", note="n"))

    assert shown == repr(Standard(name="a", secret="s3cr3t", note="n")).replace("Standard", "Fact")
    assert "s3cr3t" not in shown


def test_the_tools_of_the_standard_library_know_it() -> None:
    fact = replace(Fact(name="a"), size=7)

    assert dataclasses.asdict(fact) == {"name": "a", "size": 7, "secret": "", "note": ""}
    assert pickle.loads(pickle.dumps(fact)) == fact
    match fact:
        case Fact(name="a", size=size):
            assert size == 7
        case _:
            pytest.fail("a fact matches by its fields")


def test_what_changes_is_compared_and_has_no_hash() -> None:
    counted = Changing(1)
    counted.count += 1

    assert counted == Changing(2)
    assert repr(counted) == "Changing(count=2)"
    with pytest.raises(TypeError):
        hash(counted)


def test_order_and_own_methods_are_kept() -> None:
    assert sorted([Ordered(2), Ordered(1, 5), Ordered(1)]) == [
        Ordered(1),
        Ordered(1, 5),
        Ordered(2),
    ]
    assert Own(1) == Own(2)
    assert repr(Own(1)) == "own"
    assert hash(Own(1)) == 1
