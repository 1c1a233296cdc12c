"""Carry events from any thread to the faces without ever making a worker wait."""

import threading
from collections import deque
from typing import assert_never

import msgspec

from s3nav.model.events import (
    Event,
    ItemFailed,
    JobAdded,
    JobProgress,
    JobStateChanged,
    QueueReordered,
    ScanProgress,
    ScrapeProgress,
)

FACTS_KEPT = 10_000
"""Facts a slow face may fall behind; the journal has them all."""


class Drained(msgspec.Struct, frozen=True, kw_only=True):
    """What one face takes out of its subscription at once."""

    events: tuple[Event, ...]
    """Facts in the order they happened, then the newest progress of each job and scan."""
    dropped: int
    """Facts lost since the last drain because the face was too slow; rebuild from the journal."""


class Subscription:
    """One face's share of the events: newest progress per subject, every fact in order."""

    def __init__(self, *, facts_kept: int = FACTS_KEPT) -> None:
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._facts: deque[Event] = deque(maxlen=facts_kept)
        self._newest: dict[tuple[str, str], Event] = {}
        self._dropped = 0

    def offer(self, event: Event) -> None:
        """Take an event; the oldest fact gives way when there is no room."""
        key = _newest_only_key(event)
        with self._lock:
            if key is not None:
                self._newest[key] = event
            else:
                self._dropped += len(self._facts) == self._facts.maxlen
                self._facts.append(event)
        self._ready.set()

    def drain(self) -> Drained:
        """Take all that has come since the last call."""
        with self._lock:
            self._ready.clear()
            drained = Drained(events=(*self._facts, *self._newest.values()), dropped=self._dropped)
            self._facts.clear()
            self._newest.clear()
            self._dropped = 0
        return drained

    def wait(self, timeout_s: float) -> bool:
        """Wait until there is something to drain; False when the time is up."""
        return self._ready.wait(timeout_s)


class EventStream:
    """The one place where events are published."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscriptions: tuple[Subscription, ...] = ()

    def publish(self, event: Event) -> None:
        """Offer an event to every face. Any thread may call; it never blocks on a face."""
        for subscription in self._subscriptions:
            subscription.offer(event)

    def subscribe(self) -> Subscription:
        """Open a share; it sees what is published from now on."""
        subscription = Subscription()
        with self._lock:
            self._subscriptions = (*self._subscriptions, subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Close a share; unknown ones are ignored."""
        with self._lock:
            self._subscriptions = tuple(s for s in self._subscriptions if s is not subscription)


def _newest_only_key(event: Event) -> tuple[str, str] | None:
    """Name what `event` is the newest word on, or None when every such event counts."""
    match event:
        case JobProgress(job_id=job_id):
            return ("job", job_id)
        case ScanProgress(bucket=bucket, prefix=prefix):
            return ("scan", f"{bucket}/{prefix}")
        case ScrapeProgress(scrape_id=scrape_id):
            return ("scrape", scrape_id)
        case JobAdded() | JobStateChanged() | ItemFailed() | QueueReordered():
            return None
        case _:
            assert_never(event)
