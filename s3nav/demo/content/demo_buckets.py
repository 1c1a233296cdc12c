"""The demo's buckets: invented data in realistic layouts.

An object depends only on its key and on the day of the demo's first start, so that a job of last
week finds the same bytes. Each day adds new objects, as in real buckets.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from s3nav.demo.content import samples
from s3nav.demo.content.samples import Content

HOME_REGION = "us-east-2"
OTHER_REGION = "eu-west-1"

LOCKED_BUCKET = "finance-locked"
MIB = 1 << 20

FILLS_DAYS = 90
FILLS_GAPS = frozenset({17, 18, 51})
"""Days without objects, as days before the first start."""
RETENTION_DAYS = 400
"""Age at which daily objects are removed, as by a lifecycle rule."""


class Seed(msgspec.Struct, frozen=True, kw_only=True):
    """One object to create."""

    key: str
    content: Content
    modified_at: datetime
    storage_class: str = "STANDARD"
    metadata: Mapping[str, str] = msgspec.field(default_factory=dict)


class BucketSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One bucket to create."""

    name: str
    region: str = HOME_REGION
    age_days: int
    seeds: Sequence[Seed] = ()
    versioned: bool = False
    deleted: Sequence[str] = ()
    """Keys to hide by a delete marker."""


def buckets(began_on: date, today: date) -> Iterator[BucketSpec]:
    """Yield the buckets as of the start of `today`, UTC, for a demo first started on `began_on`."""
    newest_at = _midnight(began_on)
    yield BucketSpec(name="road-imagery-prod", age_days=900, seeds=[*_roads(newest_at)])
    yield BucketSpec(
        name="node-data", region=OTHER_REGION, age_days=420, seeds=[*_node_data(began_on, today)]
    )
    yield BucketSpec(
        name="backups-eu", region=OTHER_REGION, age_days=1500, seeds=[*_backups(began_on, today)]
    )
    yield BucketSpec(name="analytics-lake", age_days=610, seeds=[*_analytics(began_on, today)])
    yield BucketSpec(name="awkward-keys", age_days=12, seeds=[*_awkward(newest_at)])
    yield BucketSpec(
        name="app-config-versions",
        region=OTHER_REGION,
        age_days=300,
        seeds=[*_config(newest_at)],
        versioned=True,
        deleted=("config/retired.json",),
    )
    yield BucketSpec(
        name=LOCKED_BUCKET,
        age_days=2000,
        seeds=[
            Seed(key="ledger/2026.csv", content=samples.text("secret\n"), modified_at=newest_at)
        ],
    )
    yield BucketSpec(name="scratch-empty", age_days=3)


