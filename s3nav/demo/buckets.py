"""What the demo's buckets hold: invented, but shaped like the real thing."""

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from s3nav.demo import samples
from s3nav.demo.samples import Content

HOME_REGION = "us-east-2"
OTHER_REGION = "eu-west-1"

LOCKED_BUCKET = "finance-locked"
MIB = 1 << 20

FILLS_DAYS = 90
FILLS_GAPS = frozenset({17, 18, 51})
"""Days ago on which nobody recorded anything."""


class Seed(msgspec.Struct, frozen=True, kw_only=True):
    """One object to be."""

    key: str
    content: Content
    modified_at: datetime
    storage_class: str = "STANDARD"
    metadata: Mapping[str, str] = msgspec.field(default_factory=dict)


class BucketSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One bucket to be."""

    name: str
    region: str = HOME_REGION
    age_days: int
    seeds: Sequence[Seed] = ()
    versioned: bool = False
    deleted: Sequence[str] = ()
    """Keys to be hidden by a delete marker."""


def buckets(newest_at: datetime) -> Iterator[BucketSpec]:
    """All buckets; the same for the same `newest_at`, when the newest objects changed."""
    yield BucketSpec(name="road-imagery-prod", age_days=900, seeds=[*_roads(newest_at)])
    yield BucketSpec(
        name="node-data", region=OTHER_REGION, age_days=420, seeds=[*_node_data(newest_at)]
    )
    yield BucketSpec(
        name="backups-eu", region=OTHER_REGION, age_days=1500, seeds=[*_backups(newest_at)]
    )
    yield BucketSpec(name="analytics-lake", age_days=610, seeds=[*_analytics(newest_at)])
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


def _node_data(newest_at: datetime) -> Iterator[Seed]:
    """Ninety days of hourly files under three ways to write a date, with gaps."""
    chance = random.Random("node-data")
    hourly = [samples.fills(chance, 60 + 40 * hour) for hour in range(24)]
    for days_ago in sorted(set(range(FILLS_DAYS)) - FILLS_GAPS, reverse=True):
        day = newest_at - timedelta(days=days_ago)
        storage = "STANDARD" if days_ago < 30 else "INTELLIGENT_TIERING"
        for hour in range(24):
            recorded_at = day - timedelta(hours=36 - hour)
            yield Seed(
                key=f"node_fills_by_block/hourly/{recorded_at:%Y%m%d}/{recorded_at:%H}.jsonl.gz",
                content=hourly[hour],
                modified_at=recorded_at + timedelta(minutes=61),
                storage_class=storage,
            )
        yield Seed(
            key=f"node_trades/dt={day:%Y-%m-%d}/part-00000.csv",
            content=samples.table(chance, 30),
            modified_at=day - timedelta(hours=11),
            storage_class=storage,
        )
    for days_ago in range(200, FILLS_DAYS, -1):
        day = newest_at - timedelta(days=days_ago)
        yield Seed(
            key=f"node_fills/{day:%Y/%m/%d}/fills.jsonl.gz",
            content=hourly[days_ago % 24],
            modified_at=day,
            storage_class="STANDARD_IA",
        )


def _backups(newest_at: datetime) -> Iterator[Seed]:
    """A few large objects: machine images now, database dumps colder month by month."""
    chance = random.Random("backups")
    image, dump = samples.noise(chance, 48 * MIB), samples.noise(chance, 12 * MIB)
    for machine in ("gateway", "builder", "archive"):
        yield Seed(
            key=f"vm/images/{machine}.img", content=image, modified_at=newest_at - timedelta(days=1)
        )
    for months in range(12):
        day = newest_at - timedelta(days=30 * months)
        cold = ("STANDARD", "STANDARD_IA", "GLACIER", "DEEP_ARCHIVE")[min(months // 2, 3)]
        yield Seed(
            key=f"db/{day:%Y/%m/%d}/full.dump", content=dump, modified_at=day, storage_class=cold
        )
        yield Seed(
            key=f"db/{day:%Y/%m/%d}/MANIFEST.txt",
            content=samples.text(f"full.dump {dump.etag}\n"),
            modified_at=day,
        )


def _analytics(newest_at: datetime) -> Iterator[Seed]:
    """A small lake: Parquet by day, CSV exports, logs, a README."""
    chance = random.Random("analytics")
    events, exports = samples.parquet(), [samples.table(chance, 400) for _ in range(6)]
    for days_ago in range(120, 0, -1):
        day = newest_at - timedelta(days=days_ago)
        yield Seed(
            key=f"events/dt={day:%Y-%m-%d}/part-0000.parquet",
            content=events,
            modified_at=day,
            storage_class="INTELLIGENT_TIERING",
        )
        yield Seed(
            key=f"exports/{day:%Y}/{day:%m}/orders-{day:%Y%m%d}.csv",
            content=exports[days_ago % 6],
            modified_at=day + timedelta(hours=3),
        )
    yield Seed(
        key="README.md",
        content=samples.text("# analytics-lake\n\nevents by day, exports by month\n"),
        modified_at=newest_at - timedelta(days=100),
    )


def _awkward(newest_at: datetime) -> Iterator[Seed]:
    """Keys that S3 allows and file systems, terminals and naive clients do not like."""
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
