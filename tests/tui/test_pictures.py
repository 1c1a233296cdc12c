"""What each pane and state looks like; `pytest --snapshot-update` after looking at the report."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from s3nav.model.errors import AccessDeniedError
from s3nav.model.events import JobProgress, JobState, ScanProgress
from s3nav.model.places import S3Uri
from s3nav.persistence import Database
from s3nav.pricing import Prices, load_config
from s3nav.pricing.index.offer_index import OfferIndex
from s3nav.pricing.index.price_schema import MIGRATIONS
from s3nav.settings import Settings
from s3nav.transfer import ItemRecord, ItemState
from s3nav.tui.app import Cockpit
from s3nav.tui.widgets.tier_table import TierTable
from tests.support.fake_session import FakeCounting, FakeSession, furnished_store, stats_of
from tests.support.memory_store import failing
from tests.support.price_files import storage_offer
from tests.support.upload_session import UploadSession
from tests.tui.conftest import NOON
from tests.tui.steps import app_of, both_sizes, enter_roads, status, until, until_shown

Compare = Callable[..., bool]
MB = 10**6


@pytest.fixture(autouse=True)
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing moves by itself: no blinking, no animation, no throughput samples."""
    monkeypatch.setattr(Input, "cursor_blink", False, raising=False)
    monkeypatch.setattr("s3nav.tui.bridge.SAMPLE_EVERY_DRAINS", 10**9)
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")


def counted() -> FakeCounting:
    return FakeCounting(
        stats={
            "backups-eu": stats_of(
                "backups-eu",
                objects=44_870,
                size_bytes=957_000 * MB,
                by_class={"GLACIER": 8, "STANDARD": 1},
            ),
            "finance-locked": stats_of(
                "finance-locked", complete=False, problem=AccessDeniedError("you may not list it")
            ),
            "road-imagery-prod": stats_of(
                "road-imagery-prod",
                objects=1_284_113,
                size_bytes=16_712_000 * MB,
                by_class={"STANDARD": 6, "STANDARD_IA": 3, "GLACIER": 1},
            ),
        },
        so_far={
            "node-data": ScanProgress(
                bucket="node-data",
                objects=8_100_000,
                size_bytes=67_000_000 * MB,
                requests=8100,
                complete=False,
                elapsed_s=4,
            )
        },
    )