def _roads(newest_at: datetime) -> Iterator[Seed]:
    """2,880 pictures of 24 roads, the older ones in colder classes, and a map of each road."""
    chance = random.Random("roads")
    pictures = [samples.picture(chance, chance.randint(12_000, 120_000)) for _ in range(32)]
    classes = ("STANDARD", "STANDARD", "STANDARD_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE")
    for number in range(24):
        county = ("coryell", "bell", "mclennan")[number % 3]
        road = f"{county}/Co Rd {4200 + number * 5}"
        taken_at = newest_at - timedelta(days=2 + number * 15, hours=number)
        latitude, longitude = 31.70 + number / 50, -97.69 - number / 40
        for frame in range(120):
            place = f"{latitude + frame * 9.2e-5:.6f}_{longitude + frame * 1.8e-4:.6f}"
            yield Seed(
                key=f"{road}/img/{frame:03d}_{place}.png",
                content=pictures[chance.randrange(len(pictures))],
                modified_at=taken_at + timedelta(seconds=frame * 7),
                storage_class=classes[number // 4],
                metadata={"x-amz-meta-camera": "front", "x-amz-meta-county": county},
            )
        yield Seed(
            key=f"{road}/segments.geojson",
            content=samples.document(chance, 40),
            modified_at=taken_at + timedelta(hours=1),
        )


def _node_data(began_on: date, today: date) -> Iterator[Seed]:
    """Hourly files of at least 90 days, with three date formats in keys and with gaps."""
    chance = random.Random("node-data")
    hourly = [samples.fills(chance, 60 + 40 * hour) for hour in range(24)]
    for day in _days(began_on, today, before=FILLS_DAYS - 1):
        days_before = (began_on - day).days
        if days_before in FILLS_GAPS:
            continue
        end = _midnight(day)
        storage = "STANDARD" if days_before < 30 else "INTELLIGENT_TIERING"
        for hour in range(24):
            recorded_at = end - timedelta(hours=36 - hour)
            yield Seed(
                key=f"node_fills_by_block/hourly/{recorded_at:%Y%m%d}/{recorded_at:%H}.jsonl.gz",
                content=hourly[hour],
                modified_at=recorded_at + timedelta(minutes=61),
                storage_class=storage,
            )
        yield Seed(
            key=f"node_trades/dt={day:%Y-%m-%d}/part-00000.csv",
            content=samples.table(random.Random(f"trades {day}"), 30),
            modified_at=end - timedelta(hours=11),
            storage_class=storage,
        )
    for days_before in range(200, FILLS_DAYS, -1):
        day = began_on - timedelta(days=days_before)
        yield Seed(
            key=f"node_fills/{day:%Y/%m/%d}/fills.jsonl.gz",
            content=hourly[day.toordinal() % 24],
            modified_at=_midnight(day),
            storage_class="STANDARD_IA",
        )


def _backups(began_on: date, today: date) -> Iterator[Seed]:
    """A few large objects: machine images, and database dumps, the older ones in colder classes."""
    image, dump = samples.noise("image", 48 * MIB), samples.noise("dump", 12 * MIB)
    newest_at = _midnight(began_on)
    for machine in ("gateway", "builder", "archive"):
        yield Seed(
            key=f"vm/images/{machine}.img", content=image, modified_at=newest_at - timedelta(days=1)
        )
    manifest = samples.text(f"full.dump {dump.etag}\n")
    for months in range(11, -1 - (today - began_on).days // 30, -1):
        at = newest_at - timedelta(days=30 * months)
        cold = ("STANDARD", "STANDARD_IA", "GLACIER", "DEEP_ARCHIVE")[min(max(months, 0) // 2, 3)]
        yield Seed(
            key=f"db/{at:%Y/%m/%d}/full.dump", content=dump, modified_at=at, storage_class=cold
        )
        yield Seed(key=f"db/{at:%Y/%m/%d}/MANIFEST.txt", content=manifest, modified_at=at)


def _analytics(began_on: date, today: date) -> Iterator[Seed]:
    """A small lake: Parquet by day, CSV exports, logs, a README."""
    chance = random.Random("analytics")
    events, exports = samples.parquet(), [samples.table(chance, 400) for _ in range(6)]
    for day in _days(began_on, today - timedelta(days=1), before=120):
        at = _midnight(day)
        yield Seed(
            key=f"events/dt={day:%Y-%m-%d}/part-0000.parquet",
            content=events,
            modified_at=at,
            storage_class="INTELLIGENT_TIERING",
        )
        yield Seed(
            key=f"exports/{day:%Y}/{day:%m}/orders-{day:%Y%m%d}.csv",
            content=exports[day.toordinal() % 6],
            modified_at=at + timedelta(hours=3),
        )
    yield Seed(
        key="README.md",
        content=samples.text("# analytics-lake\n\nevents by day, exports by month\n"),
        modified_at=_midnight(began_on) - timedelta(days=100),
    )


def _awkward(newest_at: datetime) -> Iterator[Seed]:
    """Keys that are valid in S3 but difficult for file systems, terminals and naive clients."""
    keys = (
        "a",
        "a/b",
        "a//b",
        "../escape",
        "dir/../../up",
        "/absolute",
        "C:\\windows\\drive.txt",
        "folder/",
        "folder/nested/",
        "trailing space ",
        "trailing dot.",
        " leading space",
        "plus+sign.txt",
        "percent%2Fslash.txt",
        "percent%.txt",
        "question?mark=1&x#y.txt",
        "quote'\"<>|*.txt",
        "Case.txt",
        "case.txt",
        "unicode/caf\u00e9.txt",
        "unicode/cafe\u0301.txt",
        "unicode/\u65e5\u672c\u8a9e.txt",
        "unicode/\N{WASTEBASKET}\ufe0f \N{GRINNING FACE}.txt",
        "unicode/right-to-left \u202egnp.txt",
        "control/tab\there.txt",
        # No line feed: moto's own routes do not match it.
        "control/escape \x1b[31mred.txt",
        "markup/[bold]not bold[/bold].txt",
        "CON",
        "nul.txt",
        "long/" + "x" * 900,
        "/".join(["deep"] * 60) + "/end.txt",
    )
    for number, key in enumerate(keys):
        body = "" if key.endswith("/") else f"awkward key number {number}\n"
        yield Seed(
            key=key,
            content=samples.text(body),
            modified_at=newest_at - timedelta(days=number % 9, minutes=number),
        )


def _config(newest_at: datetime) -> Iterator[Seed]:
    """Five versions of one file, two of another, one that is deleted since; oldest first."""
    for key, versions in (
        ("config/app.json", 5),
        ("config/limits.json", 2),
        ("config/retired.json", 1),
    ):
        for version in range(1, versions + 1):
            yield Seed(
                key=key,
                content=samples.text(f'{{"version": {version}}}\n', "application/json"),
                modified_at=newest_at - timedelta(days=10 * (versions - version) + 1),
            )


def _days(began_on: date, last: date, *, before: int) -> Iterator[date]:
    """Yield the days from `before` days before the first start to `last`, in order."""
    first = max(began_on - timedelta(days=before), last - timedelta(days=RETENTION_DAYS))
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
