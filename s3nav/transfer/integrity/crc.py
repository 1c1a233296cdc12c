"""The CRCs of S3, computed by the AWS Common Runtime.

``import awscrt`` starts all of it: it gathers entropy and reads the system's certificates for its
own TLS, 50 ms of CPU that no checksum needs. Of versions whose functions are known to be called so
they are taken without that; any other is imported as usual.
"""

import ctypes
import importlib.util
import re
from collections.abc import Callable
from pathlib import Path
from typing import cast

import msgspec

OLDEST, NEWEST = (0, 31), (0, 38)
"""Versions that were tried; another could call its functions otherwise, which nobody survives."""
_METH_VARARGS = 1


class Crc(msgspec.Struct, frozen=True):
    """One CRC: its width, how to feed it, and how to join those of neighbours."""

    bits: int
    update: Callable[[memoryview, int], int]
    """Takes the next bytes and the value so far, which is 0 at first."""
    combine: Callable[[int, int, int], int]
    """Takes the values of two neighbours and the length of the second."""


class _Method(ctypes.Structure):
    """PyMethodDef of Python's C interface."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


_alive: list[_Method] = []
"""Python keeps pointers to them."""


def _crcs() -> dict[str, Crc]:
    return _uninitialised() or _imported()


def _uninitialised() -> dict[str, Crc] | None:
    """The functions of the library, which keep no state; None where they cannot be seen."""
    spec = importlib.util.find_spec("_awscrt")
    if spec is None or not spec.origin or not _is_known(Path(spec.origin).parent):
        return None
    try:
        library = ctypes.PyDLL(spec.origin)
        return {
            name: Crc(
                bits,
                cast(Callable[[memoryview, int], int], _function(library, f"{symbol}")),
                cast(Callable[[int, int, int], int], _function(library, f"{symbol}_combine")),
            )
            for name, bits, symbol in (
                ("CRC64NVME", 64, "aws_py_checksums_crc64nvme"),
                ("CRC32C", 32, "aws_py_checksums_crc32c"),
                ("CRC32", 32, "aws_py_checksums_crc32"),
            )
        }
    except (OSError, AttributeError):
        return None


def _is_known(site: Path) -> bool:
    """Whether the functions of the installed version take a tuple, as they are called here."""
    try:
        text = (site / "awscrt" / "__init__.py").read_text(errors="replace")
    except OSError:
        return False
    found = re.search(r"^__version__ = '(\d+)\.(\d+)\.", text, re.MULTILINE)
    return found is not None and OLDEST <= (int(found[1]), int(found[2])) <= NEWEST


def _function(library: ctypes.PyDLL, symbol: str) -> object:
    """A function of the library as Python's own: ctypes would cost a microsecond for each call."""
    address = ctypes.cast(getattr(library, symbol), ctypes.c_void_p)
    method = _Method(symbol.encode(), address, _METH_VARARGS, None)
    _alive.append(method)
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.restype = ctypes.py_object
    make.argtypes = (ctypes.POINTER(_Method), ctypes.c_void_p, ctypes.c_void_p)
    return make(ctypes.byref(method), None, None)


def _imported() -> dict[str, Crc]:
    from awscrt import checksums  # noqa: PLC0415  # only where it must be

    return {
        "CRC64NVME": Crc(64, checksums.crc64nvme, checksums.combine_crc64nvme),
        "CRC32C": Crc(32, checksums.crc32c, checksums.combine_crc32c),
        "CRC32": Crc(32, checksums.crc32, checksums.combine_crc32),
    }


CRCS = _crcs()
"""By S3's names; the fastest first."""
