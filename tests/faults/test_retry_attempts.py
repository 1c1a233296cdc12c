"""`retry_attempts` holds for every command: the server counts how often a request is made."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from s3nav.model.errors import S3NavError
from s3nav.model.objects import VersionsRequest
from s3nav.model.ports.stores import ObjectStore
from s3nav.retries import Backoff, retry_policy
from s3nav.session import Session
from s3nav.settings import Loaded, Settings
from tests.support.command_line import Ended, Shell
from tests.support.listing_thread import ListingThread
from tests.support.price_files import small_list, storage_offer
from tests.support.price_list import Answer, PriceList

LIST = "list-type=2"
"""In the request line of a listing, and of no other request."""
COMMANDS = {
    "ls": ("ls", "GET /?"),
    "ls of a place": ("ls s3://bucket/", LIST),
    "find --live": ("find s3://bucket/ --live", LIST),
    "buckets": ("buckets", "GET /?"),
    "scan": ("scan s3://bucket/", LIST),
    "scan's region": ("scan s3://bucket/", "HEAD /bucket "),
    "scan versions": ("scan versions s3://bucket/", "versions"),
    "inventory": ("scan --inventory s3://bucket/manifest.json", "/manifest.json"),
    "download's inventory": (
        "download --inventory s3://bucket/manifest.json --download-dir out",
        "/manifest.json",
    ),
    "estimate": ("estimate s3://bucket/", LIST),
    "download's plan": ("download s3://bucket/ --download-dir out", LIST),
    "verify": ("verify . s3://bucket/", LIST),
    "verify's HEAD": ("verify . s3://bucket/", "HEAD /bucket/one "),
    "what is there before a put": ("put . s3://bucket/ --yes --allow-write", LIST),
    "download": ("download s3://bucket/ --download-dir out", "GET /bucket/one "),
}


class RealShell(Shell):
    """Command lines with the real client."""

    def _open_session(self, loaded: Loaded, environment: Mapping[str, str]) -> Session:
        return Session(loaded, environment)


@dataclass
class Asking:
    """Runs command lines against one server."""

    server: ListingThread
    home: Path

    def run(self, words: str, *, retry_attempts: int, **settings: str) -> Ended:
        environment = {
            "S3NAV_DATA_DIR": str(self.home / "data"),
            "S3NAV_ENDPOINT_URL": self.server.url,
            "S3NAV_ACCESS_KEY": "key",
            "S3NAV_SECRET_KEY": "secret",
            "S3NAV_REGION": "us-east-1",
            "S3NAV_RETRY_ATTEMPTS": str(retry_attempts),
            **settings,
        }
        return RealShell(environment=environment).headless(*words.split())

    def session(self, retry_attempts: int) -> Session:
        settings = Settings(
            data_dir=str(self.home / "data"),
            endpoint_url=self.server.url,
            access_key="key",
            secret_key="secret",
            region="us-east-1",
            retry_attempts=retry_attempts,
        )
        return Session(Loaded(settings=settings, sources={}), {})

    def times(self, part: str) -> int:
        """How often the request was made whose first line has `part`; the most often made one."""
        lines = Counter(text.partition("\r\n")[0] for text in self.server.requests)
        return max((count for line, count in lines.items() if part in line), default=0)


@pytest.fixture
def asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asking]:
    for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(retry_policy, "USUAL_BACKOFF", Backoff(first_s=0.001))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bucket").mkdir()
    (tmp_path / "bucket" / "one").write_bytes(b"")
    with ListingThread(["one"]) as server:
        yield Asking(server, tmp_path)


SCAN_S_REGION = "scan's region"
"""A scan that covers everything is complete, whether its region is known or not."""


@pytest.mark.parametrize("retry_attempts", [0, 2])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_failing_request_is_made_again_as_often_as_the_setting_says(
    asking: Asking, name: str, retry_attempts: int
) -> None:
    words, part = COMMANDS[name]
    asking.server.trouble = lambda text: (
        (500, "InternalError") if part in text.partition("\r\n")[0] else None
    )

    ended = asking.run(words, retry_attempts=retry_attempts)

    assert (ended.exit_code == 0) is (name == SCAN_S_REGION)
    assert asking.times(part) == 1 + retry_attempts


@pytest.mark.parametrize("retry_attempts", [0, 2])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_throttled_request_is_made_again_twice_as_often(
    asking: Asking, name: str, retry_attempts: int
) -> None:
    words, part = COMMANDS[name]
    asking.server.trouble = lambda text: (
        (503, "SlowDown") if part in text.partition("\r\n")[0] else None
    )

    ended = asking.run(words, retry_attempts=retry_attempts)

    assert (ended.exit_code == 0) is (name == SCAN_S_REGION)
    assert asking.times(part) == 1 + 2 * retry_attempts


CALLS: dict[str, tuple[Callable[[ObjectStore], object], str]] = {
    "attributes": (lambda store: store.attributes("bucket", "one"), "?attributes"),
    "size of a part": (lambda store: store.part_bytes("bucket", "one", 1), "partNumber=1"),
    "HEAD": (lambda store: store.head("bucket", "one"), "HEAD /bucket/one "),
    "versions": (lambda store: store.list_versions(VersionsRequest(bucket="bucket")), "versions"),
    "region": (lambda store: store.bucket_region("bucket"), "HEAD /bucket "),
    "buckets": (lambda store: store.list_buckets(), "GET /?"),
}


@pytest.mark.parametrize("retry_attempts", [0, 2])
@pytest.mark.parametrize("name", CALLS)
def test_a_failing_call_of_a_store_is_made_again_as_often_as_the_setting_says(
    asking: Asking, name: str, retry_attempts: int
) -> None:
    call, part = CALLS[name]
    asking.server.trouble = lambda _: (500, "InternalError")
    session = asking.session(retry_attempts)

    with pytest.raises(S3NavError):
        call(session.retrying_store())
    session.close()

    assert asking.times(part) == 1 + retry_attempts


@pytest.mark.parametrize("retry_attempts", [0, 1])
def test_an_upload_is_made_again_as_often_as_the_setting_says(
    asking: Asking, retry_attempts: int
) -> None:
    (asking.home / "file").write_bytes(b"content")
    asking.server.trouble = lambda text: (500, "InternalError") if text.startswith("PUT") else None

    ended = asking.run(
        "put file s3://bucket/there/ --yes", retry_attempts=retry_attempts, S3NAV_ALLOW_WRITE="true"
    )

    assert ended.exit_code != 0
    assert asking.times("PUT ") == 1 + retry_attempts


@pytest.mark.parametrize("retry_attempts", [0, 1])
def test_a_scrape_asks_again_as_often_as_the_setting_says(
    asking: Asking, retry_attempts: int
) -> None:
    # Nothing else is allowed, so the account stays unknown.
    asking.server.trouble = lambda text: (
        (500, "InternalError") if "/functions" in text else (403, "AccessDenied")
    )

    asking.run(
        "scrape run --services lambda --regions us-east-1 --operations ListFunctions",
        retry_attempts=retry_attempts,
    )

    assert asking.times("/functions") == 1 + retry_attempts


@pytest.mark.parametrize(
    ("retry_attempts", "own", "requests"),
    [(0, {}, 1), (2, {}, 3), (2, {"S3NAV_PRICING_MAX_RETRIES": "1"}, 2)],
)
def test_prices_follow_the_setting_unless_they_have_their_own(
    asking: Asking, retry_attempts: int, own: dict[str, str], requests: int
) -> None:
    with PriceList(small_list(AmazonS3={"us-east-1": storage_offer()})) as price_list:
        price_list.faults.append(lambda _: Answer(500))

        ended = asking.run(
            "pricing download --service AmazonS3",
            retry_attempts=retry_attempts,
            S3NAV_PRICING_BASE_URL=price_list.base_url,
            S3NAV_PRICING_RETRY_MAX_WAIT="0.01",
            **own,
        )

        assert ended.exit_code != 0
        assert len(price_list.paths()) == requests
