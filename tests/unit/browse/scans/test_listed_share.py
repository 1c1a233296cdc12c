"""The share of a first scan, for many shapes of keys: near the truth, or unknown."""

import bisect
import random
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import pytest

from s3nav.browse import ScanRetention, Scans
from s3nav.browse.listing import interval_scheduler
from s3nav.browse.listing.interval_scheduler import FolderLookup, IntervalScheduler
from s3nav.browse.listing.intervals import Interval
from s3nav.browse.scans.listed_share import share_by_density
from s3nav.browse.scans.scan_records import PageSample, ShareEstimate
from s3nav.browse.scans.scan_run import ABANDONED, Counting
from s3nav.browse.scans.scan_store import ScanStore
from s3nav.model.objects import KeyPage, KeySpan, ListingPage, ListRequest
from s3nav.model.places import S3Connection, S3Uri
from tests.support.memory_store import WHEN, MemoryStore
from tests.support.tiers import rest_is_slow

KEYS = 60_000
PAGE = 100
FRACTIONS = (0.15, 0.3, 0.39, 0.5, 0.65, 0.84)
FACTOR = 1.6
"""An estimate may be above or below the truth by this factor."""
UNSEEN = {("giant-user", 0.15)}
"""Nothing of the large folder is listed yet, so that nothing can tell that it is large."""
DAYS = [
    (year, month, day)
    for year in (2024, 2025, 2026)
    for month in range(1, 13)
    for day in range(1, 29)
]


def hashed(number: int) -> str:
    return sha256(str(number).encode()).hexdigest()[:32]


def users(sizes: Sequence[int]) -> Iterator[str]:
    for user, size in enumerate(sizes):
        yield from (f"users/{hashed(user)[:8]}/{number:06}" for number in range(size))


