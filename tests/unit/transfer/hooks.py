"""Faults and waits to put before the requests of a MemoryStore."""

import threading

from s3nav.model.errors import (
    S3NavError,
)

LARGE = bytes(range(256)) * 20


class FailFirst:
    """Raises for the first `times` GETs of a key."""

    def __init__(self, error: S3NavError, *, key: str, times: int) -> None:
        self.error, self.key, self.left = error, key, times
        self.lock = threading.Lock()

    def __call__(self, verb: str, name: str) -> None:
        with self.lock:
            if verb != "get" or name != self.key or self.left == 0:
                return
            self.left -= 1
        raise self.error


class Gate:
    """Holds every GET back until it is opened."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()

    def __call__(self, verb: str, _: str) -> None:
        if verb == "get":
            self.reached.set()
            assert self.opened.wait(50)
