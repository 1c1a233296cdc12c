"""Give every object a path below the target, and never one outside it.

The path is ``bucket/key``, kept byte for byte where a file system can hold it. A segment between
slashes that cannot be a name is changed; every changed segment contains ``.s3nav-``:

=============================================  =============================================
segment                                        becomes
=============================================  =============================================
empty, as in ``a//b`` or ``/a``                ``.s3nav-empty``
``.``                                          ``.s3nav-dot``
``..``                                         ``.s3nav-dotdot``
longer than 255 bytes                          its head + ``.s3nav-`` + a hash of it
contains NUL, a lone surrogate, ``.s3nav-``    the same, the unusable characters as ``_``
on Windows: ``CON``, ``a:b``, ``a.`` …         the same
=============================================  =============================================

Where the object ``a`` and objects below ``a/`` both exist, the object becomes ``a.s3nav-object``.
A zero-byte object whose key ends with ``/`` is a folder marker and is skipped. On file systems
that fold case or Unicode, the later of two equal paths gets a hash. Two different keys never get
the same path.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from s3nav.model.objects import ObjectFact
from s3nav.transfer.journal import SKIPPED, Item, PlannedItem, planned, planned_plainly

MARK = ".s3nav-"
NAME_BYTES_MAX = 255
PATH_BYTES_MAX = 4_000
"""Linux allows 4,096 with the target; longer ones are shortened to one hashed name."""
MARKER_REASON = "folder marker: its directory is made when an object is in it"
# With a line feed before and behind each key of a page.
_ODD_IN_PAGE = ("//", "/.", MARK, "\0", "\n/", "\n.", "/\n", "\n\n")
_HASH_DIGITS = 16
_WORDS = {"": MARK + "empty", ".": MARK + "dot", "..": MARK + "dotdot"}
_UNUSABLE = re.compile("[\0\ud800-\udfff]")
_UNUSABLE_ON_WINDOWS = re.compile('[\0-\x1f<>:"\\\\|?*\ud800-\udfff]')
_RESERVED_ON_WINDOWS = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?:[. ].*)?", re.IGNORECASE
)


class NamingRules(msgspec.Struct, frozen=True, kw_only=True):
    """What the file system of the target is like."""

    is_windows: bool = False
    folds: bool = False
    """``A`` and ``a``, or composed and decomposed letters, are one name."""


class Namer:
    """Names the objects of one plan, given page by page in the order of their keys.

    An object is held back while a later key may still need its name for a directory: a key is
    held only while it is the head of the next ones, so few are held at any time.
    """

    def __init__(self, rules: NamingRules) -> None:
        self._rules = rules
        self._held: list[PlannedItem] = []
        self._seen: set[bytes] | None = set() if rules.folds else None

    def take(self, bucket: str, facts: Sequence[ObjectFact]) -> list[PlannedItem]:
        """Objects planned under their local path, in nearly the given order."""
        if not facts:
            return []
        ready = self._release(bucket, facts[0].key)
        keys = [fact.key for fact in facts]
        if self._held or not self._are_plain(bucket, keys):
            for fact in facts:
                ready += self._release(bucket, fact.key)
                self._name(bucket, fact, ready)
            return ready
        items = planned_plainly(bucket, keys, facts)
        last = keys[-1]
        heads = {last[:end] for end in range(1, len(last))}.intersection(keys)
        if heads:
            self._held = [item for item in items if item.key in heads]
            ready += [item for item in items if item.key not in heads]
            self._held.append(ready.pop())
        else:
            self._held = [items.pop()]
            ready += items
        return ready

    def rest(self) -> list[PlannedItem]:
        """Yield what is still held after the last object."""
        return self._release("", "")

    def _release(self, bucket: str, key: str) -> list[PlannedItem]:
        """Yield held objects that neither `key` nor a later key lies below."""
        ready: list[PlannedItem] = []
        while self._held and not (
            key.startswith(self._held[-1].key) and self._held[-1].bucket == bucket
        ):
            ready.append(_unfolded(self._held.pop(), self._seen))
        return ready

    def _name(self, bucket: str, fact: ObjectFact, ready: list[PlannedItem]) -> None:
        rules, key = self._rules, fact.key
        for item in self._held:
            if key.startswith("/", len(item.key)) and not item.local.endswith(_OBJECT):
                item.local = _as_object(item, rules)
        item = planned(bucket, fact, local_path(bucket, key, rules))
        if key.endswith("/") and fact.size_bytes == 0:
            item.local = local_path(bucket, key[:-1], rules)
            item.state, item.reason = SKIPPED, MARKER_REASON
            ready.append(item)
        else:
            self._held.append(item)

    def _are_plain(self, bucket: str, keys: list[str]) -> bool:
        """True when all these keys keep their names; one check of a whole page, in C."""
        if self._rules.is_windows or self._rules.folds or "/" in bucket:
            return False
        text = "\n".join(("", *keys, ""))
        if not text.isascii() or len(max(keys, key=len)) >= NAME_BYTES_MAX:
            return False
        if any(odd in text for odd in _ODD_IN_PAGE):
            return False
        folders = {key.rpartition("/")[0] for key in keys}
        for folder in list(folders):
            above = folder.rpartition("/")[0]
            while above and above not in folders:
                folders.add(above)
                above = above.rpartition("/")[0]
        return folders.isdisjoint(keys)


def name_objects(
    objects: Iterable[tuple[str, ObjectFact]], rules: NamingRules
) -> Iterator[PlannedItem]:
    """Name objects one by one; what `Namer` does with pages."""
    namer = Namer(rules)
    for bucket, fact in objects:
        yield from namer.take(bucket, (fact,))
    yield from namer.rest()


def local_path(bucket: str, key: str, rules: NamingRules) -> str:
    """The path below the target when it is not ``bucket/key`` itself, else an empty string."""
    if (
        not rules.is_windows
        and key.isascii()
        and len(key) < NAME_BYTES_MAX
        and "//" not in key
        and "/." not in key
        and MARK not in key
        and "\0" not in key
        and key[:1] not in {"", "/", "."}
        and key[-1] != "/"
        and "/" not in bucket
    ):
        return ""
    first = segment(bucket, rules)
    path = "/".join((first, *(segment(part, rules) for part in key.split("/"))))
    if len(path.encode()) > PATH_BYTES_MAX:
        path = f"{first}/{_hashed('long', key)}"
    return "" if path == f"{bucket}/{key}" else path


def segment(text: str, rules: NamingRules) -> str:
    """A name for one segment; two different segments never get the same name."""
    word = _WORDS.get(text)
    if word is not None:
        return word
    unusable = _UNUSABLE_ON_WINDOWS if rules.is_windows else _UNUSABLE
    usable = unusable.sub("_", text).replace("/", "_")
    changed = usable != text or MARK in text or len(usable.encode()) > NAME_BYTES_MAX
    if rules.is_windows and usable[-1] in ". ":
        changed = True
    if rules.is_windows and _RESERVED_ON_WINDOWS.fullmatch(usable):
        # `CON.txt` is as reserved as `CON`: only another beginning helps.
        usable, changed = f"_{usable}", True
    return _hashed(usable, text) if changed else text


_OBJECT = MARK + "object"


def _as_object(item: PlannedItem, rules: NamingRules) -> str:
    """The path of an object whose own name a directory needs."""
    directory, _, name = item.path.rpartition("/")
    if len((name + _OBJECT).encode()) > NAME_BYTES_MAX:
        name = _hashed(name, item.key.rpartition("/")[2])
    if rules.is_windows:
        name = name.rstrip(". ")
    return f"{directory}/{name}{_OBJECT}"


def _hashed(readable: str, text: str) -> str:
    """A bounded name: the head of `readable`, the mark, and a hash of the whole `text`."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_DIGITS]
    limit_bytes = NAME_BYTES_MAX - len(MARK) - _HASH_DIGITS - len(_OBJECT)
    head = readable.encode()[:limit_bytes].decode("utf-8", "ignore")
    return f"{head}{MARK}{digest}"