def words() -> Iterator[str]:
    for name in ("books", "clothes", "electronics", "food", "garden", "toys"):
        yield from (f"{name}/{hashed(number)}" for number in range(KEYS // 6))


def mixed() -> Iterator[str]:
    for year, month, day in DAYS:
        yield from (f"logs/{year}/{month:02}/{day:02}/{n}" for n in range(15))
    yield from (f"images/{number:08}.jpg" for number in range(15_000))
    yield from (f"zz/{hashed(number)}" for number in range(15_000))


SHAPES: dict[str, Callable[[], Iterator[str]]] = {
    "dated": lambda: (f"{y}/{m:02}/{d:02}/{n:04}.gz" for y, m, d in DAYS for n in range(60)),
    "hive": lambda: (
        f"t/year={y}/month={m:02}/day={d:02}/part-{n:05}" for y, m, d in DAYS for n in range(60)
    ),
    "one-year": lambda: (
        f"2026/{m:02}/{d:02}/{h:02}/{hashed(n)}"
        for m in range(1, 12)
        for d in range(1, 31)
        for h in range(24)
        for n in range(8)
    ),
    "hashes": lambda: map(hashed, range(KEYS)),
    "hashed-folders": lambda: (f"objects/{hashed(n)[:2]}/{hashed(n)}" for n in range(KEYS)),
    "numbers": lambda: (f"img/{n:08}.jpg" for n in range(KEYS)),
    "sparse-numbers": lambda: (f"scan-{n * 15_013:012}" for n in range(KEYS)),
    "numbers-of-any-length": lambda: (f"item{n}" for n in range(KEYS)),
    "long-prefix": lambda: (f"{'a-long/common/prefix/' * 20}{n:07}" for n in range(KEYS)),
    "even-users": lambda: users([200] * 300),
    "giant-user": lambda: users([60] * 150 + [KEYS] + [60] * 150),
    "few-words": words,
    "unicode": lambda: (f"\u97f3\u697d/{chr(0x4E00 + n % 3000)}/{n:05}.mp3" for n in range(KEYS)),
    "cyrillic": lambda: (
        f"{a}{b}/{n:05}" for a in "абвгдежзик" for b in "абвгд" for n in range(900)
    ),
    "mixed": mixed,
}
KNOWN = ("dated", "hive", "hashes", "numbers", "sparse-numbers", "even-users")
"""Half of these is enough for an estimate; of one year of days it depends on which half."""


Sink = Callable[[KeySpan, KeyPage], None]


def page_of(keys: list[str], token: str | None) -> KeyPage:
    count = len(keys)
    return KeyPage(
        keys=keys,
        sizes=[1] * count,
        modified_s=[0] * count,
        etags=[""] * count,
        classes=["STANDARD"] * count,
        next_token=token,
    )


class Idle(Exception):  # noqa: N818 - not an error
    """Nothing can be split for another thread."""


class Listing:
    """The scheduler of a listing, with turns of its threads as a seed decides."""

    def __init__(self, keys: Sequence[str], threads: int, sink: Sink | None = None) -> None:
        self.keys = keys
        self._sink = sink
        self.spans: list[KeySpan] = []
        self.sample = PageSample()
        self._threads = threads
        self._turns = random.Random(1)
        self._active: list[Interval | FolderLookup] = []
        self._is_split = False
        self._asked = 0
        request = ListRequest(bucket="b", prefix="", page_size=PAGE)
        self._scheduler = IntervalScheduler((KeySpan(),), request, self._allowed)

    @property
    def share(self) -> float:
        return self.sample.objects / len(self.keys)

    def step(self) -> None:
        """The next answer of S3 to one of the threads."""
        self._take()
        work = self._active.pop(self._turns.randrange(len(self._active)))
        if isinstance(work, FolderLookup):
            self._scheduler.finish_lookup(work, self._folders(work.folder, work.after))
            return
        start = bisect.bisect_right(self.keys, work.position) if work.position else 0
        keys = list(self.keys[start : start + PAGE])
        if work.position:
            self._scheduler.allow_split()
            self._is_split = True
        token = "more" if start + PAGE < len(self.keys) else None
        step = self._scheduler.advance(work, page_of(keys, token))
        assert step is not None
        self.spans += [step.span, *step.closed]
        if self._sink is not None and step.rows.keys:
            self._sink(step.span, step.rows)
        if step.rows.keys:
            self.sample.add(step.rows.keys)
        if not step.is_last:
            self._active.append(work)

    def _take(self) -> None:
        while len(self._active) < self._threads and (self._is_split or not self._active):
            self._asked = 0
            try:
                work = self._scheduler.take()
            except Idle:
                return
            assert work is not None
            self._active.append(work)

    def _allowed(self) -> int:
        """The scheduler asks again when it found nothing; then it would wait for other threads."""
        self._asked += 1
        if self._asked > 1:
            raise Idle
        return self._threads

    def _folders(self, folder: str, after: str) -> ListingPage:
        start = bisect.bisect_right(self.keys, after)
        inside = (key[len(folder) :] for key in self.keys[start:] if key.startswith(folder))
        names = (folder + key[: key.index("/") + 1] for key in inside if "/" in key)
        found = sorted({name for name in names if name > after})
        return ListingPage(prefixes=tuple(found[:1000]), next_token="m" if found[1000:] else None)


@pytest.fixture
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interval_scheduler, "WAIT_S", 0.0)


@pytest.mark.usefixtures("no_waits")
@pytest.mark.parametrize("threads", rest_is_slow([16, 6, 48]))
@pytest.mark.parametrize("shape", SHAPES)
def test_the_share_is_near_the_truth_or_unknown(shape: str, threads: int) -> None:
    listing = Listing(sorted(set(SHAPES[shape]())), threads)
    found: dict[float, float | None] = {}
    for fraction in FRACTIONS:
        while listing.share < fraction:
            listing.step()
        if (shape, fraction) not in UNSEEN:
            found[listing.share] = share_by_density(listing.spans, listing.sample)

    wrong = {
        true: share
        for true, share in found.items()
        if share is not None and not true / FACTOR < share < true * FACTOR
    }
    assert not wrong


@pytest.mark.usefixtures("no_waits")
@pytest.mark.parametrize("shape", rest_is_slow(KNOWN))
def test_half_of_regular_keys_is_enough_for_an_estimate(shape: str) -> None:
    listing = Listing(sorted(set(SHAPES[shape]())), 16)
    while listing.share < 0.5:
        listing.step()

    assert share_by_density(listing.spans, listing.sample) is not None


def test_many_pages_are_thinned_out_without_a_loss_of_objects() -> None:
    sample = PageSample()
    for number in range(5000):
        sample.add([f"{number:06}a", f"{number:06}b"])

    kept = sample.pages()

    assert (sample.count, sample.objects) == (5000, 10_000)
    assert sum(page.objects for page in kept) == 10_000
    assert len(kept) < 512


def test_the_beginning_alone_gives_no_estimate_and_all_is_all() -> None:
    sample = PageSample()
    for number in range(500):
        sample.add([f"{number:06}"])

    assert share_by_density([KeySpan(after="", upto="000499")], sample) is None
    assert share_by_density([KeySpan()], sample) == 1.0
    assert ShareEstimate(share_by_density).of([KeySpan()], sample) == 1.0


@pytest.mark.usefixtures("no_waits")
def test_the_share_of_a_killed_scan_is_that_of_its_stored_pages(tmp_path: Path) -> None:
    place, file = S3Uri("roads"), tmp_path / "scans.sqlite3"
    store = ScanStore(file)
    record, lock = store.begin(S3Connection(), place, WHEN)
    run = Counting(store, record, publish=lambda _: None, is_cancelled=lambda: False)
    listing = Listing(sorted(SHAPES["dated"]()), 16, run.take)
    while listing.share < 0.5:
        listing.step()
    store.close()
    lock.release()
    scans = Scans(
        open_store=MemoryStore,
        scans_file=file,
        publish=lambda _: None,
        retry_attempts=1,
        retention=ScanRetention(),
    )

    (killed,) = scans.history(place)
    scans.close()

    assert killed.reason == ABANDONED
    assert killed.coverage.share == pytest.approx(0.5, rel=0.2)
