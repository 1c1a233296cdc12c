"""Commands on endpoints that list in another order than S3, or without an end."""

import json
from collections.abc import Callable, Sequence

import pytest

from s3nav.model.objects import ListingPage, ListRequest, ObjectFact
from tests.support.command_line import Shell
from tests.support.odd_order import ORDERS, OddStore, late_disorder

KEYS = late_disorder(1200)
COMMANDS = [
    ["ls", "s3://bucket/"],
    ["ls", "-r", "s3://bucket/"],
    ["find", "s3://bucket/", "--live"],
    ["find", "s3://bucket/"],
    ["scan", "s3://bucket/"],
    ["download", "s3://bucket/", "--dry-run"],
    ["verify", ".", "s3://bucket/"],
    ["cp", "-r", "s3://bucket/", "s3://other/x/", "--allow-write"],
]


def facts(names: Sequence[str]) -> tuple[ObjectFact, ...]:
    return tuple(ObjectFact(key=name, size_bytes=1) for name in names)


ENDLESS: dict[str, Callable[[int], tuple[ObjectFact, ...]]] = {
    "the same page": lambda _: facts(["a", "b"]),
    "backwards": lambda number: facts([f"k{900 - number % 7}a", f"k{900 - number % 7}b"]),
    "empty": lambda _: (),
    "empty after the first": lambda number: facts(["a", "b"]) if not number else (),
}


@pytest.mark.parametrize("kind", ENDLESS)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: " ".join(words[:2]))
def test_pages_without_an_end_are_a_named_error(
    shell: Shell, kind: str, command: list[str]
) -> None:
    shell.store.make_bucket("bucket")
    shell.store.make_bucket("other")
    asked: list[ListRequest] = []

    def list_page(request: ListRequest) -> ListingPage:
        asked.append(request)
        number = int(request.token or "0")
        return ListingPage(objects=ENDLESS[kind](number), next_token=str(number + 1))

    shell.store.list_page = list_page  # type: ignore[method-assign]
    ended = shell.headless(*command)

    assert ended.exit_code in {6, 9}
    assert "the endpoint sent an invalid listing" in ended.stderr
    assert len(asked) < 2200


@pytest.mark.parametrize("kind", ORDERS)
@pytest.mark.parametrize("command", COMMANDS[1:4], ids=lambda words: " ".join(words[:3]))
def test_every_object_is_shown_once(shell: Shell, kind: str, command: list[str]) -> None:
    shell.store = OddStore.of(KEYS, kind)

    ended = shell.headless(*command, "--output", "jsonl")

    assert ended.exit_code == 0
    assert sorted(json.loads(line)["key"] for line in ended.stdout.splitlines()) == sorted(KEYS)


@pytest.mark.parametrize("kind", ORDERS)
def test_a_bucket_is_counted(shell: Shell, kind: str) -> None:
    shell.store = OddStore.of(KEYS, kind)

    ended = shell.headless("buckets", "bucket", "--output", "json")

    assert ended.exit_code == 0
    (row,) = json.loads(ended.stdout)
    assert (row["objects"], row["complete"]) == (len(KEYS), True)


@pytest.mark.parametrize("kind", ORDERS)
def test_a_copy_replaces_nothing_that_an_odd_listing_hides(shell: Shell, kind: str) -> None:
    store = shell.store = OddStore.of([f"to/{key}" for key in late_disorder(700)], kind)
    for key in ("obj/0699", "x/a", "new"):
        store.put("source", key, b"other bytes")

    ended = shell.headless("cp", "-r", "s3://source/", "s3://bucket/to/", "--allow-write")

    assert ended.exit_code != 0
    assert store.content("bucket", "to/x/a") == b"to/x/a"
    assert store.content("bucket", "to/obj/0699") == b"to/obj/0699"
    assert store.content("bucket", "to/new") == b"other bytes"
