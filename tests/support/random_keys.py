"""Random sets of keys of the kinds that listings stumble over, with the sizes of their objects."""

import random
from collections.abc import Callable, Iterator

KEY_BYTES_MOST = 1024
FOREIGN = "äéß日本語ключ😀ﬀ\u0301\uffee +%&'()"
PLAIN = "abcxyz01-_"


def word(dice: random.Random, signs: str, longest: int) -> str:
    return "".join(dice.choices(signs, k=dice.randint(1, longest)))


def skewed(dice: random.Random) -> Iterator[str]:
    """Nearly all below one folder, at some depth; few anywhere else."""
    heavy = "/".join(word(dice, PLAIN, 4) for _ in range(dice.randint(1, 3)))
    while True:
        folder = heavy if dice.random() < 0.9 else word(dice, PLAIN, 3)
        yield f"{folder}/{word(dice, 'ab', 2)}/{dice.randrange(10**6):06}"


def foreign(dice: random.Random) -> Iterator[str]:
    """Names beyond ASCII, with signs that must be encoded."""
    while True:
        parts = (word(dice, FOREIGN, 4) for _ in range(dice.randint(1, 4)))
        yield "/".join(parts) + f"{dice.randrange(10**4)}"


def giant(dice: random.Random) -> Iterator[str]:
    """One prefix without folders that has everything."""
    prefix = word(dice, PLAIN, 8)
    while True:
        yield f"{prefix}/{dice.getrandbits(64):016x}"


def beginnings(dice: random.Random) -> Iterator[str]:
    """Keys that begin others: folders, their markers, and files of the same name."""
    while True:
        key = "/".join(word(dice, "ab", 2) for _ in range(dice.randint(1, 5)))
        yield from (key[:end] for end in range(1, len(key) + 1) if key[end - 1] != "/")
        if dice.random() < 0.5:
            yield f"{key}/"


def longest(dice: random.Random) -> Iterator[str]:
    """Keys of 1,024 bytes, alike but for their last signs."""
    signs = dice.choice((PLAIN, "é", "日a"))
    stem = "/".join(word(dice, signs, 30) for _ in range(dice.randint(1, 40)))
    while True:
        end = f"/{dice.randrange(10**9):09}"
        room = KEY_BYTES_MOST - len(end)
        head = stem.encode()[:room].decode(errors="ignore")
        yield head + "x" * (room - len(head.encode())) + end


KINDS: dict[str, Callable[[random.Random], Iterator[str]]] = {
    make.__name__: make for make in (skewed, foreign, giant, beginnings, longest)
}


def random_set(kind: str, seed: int, count: int, *, below: str = "") -> dict[str, int]:
    """`count` keys below a prefix, at most 1,024 bytes with it, each with its size in bytes."""
    dice = random.Random(f"{kind} {seed}")
    found: dict[str, int] = {}
    for key in KINDS[kind](dice):
        if len(found) == count:
            break
        whole = below + key
        if len(whole.encode()) > KEY_BYTES_MOST:
            whole = below + key[len(below) :]
        found[whole] = dice.randrange(50)
    return found


def prefixes_of(key: str) -> Iterator[str]:
    """Every prefix a key counts in: the empty one, and each that ends with a slash."""
    yield ""
    at = key.find("/")
    while at >= 0:
        yield key[: at + 1]
        at = key.find("/", at + 1)
