"""Pass events from any thread to the front ends without blocking a worker."""

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
"""Undrained facts kept for a slow front end; the journal has all of them."""


class Drained(msgspec.Struct, frozen=True, kw_only=True):
    """The events that a front end takes from its subscription in one call."""

    events: tuple[Event, ...]
    """Facts in order, then the newest progress of each job and scan."""
    dropped: int
    """Facts lost since the last drain; after a loss, reload the state from the journal."""


class Subscription:
    """One front end's events: every fact in order, and the newest progress per subject."""

    def __init__(self, *, facts_kept: int = FACTS_KEPT) -> None:
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._facts: deque[Event] = deque(maxlen=facts_kept)
        self._newest: dict[tuple[str, str], Event] = {}
        self._dropped = 0

    def offer(self, event: Event) -> None:
        """Add an event; the oldest fact is dropped when the queue is full."""
        key = _newest_only_key(event)
        with self._lock:
            if key is not None:
                self._newest[key] = event
            else:
                self._dropped += len(self._facts) == self._facts.maxlen
                self._facts.append(event)
        self._ready.set()

    def drain(self) -> Drained:
        """Return the events since the last call."""
        with self._lock:
            self._ready.clear()
            drained = Drained(events=(*self._facts, *self._newest.values()), dropped=self._dropped)
            self._facts.clear()
            self._newest.clear()
            self._dropped = 0
        return drained

    def wait(self, timeout_s: float) -> bool:
        """Wait until there is something to drain; False on timeout."""
        return self._ready.wait(timeout_s)


class EventStream:
    """Publishes events to all subscriptions."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscriptions: tuple[Subscription, ...] = ()

    def publish(self, event: Event) -> None:
        """Pass an event to every subscription; thread-safe, and never waits for a front end."""
        for subscription in self._subscriptions:
            subscription.offer(event)

    def subscribe(self) -> Subscription:
        """Open a subscription to all events from now on."""
        subscription = Subscription()
        with self._lock:
            self._subscriptions = (*self._subscriptions, subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Close a subscription; unknown ones are ignored."""
        with self._lock:
            self._subscriptions = tuple(s for s in self._subscriptions if s is not subscription)


def _newest_only_key(event: Event) -> tuple[str, str] | None:
    """Return the subject that only the newest event matters for; None if every event matters."""
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
