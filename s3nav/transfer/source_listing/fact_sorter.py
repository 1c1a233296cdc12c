"""Put the objects of a listing without order into byte order of keys, on disk if they are many."""

import heapq
import itertools
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Self

import msgspec
from msgspec.structs import replace

from s3nav.model.errors import LocalDiskError, UnavailableError
from s3nav.model.objects import ObjectFact
from s3nav.model.places import key_bytes, key_text

RUN_ROWS = 100_000
"""Rows sorted in memory, about 50 MB."""
_BLOCK_ROWS = 500
_Row = tuple[bytes, bool, bytes]
"""Key, whether it was handed out before, and the object without its key, which may not be text."""
_ROWS = msgspec.msgpack.Decoder(list[_Row])
_FACT = msgspec.msgpack.Decoder(ObjectFact)
Sorted = tuple[ObjectFact, bool]
"""An object, and whether it was handed out before."""


class FactSorter:
    """Takes objects in any order and returns each key once, in byte order. For one thread."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._runs: list[list[tuple[int, int]]] = []
        """Where the blocks of each run lie in the file, with their lengths."""
        self._rows: list[_Row] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, facts: Iterable[ObjectFact], *, is_known: bool) -> None:
        """Add objects. Raises LocalDiskError."""
        encode = msgspec.msgpack.encode
        self._rows += [
            (key_bytes(fact.key), is_known, encode(replace(fact, key=""))) for fact in facts
        ]
        if len(self._rows) >= RUN_ROWS:
            self._spill()

    def facts(self) -> Iterator[Sorted]:
        """All objects in order; call it after the last `add`. Raises LocalDiskError."""
        self._rows.sort()
        before: bytes | None = None
        for key, is_known, fact in heapq.merge(self._rows, *map(self._read, self._runs)):
            if key != before:
                yield replace(_FACT.decode(fact), key=key_text(key)), is_known
            before = key

    def _spill(self) -> None:
        self._rows.sort()
        run: list[tuple[int, int]] = []
        try:
            for start in range(0, len(self._rows), _BLOCK_ROWS):
                block = msgspec.msgpack.encode(self._rows[start : start + _BLOCK_ROWS])
                run.append((self._file.tell(), len(block)))
                self._file.write(block)
        except OSError as error:
            raise LocalDiskError(
                f"cannot sort a listing in `{tempfile.gettempdir()}`: {error.strerror}",
                remedy="free some space there, or set TMPDIR to another directory",
            ) from error
        self._runs.append(run)
        self._rows = []

    def _read(self, run: list[tuple[int, int]]) -> Iterator[_Row]:
        for position, length in run:
            self._file.seek(position)
            yield from _ROWS.decode(self._file.read(length))


def late_facts(found: Iterable[Sorted], suffixes: Sequence[str]) -> Iterator[Sequence[ObjectFact]]:
    """The objects not handed out before, up to a thousand at a time.

    Raises UnavailableError when one of them may claim the local name of one that was: as a
    directory, or after decompression, which takes off `suffixes`.
    """
    late = (fact for fact, is_known in _without_clashes(found, suffixes) if not is_known)
    while page := list(itertools.islice(late, 1000)):
        yield page


class _Head(msgspec.Struct):
    """A key that begins the next ones, and what shares its local name, by whether it was known."""

    key: str
    is_known: bool
    below: dict[bool, str]
    """A key below `key/`."""

    def check(self) -> None:
        """Raise UnavailableError when the name was given away before the other one was known."""
        known, late = self.below.get(True), self.below.get(False)
        if self.is_known and late and not known:
            raise _clash(self.key, late)
        if not self.is_known and known and not late:
            raise _clash(self.key, known)


def _without_clashes(found: Iterable[Sorted], suffixes: Sequence[str]) -> Iterator[Sorted]:
    heads: list[_Head] = []
    """The longest last."""
    for fact, is_known in found:
        while heads and not fact.key.startswith(heads[-1].key):
            heads.pop().check()
        for head in heads:
            rest = fact.key[len(head.key) :]
            if rest.startswith("/"):
                head.below.setdefault(is_known, fact.key)
            elif rest in suffixes and is_known and not head.is_known:
                raise _clash(head.key, fact.key)
        heads.append(_Head(fact.key, is_known, {}))
        yield fact, is_known
    for head in heads:
        head.check()


def _clash(head: str, key: str) -> UnavailableError:
    return UnavailableError(
        f"the endpoint lists `{head}` and `{key}` far apart, so neither can get its local name",
        remedy="leave one of them out with `--exclude`, and download it into another directory",
        slug="bad-listing",
    )
