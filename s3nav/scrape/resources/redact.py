"""Remove secrets from a response before it is stored.

A member is secret by its name (`Password`, `UserData`, environment variables) or by the form of its
text (access keys, private keys, `password=…`). It is replaced by ``[redacted]`` and not by a hash,
because a weak secret can be guessed from its hash.
"""

import re

REDACTED = "[redacted]"

_SECRET_NAMES = frozenset(
    {
        "password",
        "passphrase",
        "masteruserpassword",
        "adminpassword",
        "secret",
        "secretkey",
        "secretaccesskey",
        "secretstring",
        "secretbinary",
        "clientsecret",
        "sharedsecret",
        "privatekey",
        "preshared_key",
        "presharedkey",
        "keymaterial",
        "apikeyvalue",
        "authtoken",
        "authorizationtoken",
        "accesstoken",
        "refreshtoken",
        "sessiontoken",
        "oauthtoken",
        "personalaccesstoken",
        "userdata",
        "authparameters",
        "connectionstring",
        "certificateprivatekey",
        "customerca",
        "authcode",
    }
)
"""Members that are always secret, in lower case without ``_`` and ``-``."""

_KEY_IDS = frozenset({"AccessKeyId", "accessKeyId"})
_VARIABLES = frozenset({"variables", "environmentvariables", "environment", "envvars"})
"""Members with environment variables: names are kept, values redacted."""

_NAME_KEYS = ("name", "Name", "key", "Key")
_VALUE_KEYS = ("value", "Value")

_SECRET_TEXTS = (
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), REDACTED),
    (
        re.compile(
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S
        ),
        REDACTED,
    ),
    (
        re.compile(
            r"(?<![:/])((?:password|passwd|pwd|secret|token|api_?key|secret_?access_?key|session_?token)"
            r"[\"']?\s*[:=]\s*[\"']?)[^\s\"'&,;}]{4,}",
            re.I,
        ),
        rf"\1{REDACTED}",
    ),
    (
        re.compile(r"\b((?:[a-z][a-z0-9+.-]{0,20})://[^\s:/@]{1,64}):[^\s@/]{1,256}@"),
        rf"\1:{REDACTED}@",
    ),
    (re.compile(r"\bey[JK][A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"), REDACTED),
    (re.compile(r"\bgh[pousr]_[A-Za-z0-9]{30,}"), REDACTED),
)
_HINTS = (
    "akia",
    "asia",
    "private key",
    "pass",
    "pwd",
    "secret",
    "token",
    "api_key",
    "apikey",
    "://",
    "eyj",
    "eyk",
    "gh",
)
"""A text with none of these skips the regular expressions, as most texts do."""

_SHORTEST = 8
_DEEPEST = 60


def redact(response: dict[str, object]) -> dict[str, object]:
    """Return the response without secrets; the original is not changed."""
    cleaned = _member("", response, 0)
    assert isinstance(cleaned, dict)
    return cleaned


def redact_text(text: str) -> str:
    """Return the text with anything that looks like a secret redacted."""
    if len(text) < _SHORTEST:
        return text
    lower = text.lower()
    if not any(hint in lower for hint in _HINTS):
        return text
    for pattern, replacement in _SECRET_TEXTS:
        text = pattern.sub(replacement, text)
    return text


def _member(name: str, value: object, depth: int) -> object:
    """Redact one member of an object, by its name and value."""
    if isinstance(value, str):
        if value and _is_secret(name):
            return REDACTED
        # An access key id is not secret in a member of its own; in free text the key may follow it.
        return value if name in _KEY_IDS else redact_text(value)
    if isinstance(value, dict):
        return _object(name, value, depth)
    if isinstance(value, list):
        return _list(name, value, depth)
    return value


def _object(name: str, value: dict[str, object], depth: int) -> object:
    if depth > _DEEPEST or (value and _is_secret(name)):
        return REDACTED
    if _plain(name) in _VARIABLES and _is_flat(value):
        return dict.fromkeys(value, REDACTED)
    return {key: _member(key, each, depth + 1) for key, each in value.items()}


def _list(name: str, value: list[object], depth: int) -> object:
    if depth > _DEEPEST or (value and _is_secret(name)):
        return REDACTED
    if _plain(name) in _VARIABLES:
        return [_variable(each, depth) for each in value]
    return [_member("", each, depth + 1) for each in value]


def _variable(pair: object, depth: int) -> object:
    """``{"name": …, "value": …}``, as ECS and CodeBuild write environment variables."""
    if not isinstance(pair, dict) or not any(key in pair for key in _NAME_KEYS):
        return _member("", pair, depth + 1)
    return {key: REDACTED if key in _VALUE_KEYS else each for key, each in pair.items()}


def _is_flat(value: dict[str, object]) -> bool:
    return all(
        isinstance(each, str | int | float | bool) or each is None for each in value.values()
    )


def _is_secret(name: str) -> bool:
    return _plain(name) in _SECRET_NAMES


def _plain(name: str) -> str:
    plain = _PLAIN.get(name)
    if plain is None:
        plain = name.lower().replace("_", "").replace("-", "")
        if len(_PLAIN) < _MAX_PLAIN:
            _PLAIN[name] = plain
    return plain


_PLAIN: dict[str, str] = {}
_MAX_PLAIN = 20_000
"""Bound of the cache: more than all member names of AWS; users' own names could be endless."""
