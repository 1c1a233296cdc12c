"""Arithmetic on keys: where to cut a stretch of them in two without knowing what is inside.

Keys are ordered by the bytes of their UTF-8, which is the order of Python's strings. What may
stand at a place of a key is guessed from keys seen nearby: digits where there were digits, digits
and ``a`` to ``f`` where there were hexadecimal digits.
"""

import string
from collections.abc import Sequence

LONGEST_KEY_BYTES = 1024
DELIMITER = "/"
_MEASURED = 12
"""How many characters tell where in its stretch a key lies."""
_HEXADECIMAL = frozenset(string.hexdigits)
_RANGES = (string.digits, string.ascii_lowercase, string.ascii_uppercase)
_HEX_RANGES = (string.digits, "abcdef", "ABCDEF")


def folder_of(key: str) -> str:
    """The key up to its last slash."""
    return key[: key.rfind(DELIMITER) + 1]


def common_folder(one: str, other: str) -> str:
    """The longest folder that both are in."""
    return folder_of(common_start(one, other))


def common_start(one: str, other: str) -> str:
    """What both keys begin with."""
    length = 0
    for length, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return one[:length]
    return one[: min(len(one), len(other))]


def after_all(prefix: str) -> str | None:
    """The first text behind everything that begins with `prefix`; None when there is none."""
    if not prefix or ord(prefix[-1]) + 1 in range(0xD800, 0xE000) or prefix[-1] == "\U0010ffff":
        return None
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


def letters_at(sample: Sequence[str], place: int, fixed: int = 0) -> list[str]:
    """What may stand at a place of keys like those of `sample`, in order.

    Their first `fixed` characters are the same in all keys, and tell nothing.
    """
    seen: set[str] = set()
    found: set[str] = set()
    for key in sample:
        if place < len(key):
            found.add(key[place])
            seen.update(_run_around(key, place, fixed))
    ranges = _HEX_RANGES if seen <= _HEXADECIMAL else _RANGES
    for letters in ranges:
        if not seen.isdisjoint(letters):
            found.update(letters)
    return sorted(found)


def _run_around(key: str, place: int, fixed: int) -> str:
    """The letters and digits without a break that `place` is in."""
    start = stop = place
    while stop < len(key) and stop < place + _MEASURED and _is_plain(key[stop]):
        stop += 1
    if stop == place:
        return ""
    while start > fixed and start > place - _MEASURED and _is_plain(key[start - 1]):
        start -= 1
    return key[start:stop]


def _is_plain(character: str) -> bool:
    return character.isascii() and character.isalnum()


def middle(
    after: str, upto: str | None, *, scope: str, sample: Sequence[str], lowest: bool
) -> str | None:
    """A text between `after` and `upto` with keys likely on both sides; None when none is.

    Keys are taken to begin with `scope`, as `after` does. `lowest`: just behind the first
    character that can be raised, for keys that do not fill the space.
    """
    for place in range(len(scope), len(after) + 1):
        start = after[:place]
        if upto is not None and not upto.startswith(start):
            upto = None  # from here on the stretch ends with what begins as `after` does
        low = after[place : place + 1]
        high = upto[place : place + 1] if upto is not None else ""
        letters = [
            letter
            for letter in letters_at(sample, place, len(scope))
            if letter > low and (not high or letter <= high) and start + letter != upto
        ]
        if letters:
            found = start + (letters[0] if lowest else letters[len(letters) // 2])
            return found if is_sendable(found) else None
    return None


def is_sendable(key: str) -> bool:
    """Whether S3 takes it as a place to start after."""
    try:
        return 0 < len(key.encode()) <= LONGEST_KEY_BYTES
    except UnicodeEncodeError:
        return False


def remaining(
    start: str, position: str, upto: str | None, *, scope: str, sample: Sequence[str]
) -> float | None:
    """How many times the way from `start` to `position` lies between `position` and `upto`.

    None when the keys do not tell.
    """
    ends = upto is not None and upto.startswith(scope)
    common = len(common_start(position, upto)) if ends and upto is not None else len(scope)
    letters = [letters_at(sample, place, len(scope)) for place in range(common, common + _MEASURED)]

    def share(key: str) -> float:
        if not key.startswith(position[:common]):
            return 0.0 if key < position else 1.0
        value, step = 0.0, 1.0
        for character, choice in zip(key[common:], letters, strict=False):
            if not choice:
                break
            step /= len(choice)
            value += step * sum(letter < character for letter in choice)
        return value

    way = share(position) - share(start)
    left = (share(upto) if ends and upto is not None else 1.0) - share(position)
    return left / way if way > 0 else None