def _unfolded(item: PlannedItem, seen: set[bytes] | None) -> PlannedItem:
    """Where names fold, move an item out of the way of an earlier equal path."""
    if seen is None:
        return item
    if (folded := _fold(item.path)) in seen:
        directory, _, name = item.path.rpartition("/")
        item.local = f"{directory}/{_hashed(name, item.key)}"
        folded = _fold(item.path)
    seen.add(folded)
    return item


def _fold(path: str) -> bytes:
    """Eight bytes that stand for all spellings a folding file system takes as one."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
    return hashlib.blake2b(folded.encode("utf-8", "surrogatepass"), digest_size=8).digest()


class TemporaryNames:
    """The names that files of a job have until they are renamed; the same in every run of it."""

    def __init__(self, job_id: str) -> None:
        self._job_id = job_id

    def of(self, item: Item) -> str:
        """A compressed item has another name from when its plain bytes are being written."""
        return self._name(item, "part" if item.stored_bytes is None else "plain")

    def packed(self, item: Item) -> str:
        """The name for the bytes of the object, whatever is being written now."""
        return self._name(item, "part")

    def plain(self, item: Item) -> str:
        """The name for the decompressed bytes."""
        return self._name(item, "plain")

    def _name(self, item: Item, end: str) -> str:
        name = item.path.rpartition("/")[2]
        tail = f".s3nav-{self._job_id}-{item.number:x}.{end}"
        limit_bytes = NAME_BYTES_MAX - len(tail) - 1
        if len(name) > limit_bytes or not name.isascii():
            name = _cut(name, limit_bytes)
        return f".{name}{tail}"


def _cut(name: str, limit_bytes: int) -> str:
    """The beginning of a name, cut to a number of bytes between two characters."""
    if name.isascii() and len(name) <= limit_bytes:
        return name
    return name.encode("utf-8", "surrogateescape")[:limit_bytes].decode("utf-8", "ignore")
