"""Make XML readable that names a key with control characters, as S3 writes it.

S3 writes such a character as ``&#x7;``, which XML 1.0 does not allow, so that parsers refuse the
document (API reference, CreateMultipartUpload; boto/botocore issue 3496).
"""

import re

_REPLACEMENT = b"&#xFFFD;"
_UNFIT = re.compile(rb"&#(?:[xX]([0-9A-Fa-f]+)|([0-9]+));|[\x00-\x08\x0b\x0c\x0e-\x1f]")
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def readable_xml(body: bytes) -> bytes:
    """The document with U+FFFD for each character that XML 1.0 does not allow.

    For documents whose keys do not matter: answers about one object, and errors.
    """
    return body if body.startswith(UTF_16) else _UNFIT.sub(_replaced, body)


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