def scanned_twice(session: FakeSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two scans of the roads, three days apart, with names that do not change."""
    numbers = iter(range(1, 100))
    monkeypatch.setattr("secrets.token_hex", lambda _: f"{next(numbers):06x}")
    place = S3Uri("road-imagery-prod")
    session.counts.now = lambda: NOON - timedelta(days=3)
    session.counts.count(place, fresh=True)
    session.memory.put(place.bucket, "logs/2026/11/21/z.gz", b"z" * 90_000)
    session.memory.put(place.bucket, "coryell/img/000.png", b"z" * 4_000)
    session.counts.now = lambda: NOON - timedelta(hours=3)
    session.counts.count(place, fresh=True)


@both_sizes
@pytest.mark.parametrize("keys", ["t", "H", "Hc"], ids=["totals", "history", "compare"])
def test_scans(
    snap_compare: Compare, monkeypatch: pytest.MonkeyPatch, keys: str, size: tuple[int, int]
) -> None:
    session = FakeSession(furnished_store())
    scanned_twice(session, monkeypatch)

    async def steps(pilot: Pilot[int]) -> None:
        await until_shown(pilot, "road-imagery-prod")
        await pilot.press("G")
        for key in keys:
            await pilot.press(key)
            shown = {"t": "coryell/", "H": "2026-11-17", "c": "logs/"}[key]
            await until_shown(pilot, shown)

    app = Cockpit(session, FakeCounting())
    assert snap_compare(app, terminal_size=size, run_before=steps)


def queue_up(session: FakeSession) -> None:
    for job_id, state, title, files, total, done in (
        ("a", JobState.RUNNING, "s3://road-imagery-prod/coryell/train/", 12_408, 104_000, 74),
        ("b", JobState.PAUSED, "s3://node-data/fills/2026/", 120_000, 9_000, 21),
        ("c", JobState.DONE, "s3://backups-eu/annual-report.tar", 1, 700, 100),
        ("d", JobState.FAILED, "s3://road-imagery-prod/bad/", 40, 12, 90),
    ):
        running = state is JobState.RUNNING
        session.queue.add(
            job_id,
            title=title,
            state=state,
            target=Path("/data/roads"),
            progress=JobProgress(
                job_id=job_id,
                state=state,
                total_files=files,
                total_bytes=total * MB,
                done_files=files * done // 100,
                done_bytes=total * MB * done // 100,
                failed_files=4 if state is JobState.FAILED else 0,
                bytes_per_s=218.0 * MB if running else 0.0,
                eta_s=124.0 if running else None,
                workers=24 if running else 0,
                elapsed_s=353.0,
            ),
        )
    session.queue.files["a"] = [
        ItemRecord(
            source=f"s3://road-imagery-prod/coryell/train/{number:05d}.png",
            local_path=Path("x"),
            size_bytes=number * 7013,
            state=list(ItemState)[number % 4],
            verified_by="crc64nvme" if number % 4 == 1 else "",
            reason={2: "there already, the same", 3: "connection reset by peer"}.get(
                number % 4, ""
            ),
        )
        for number in range(60)
    ]


async def show_counted(pilot: Pilot[int]) -> None:
    await until_shown(pilot, "road-imagery-prod")
    app_of(pilot).pane.table.move_to(3)
    await pilot.press("z", "g", "z", "j", "z", "j", "z")
    await until(pilot, lambda: "2 counted" in status(pilot))
    await until_shown(pilot, "≥ 8,100,000")
    await until_shown(pilot, "access-denied")


async def show_browser(pilot: Pilot[int]) -> None:
    await enter_roads(pilot)
    await pilot.press("j", "j", "j", "enter")
    await until_shown(pilot, "readme.md")
    await pilot.press("j", "enter")
    await until_shown(pilot, "000_31")
    await pilot.press("j", "j", "space", "space", "j")
    await until(pilot, lambda: "2 objects" in status(pilot))


async def show_queue(pilot: Pilot[int]) -> None:
    await pilot.press("3")
    await until_shown(pilot, "74 %")


async def show_files(pilot: Pilot[int]) -> None:
    await show_queue(pilot)
    await pilot.press("enter")
    await until_shown(pilot, "crc64nvme")


async def show_profiles(pilot: Pilot[int]) -> None:
    await pilot.press("1")
    await until_shown(pilot, "✔ arn")


def pressing(*keys: str) -> Callable[[Pilot[int]], Awaitable[None]]:
    async def press(pilot: Pilot[int]) -> None:
        await until_shown(pilot, "road-imagery-prod")
        await pilot.press(*keys)

    return press


@both_sizes
@pytest.mark.parametrize(
    "steps",
    [show_profiles, show_counted, show_browser, show_queue, show_files],
    ids=["profiles", "buckets", "browser", "transfers", "files"],
)
def test_panes(
    snap_compare: Compare, size: tuple[int, int], steps: Callable[[Pilot[int]], Awaitable[None]]
) -> None:
    session, counting = FakeSession(furnished_store()), counted()
    queue_up(session)

    assert snap_compare(Cockpit(session, counting), terminal_size=size, run_before=steps)


@pytest.mark.parametrize(
    "keys",
    [("4",), ("5",), ("question_mark",), ("slash", *"zzz"), ("colon", *"bucket no"), ("3",)],
    ids=["prices", "scrapes", "help", "filtered-to-zero", "command", "empty-queue"],
)
def test_states(snap_compare: Compare, keys: tuple[str, ...]) -> None:
    app = Cockpit(FakeSession(furnished_store()), FakeCounting())

    assert snap_compare(app, terminal_size=(100, 28), run_before=pressing(*keys))


def test_buckets_denied(snap_compare: Compare) -> None:
    session = FakeSession(furnished_store())
    session.memory.before = failing(
        AccessDeniedError(
            "you may not list the buckets of this account",
            remedy="name the bucket: `s3nav s3://bucket/`",
            context={"operation": "ListBuckets", "endpoint": "s3.eu-west-1.amazonaws.com"},
        ),
        "buckets",
    )

    async def steps(pilot: Pilot[int]) -> None:
        await until_shown(pilot, "access-denied")

    assert snap_compare(Cockpit(session, FakeCounting()), terminal_size=(100, 28), run_before=steps)


def test_download_question(snap_compare: Compare) -> None:
    async def steps(pilot: Pilot[int]) -> None:
        await show_browser(pilot)
        await pilot.press("s")

    app = Cockpit(FakeSession(furnished_store()), FakeCounting())
    assert snap_compare(app, terminal_size=(100, 28), run_before=steps)


@both_sizes
def test_copy_to_agree_to(snap_compare: Compare, size: tuple[int, int], tmp_path: Path) -> None:
    session = UploadSession(tmp_path)
    session.memory.put("backups-eu", "roads/manifest.csv", b"other")

    async def steps(pilot: Pilot[int]) -> None:
        await show_browser(pilot)
        await pilot.press("c")
        line = pilot.app.screen.query_one(Input)
        line.value = "s3://backups-eu/roads/"
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen.has_class("-asking"))

    assert snap_compare(Cockpit(session, FakeCounting()), terminal_size=size, run_before=steps)
    session.close()


def test_upload_question(snap_compare: Compare, tmp_path: Path) -> None:
    session = UploadSession(tmp_path)

    async def steps(pilot: Pilot[int]) -> None:
        await show_browser(pilot)
        await pilot.press("u")

    app = Cockpit(session, FakeCounting())
    assert snap_compare(app, terminal_size=(80, 24), run_before=steps)
    session.close()


@both_sizes
def test_limited(snap_compare: Compare, size: tuple[int, int]) -> None:
    session = FakeSession(furnished_store())
    queue_up(session)

    async def steps(pilot: Pilot[int]) -> None:
        await show_queue(pilot)
        await pilot.press("b", *"08:00-18:00 10MB/s, 50MB/s", "enter", "j", "K")
        await until(pilot, lambda: "now 10.0 MB/s" in status(pilot))
        app_of(pilot).clear_notifications()

    assert snap_compare(Cockpit(session, counted()), terminal_size=size, run_before=steps)


@pytest.mark.parametrize("theme", ["s3nav-light", "s3nav-contrast"])
def test_themes(snap_compare: Compare, theme: str) -> None:
    session = FakeSession(furnished_store(), Settings(profile="analytics", theme=theme))
    queue_up(session)

    assert snap_compare(Cockpit(session, counted()), terminal_size=(100, 28), run_before=show_queue)


def test_ascii(snap_compare: Compare) -> None:
    session = FakeSession(furnished_store(), Settings(profile="analytics", ascii_icons=True))
    queue_up(session)

    assert snap_compare(Cockpit(session, counted()), terminal_size=(80, 24), run_before=show_queue)


@both_sizes
@pytest.mark.parametrize("keys", [(), ("n", *"600TiB", "enter"), ("f",), ("c",)],
                         ids=["product", "cost", "facets", "regions"])  # fmt: skip
def test_price_pictures(
    snap_compare: Compare, size: tuple[int, int], keys: tuple[str, ...], tmp_path: Path
) -> None:
    session = FakeSession(furnished_store())
    session.price_book = priced(tmp_path)

    async def steps(pilot: Pilot[int]) -> None:
        await pilot.press("4")
        await until_shown(pilot, "EU-Retrieval-SIA")
        await pilot.press("s", *"storage", "enter")
        await until(pilot, lambda: "2 products" in status(pilot))
        tiers = app_of(pilot).pane.query_one(TierTable)
        await until(pilot, lambda: "storing" in tiers.render_line(0).text)
        await pilot.press(*keys)

    app = Cockpit(session, FakeCounting())
    assert snap_compare(app, terminal_size=size, run_before=steps)
    session.price_book.close()


def priced(tmp_path: Path) -> Prices:
    """AmazonS3 in two regions, as it stood at noon."""
    database = Database(tmp_path / "prices.sqlite3", MIGRATIONS)
    for region, prefix in (("us-east-1", ""), ("eu-west-1", "EU-")):
        path = tmp_path / "offer.json"
        price = "0.0230000000" if not prefix else "0.0240000000"
        path.write_bytes(storage_offer(prefix, region, price=price))
        OfferIndex(database, now=lambda: NOON).add(path, offer="AmazonS3", region=region)
    database.close()
    return Prices(load_config(), tmp_path / "prices.sqlite3")
