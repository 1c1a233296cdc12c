"""Decode one value of a large JSON text without decoding the others."""

import json

import msgspec

_Level = dict[str, msgspec.Raw] | list[msgspec.Raw]

_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list = msgspec.json.Decoder(list[msgspec.Raw])


class RawJson:
    """A JSON text that is decoded only along the paths to requested values."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._levels: dict[str, _Level | None] = {}

    def at(self, pointer: str) -> object:
        """Return the value at a JSON pointer; None when there is none."""
        raw = self._raw(pointer)
        if raw is None:
            return None
        try:
            return msgspec.json.decode(raw)
        except msgspec.MsgspecError:  # lone surrogates, which only the standard library accepts
            return json.loads(raw if isinstance(raw, str) else bytes(raw))

    def _raw(self, pointer: str) -> msgspec.Raw | str | None:
        if not pointer:
            return self._text
        base, _, name = pointer.rpartition("/")
        level = self._level(base)
        if isinstance(level, dict):
            return level.get(name.replace("~1", "/").replace("~0", "~"))
        if isinstance(level, list) and name.isdigit() and int(name) < len(level):
            return level[int(name)]
        return None

    def _level(self, base: str) -> _Level | None:
        """Return the undecoded members or items at `base`; cached for its neighbours."""
        if base not in self._levels:
            raw = self._raw(base)
            self._levels[base] = None if raw is None else _opened(raw)
        return self._levels[base]


def _opened(raw: msgspec.Raw | str) -> _Level | None:
    start = raw[:1] if isinstance(raw, str) else bytes(memoryview(raw)[:1]).decode()
    try:
        match start:
            case "{":
                return _object.decode(raw)
            case "[":
                return _list.decode(raw)
            case _:
                return None
    except msgspec.MsgspecError:
        return None
