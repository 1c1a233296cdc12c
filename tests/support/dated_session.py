"""A cockpit session whose settings have datasets: a year of days with holes in it."""

from datetime import date, timedelta

from s3nav.settings import Dataset, Settings
from tests.support.fake_session import FakeSession
from tests.support.memory_store import MemoryStore

LAST = date(2026, 11, 20)
DAYS = 400


def dated_store() -> MemoryStore:
    """``by_block/`` lacks ten days in March and the 5th of every month; ``fills/`` has no dates."""
    store = MemoryStore()
    store.make_bucket("node-data", "ap-northeast-1")
    for back in range(DAYS):
        day = LAST - timedelta(days=back)
        if day.day == 5 or (day.month == 3 and 10 <= day.day < 20):
            continue
        body = b"1" * (100 + 37 * back % 900)
        store.put("node-data", f"by_block/{day:%Y%m%d}/0.lz4", body)
    store.put("node-data", "fills/a.lz4", b"123")
    return store


def dated_session() -> FakeSession:
    fills = Dataset(
        bucket="node-data",
        paths={"current": "by_block/", "legacy": "fills/"},
        date_pattern="%Y%m%d",
    )
    plain = Dataset(bucket="node-data", paths={"changes": "by_block/2026*"})
    settings = Settings(
        profile="analytics", region="eu-west-1", datasets={"fills": fills, "plain": plain}
    )
    return FakeSession(dated_store(), settings)
