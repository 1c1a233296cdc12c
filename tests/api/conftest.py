from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from s3nav.api import create_app
from s3nav.model.scrape_queries import Answer, QueryStatus
from s3nav.scrape import Engine, Scrapes, ScrapeTuning, SqliteStore
from s3nav.scrape.engines.native_engine import NativeEngine
from tests.support.api_client import TestClient
from tests.support.fake_caller import FakeCaller, bad, ok


def _topics(region: str, _parameters: Mapping[str, object], _call: int) -> Answer:
    return ok({"Topics": [{"TopicArn": f"arn:aws:sns:{region}:1:alarms"}]})


@pytest.fixture
def account() -> FakeCaller:
    return FakeCaller(
        {
            "sns": {
                "ListTopics": _topics,
                "ListSubscriptions": lambda *_: bad(QueryStatus.DENIED, "AccessDenied"),
            },
            "s3": {"ListBuckets": lambda *_: ok({"Buckets": [{"Name": "road"}, {"Name": "lake"}]})},
        }
    )


@pytest.fixture
def scrapes(account: FakeCaller, tmp_path: Path) -> Iterator[Scrapes]:
    def engine(_request: object, _caller: object, _scrape_id: str) -> Engine:
        return NativeEngine(account, retry_attempts=0)

    opened = Scrapes(
        open_store=lambda: SqliteStore(tmp_path / "scrapes.sqlite3"),
        open_caller=lambda _rate, _profile: account,
        open_engine=engine,
        publish=lambda _event: None,
        tuning=ScrapeTuning(work_directory=tmp_path / "work", max_concurrent=1),
    )
    yield opened
    opened.close()


@pytest.fixture
def client(scrapes: Scrapes) -> Iterator[TestClient]:
    with TestClient(create_app(scrapes, token=None)) as opened:
        yield opened
