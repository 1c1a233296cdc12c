"""Make XML readable that names a key with control characters, and refuse XML that is an attack.

S3 writes such a character as ``&#x7;``, which XML 1.0 does not allow, so that parsers refuse the
document (API reference, CreateMultipartUpload; boto/botocore issue 3496). S3 writes UTF-8 and
declares neither a document type nor entities.
"""

import re

_REPLACEMENT = b"&#xFFFD;"
_UNFIT = re.compile(rb"&#(?:[xX]([0-9A-Fa-f]+)|([0-9]+));|[\x00-\x08\x0b\x0c\x0e-\x1f]")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_ENCODING = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*<\?xml\s[^>]*?encoding\s*=\s*[\"']([^\"'>]*)", re.ASCII
)
_KNOWN_ENCODINGS = frozenset({b"utf-8", b"utf8", b"us-ascii", b"ascii"})
MAX_TAGS = 2_000_000
"""A page of a thousand objects has 30,000. Two million take about 250 MB when they are parsed."""


def why_unsafe(body: bytes) -> str:
    """Why a document may not be parsed, as the end of a sentence; empty when it may be."""
    # Parsers recognise UTF-16 by its first two bytes, and in it `<!` has other bytes.
    declared = _ENCODING.match(body)
    if (
        body.startswith(_UTF_16)
        or b"\0" in body[:4]
        or (declared is not None and declared[1].lower() not in _KNOWN_ENCODINGS)
    ):
        return "its encoding is not UTF-8"
    if b"<!" in body:
        return "it declares a document type"
    return "it has too many tags" if body.count(b"<") > MAX_TAGS else ""


def readable_xml(body: bytes) -> bytes:
    """The document with U+FFFD for each character that XML 1.0 does not allow.

    For documents whose keys do not matter: answers about one object, and errors.
    """
    return body if body.startswith(_UTF_16) else _UNFIT.sub(_replaced, body)


def _replaced(match: re.Match[bytes]) -> bytes:
    if match[1] is None and match[2] is None:
        return _REPLACEMENT
    digits = match[1] or match[2]
    code = int(digits, 16 if match[1] else 10) if len(digits) <= 8 else -1
    return match[0] if _is_allowed(code) else _REPLACEMENT


def _is_allowed(code: int) -> bool:
    """Whether XML 1.0 has the character (section 2.2)."""
    if code < 0x20:
        return code in {0x9, 0xA, 0xD}
    return code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF
