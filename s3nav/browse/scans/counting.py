"""Count one place: take pages from the listing, store them and add them to the totals."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future

from s3nav.browse.pages import Digesting, PageDigest, StoredPage, Totals, root_of, whole
from s3nav.browse.scans.coverage import (
    LastPage,
    merged,
    missing,
    share_by_density,
    share_by_reference,
)
from s3nav.browse.scans.scan_facts import ScanRecord
from s3nav.browse.scans.scan_store import ScanStore
from s3nav.model.errors import S3NavError
from s3nav.model.events import Event, ScanProgress
from s3nav.model.objects import KeyPage, KeySpan
from s3nav.model.waits import UI_PRIORITY

SAY_EVERY_S = 0.1
"""Shortest time between two progress events of one place."""


class Counting:
    """One run of a scan: stores pages, sums them up and publishes progress.

    Many threads may call `take` at a time.
    """

    def __init__(
        self,
        kept: ScanStore,
        record: ScanRecord,
        *,
        publish: Callable[[Event], None],
        is_cancelled: Callable[[], bool],
        reference: Sequence[tuple[str, int]] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.totals = Totals(root_of(record.place.key))
        self._kept = kept
        self._record = record
        self._number = kept.number(record.scan_id)
        self._now_s = int(record.started_at.timestamp())
        self._publish = publish
        self._asked_to_stop = is_cancelled
        self._reference = reference
        """Page ends of an earlier complete scan, to estimate how far this one is."""
        self._clock = clock
        self._begun = clock()
        self._lock = threading.Lock()
        self._spans: list[KeySpan] = []
        self._ends: dict[str | None, LastPage] = {}
        """The page before each gap, by the start of the gap."""
        self._signs: set[str] = set()
        self._requests = 0
        self.pages = 0
        """Pages from earlier runs: at least this many requests were sent for them."""
        self._said = float("-inf")
        self._digesting = self._digesting_now()
        self._failure: S3NavError | None = None

    def restore(self, listed: Sequence[KeySpan], pages: Iterable[StoredPage]) -> None:
        """Load what earlier runs of the scan have stored."""
        for page in pages:
            self.totals.add(self.digesting.sums(page))
            self.pages += 1
        self._spans = list(listed)

    @property
    def todo(self) -> list[KeySpan]:
        """The spans that are not listed yet."""
        with self._lock:
            return missing(self._spans)

    @property
    def share(self) -> float | None:
        """The listed share, 0 to 1; estimated unless 1. None without an estimate."""
        with self._lock:
            spans = self._spans = merged(self._spans)
            self._ends = {s.upto: self._ends[s.upto] for s in spans if s.upto in self._ends}
            ends, signs = self._ends, "".join(sorted(self._signs))
        by_reference = share_by_reference(spans, self._reference) if self._reference else None
        if by_reference is not None:
            return by_reference
        return share_by_density(spans, ends, self.totals.whole.objects, signs)

    @property
    def digesting(self) -> Digesting:
        """The digest function for the next pages.

        The same object is returned as long as possible, because list workers get it pickled.
        """
        known, totals = self._digesting, self.totals
        if known.floor_bytes != totals.floor_bytes or known.folded is not totals.folded:
            known = self._digesting = self._digesting_now()
        return known

    @property
    def elapsed_s(self) -> float:
        """Since this run began."""
        return self._clock() - self._begun

    @property
    def has_pages(self) -> bool:
        """True when anything of the place is listed."""
        return bool(self._spans)

    def is_cancelled(self) -> bool:
        """Whether the scan was stopped or pages can no longer be stored."""
        return self._failure is not None or self._asked_to_stop()

    def raise_for_failure(self) -> None:
        """Raise LocalDiskError when a page could not be stored."""
        if self._failure is not None:
            raise self._failure

    def take(self, span: KeySpan, page: KeyPage) -> None:
        """Store a page and the span that it completes; returns quickly and never raises.

        Pages that arrive after a stop are dropped; `todo` still contains their spans.
        """
        if self.is_cancelled():
            return
        UI_PRIORITY.yield_to_ui()
        columns, digest = StoredPage.of(page), page.digest
        try:
            if span.upto is not None and span.upto <= span.after and page.keys:
                # A page without order completes no span, but its row needs a unique start.
                columns, digest = StoredPage.of(whole(page)).in_order(), None
                span = KeySpan(after=columns.keys[0], upto=columns.keys[0])
            if columns.keys and not isinstance(digest, PageDigest):
                digest = self.digesting.of(columns)
            future = self._keep(span, columns, digest)
        except S3NavError as error:
            self._failure = error
            return
        if future is None:
            return
        future.add_done_callback(self._note_failure)
        if isinstance(digest, PageDigest):
            self.totals.add(digest.sums)
        with self._lock:
            self._spans.append(span)
            if span.upto is not None and columns.keys:
                self._ends[span.upto] = LastPage(
                    first=columns.keys[0], last=columns.keys[-1], objects=len(columns.keys)
                )
                self._signs.update(columns.keys[-1])
            self._requests += 1
        self._say()

    def say_end(self, *, complete: bool, requests: int) -> None:
        """Publish the last totals."""
        self._requests = requests
        self._publish(self._progress(complete=complete))

    def _keep(self, span: KeySpan, page: StoredPage, digest: object) -> "Future[object] | None":
        blob = digest.blob if isinstance(digest, PageDigest) else b""
        last = page.keys[-1] if page.keys else ""
        return self._kept.add_page(
            self._number, span, (last, len(page.keys), blob), is_cancelled=self.is_cancelled
        )

    def _note_failure(self, written: "Future[object]") -> None:
        failure = written.exception(0)
        if isinstance(failure, S3NavError):
            self._failure = failure
        elif failure is not None:  # two pages for one span: the totals would be wrong
            self._failure = S3NavError(f"cannot store a page: {failure}")

    def _digesting_now(self) -> Digesting:
        totals = self.totals
        return Digesting(
            root=totals.root,
            now_s=self._now_s,
            floor_bytes=totals.floor_bytes,
            folded=totals.folded,
        )

    def _say(self) -> None:
        moment = self._clock()
        with self._lock:
            if moment - self._said < SAY_EVERY_S:
                return
            self._said = moment
        self._publish(self._progress(complete=False))

    def _progress(self, *, complete: bool) -> ScanProgress:
        whole = self.totals.whole
        return ScanProgress(
            bucket=self._record.place.bucket,
            prefix=self._record.place.key,
            scan_id=self._record.scan_id,
            objects=whole.objects,
            size_bytes=whole.size_bytes,
            requests=self._requests,
            complete=complete,
            elapsed_s=self.elapsed_s,
            share=1.0 if complete else self.share,
        )
