"""Guess where to split an interval of keys without knowing which keys it contains.

Keys are ordered by their UTF-8 bytes (see `key_bytes`), which is the order of
Python's strings. The characters possible at an index of a key are guessed from keys seen nearby:
all digits if there were digits, digits and ``a`` to ``f`` if there were only hexadecimal digits.
"""

import string
from collections.abc import Sequence

LONGEST_KEY_BYTES = 1024
DELIMITER = "/"
_MEASURED = 12
"""Characters that decide the position of a key in its interval."""
_HEXADECIMAL = frozenset(string.hexdigits)
_RANGES = (string.digits, string.ascii_lowercase, string.ascii_uppercase)
_HEX_RANGES = (string.digits, "abcdef", "ABCDEF")


def folder_of(key: str) -> str:
    """The key up to its last slash."""
    return key[: key.rfind(DELIMITER) + 1]


def common_folder(one: str, other: str) -> str:
    """The deepest folder that contains both."""
    return folder_of(common_start(one, other))


def common_start(one: str, other: str) -> str:
    """The longest common prefix of two keys."""
    length = 0
    for length, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return one[:length]
    return one[: min(len(one), len(other))]


def after_all(prefix: str) -> str | None:
    """The smallest text greater than all texts with `prefix`; None when there is none."""
    if not prefix or ord(prefix[-1]) + 1 in range(0xD800, 0xE000) or prefix[-1] == "\U0010ffff":
        return None
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


def letters_at(sample: Sequence[str], index: int, fixed: int = 0) -> list[str]:
    """The characters likely at an index of keys like those of `sample`, in order.

    The first `fixed` characters are the same in all keys and are left out of the guess.
    """
    seen: set[str] = set()
    found: set[str] = set()
    for key in sample:
        if index < len(key):
            found.add(key[index])
            seen.update(_run_around(key, index, fixed))
    ranges = _HEX_RANGES if seen <= _HEXADECIMAL else _RANGES
    for letters in ranges:
        if not seen.isdisjoint(letters):
            found.update(letters)
    return sorted(found)


def _run_around(key: str, index: int, fixed: int) -> str:
    """The run of letters and digits that contains `index`."""
    start = stop = index
    while stop < len(key) and stop < index + _MEASURED and _is_plain(key[stop]):
        stop += 1
    if stop == index:
        return ""
    while start > fixed and start > index - _MEASURED and _is_plain(key[start - 1]):
        start -= 1
    return key[start:stop]


def _is_plain(character: str) -> bool:
    return character.isascii() and character.isalnum()


def middle(
    after: str, upto: str | None, *, scope: str, sample: Sequence[str], lowest: bool
) -> str | None:
    """A text between `after` and `upto` with keys likely on both sides; None when there is none.

    All keys are assumed to begin with `scope`, as `after` does. `lowest` chooses the lowest
    character instead of the middle one, for keys that are crowded at the front.
    """
    for index in range(len(scope), len(after) + 1):
        start = after[:index]
        if upto is not None and not upto.startswith(start):
            upto = None  # from here on only the common prefix with `after` bounds it
        low = after[index : index + 1]
        high = upto[index : index + 1] if upto is not None else ""
        letters = [
            letter
            for letter in letters_at(sample, index, len(scope))
            if letter > low and (not high or letter <= high) and start + letter != upto
        ]
        if letters:
            found = start + (letters[0] if lowest else letters[len(letters) // 2])
            return found if is_sendable(found) else None
    return None


def is_sendable(key: str) -> bool:
    """Whether S3 accepts it as StartAfter: at most 1024 bytes of UTF-8, as for keys."""
    try:
        return 0 < len(key.encode()) <= LONGEST_KEY_BYTES
    except UnicodeEncodeError:
        return False


def remaining(
    start: str, position: str, upto: str | None, *, scope: str, sample: Sequence[str]
) -> float | None:
    """The distance from `position` to `upto`, in units of that from `start` to `position`.

    None when the keys do not allow an estimate.
    """
    ends = upto is not None and upto.startswith(scope)
    common = len(common_start(position, upto)) if ends and upto is not None else len(scope)
    letters = [letters_at(sample, index, len(scope)) for index in range(common, common + _MEASURED)]

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

    covered = share(position) - share(start)
    left = (share(upto) if ends and upto is not None else 1.0) - share(position)
    return left / covered if covered > 0 else None
