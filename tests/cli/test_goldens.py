"""What commands print, byte by byte, where no other test of `tests/cli` has it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from s3nav.model.errors import AccessDeniedError
from tests.support.command_line import Shell
from tests.support.price_files import small_list, storage_offer
from tests.support.price_list import PriceList

STORAGE = "TimedStorage-ByteHrs"
NEWER = "20260301000000"


@pytest.fixture
def price_list(shell: Shell) -> Iterator[PriceList]:
    with PriceList(small_list()) as served:
        shell.environment["S3NAV_PRICING_BASE_URL"] = served.base_url
        yield served


@pytest.fixture
def indexed(shell: Shell, price_list: PriceList) -> Shell:
    """Prices of S3 in two regions."""
    regions = ("--region", "us-east-1", "--region", "eu-west-1")
    ended = shell.headless("pricing", "download", "--service", "AmazonS3", *regions)
    assert ended.exit_code == 0, ended.stderr
    return shell


def test_services_with_prices(shell: Shell, price_list: PriceList) -> None:
    ended = shell.headless("pricing", "services")

    assert ended.stdout == (
        "SERVICE    REGIONS  SAVINGS PLANS\n"
        "AmazonS3   yes\n"
        "AWSLambda  yes\n"
    )  # fmt: skip


def test_a_price_in_two_regions(indexed: Shell) -> None:
    ended = indexed.headless("pricing", "compare", STORAGE)

    assert ended.stdout == (
        "REGION     PRICE  CURRENCY  UNIT   DIFFERENCE  TIERS  USAGE TYPE               SKU\n"
        "us-east-1  0.023  USD       GB-Mo   reference      3  TimedStorage-ByteHrs"
        "     STOREus-east-1\n"
        "eu-west-1  0.024  USD       GB-Mo      +4.3 %      3  EU-TimedStorage-ByteHrs"
        "  STOREeu-west-1\n"
    )


def test_what_a_newer_price_list_changed(indexed: Shell, price_list: PriceList) -> None:
    newer = storage_offer(price="0.0250000000", version=NEWER)
    price_list.files |= small_list(NEWER, AmazonS3={"us-east-1": newer})
    indexed.headless("pricing", "download", "--service", "AmazonS3")

    ended = indexed.headless("pricing", "diff", "AmazonS3")

    assert ended.stderr == f"AmazonS3 us-east-1: 20260116160258 → {NEWER}\n"
    assert ended.stdout == (
        "CHANGE   USAGE TYPE            OPERATION  TERM      UNIT   FROM    OLD    NEW"
        "  DIFFERENCE  SKU\n"
        "changed  TimedStorage-ByteHrs             OnDemand  GB-Mo     0  0.023  0.025"
        "      +8.7 %  STOREus-east-1\n"
    )


def test_price_lists_that_are_stored(indexed: Shell) -> None:
    ended = indexed.headless("pricing", "status")

    assert ended.stderr == "2 price lists, 10 rates\n"
    head, *lines = [re.split(r"\s{2,}", line) for line in ended.stdout.splitlines()]
    assert head == [
        *("SERVICE", "REGION", "VERSION", "PUBLISHED", "CHECKED", "PRODUCTS", "RATES", "STALE")
    ]
    # When they were checked, and whether they are stale, depends on the day of the test.
    assert [[*cells[:4], *cells[5:7]] for cells in lines] == [
        ["AmazonS3", region, "20260116160258", "2026-01-16 (307 d old)", "3", "5"]
        for region in ("eu-west-1", "us-east-1")
    ]


def test_where_aws_list_all_is(shell: Shell, home: Path) -> None:
    ended = shell.headless("scrape", "engine", "show")

    environment = home / "s3nav" / "scrapes" / "aws-list-all"
    assert ended.stdout == f"aws-list-all: not installed in {environment}\n"


@pytest.fixture
def failed_job(two_buckets: Shell) -> str:
    """A download of which one of three files may not be read, and may be read afterwards."""

    def deny(verb: str, key: str) -> None:
        if verb == "get" and key == "img/1.png":
            raise AccessDeniedError("you may not read it")

    two_buckets.store.before = deny
    ended = two_buckets.headless("download", "s3://dev", "--download-dir", "out")
    assert ended.exit_code == 9
    two_buckets.store.before = lambda *_: None
    (job,) = json.loads(two_buckets.headless("jobs", "list", "--output", "json").stdout)
    return str(job["job"])


def test_a_job_that_is_retried(two_buckets: Shell, failed_job: str) -> None:
    ended = two_buckets.headless("jobs", "retry", failed_job)

    assert (ended.exit_code, ended.stderr) == (0, "retrying 1 failed file\n")
    steady = [line for line in ended.stdout.splitlines() if not line.startswith(("Dur", "Aver"))]
    assert steady == [
        "=" * 60,
        "DOWNLOAD SUMMARY",
        "=" * 60,
        "Total files:      3",
        "Downloaded:       1",
        "Skipped:          2",
        "Failed:           0",
        "Total size:       4.0 KB",
        "Downloaded size:  1.5 KB",
        "Success rate:     100.0%",
        "Estimated cost:   <$0.0001",
        "Metered cost:     <$0.0001",
    ]


def test_a_job_that_is_cancelled_and_forgotten(two_buckets: Shell, failed_job: str) -> None:
    cancelled = two_buckets.headless("jobs", "cancel", failed_job)
    forgotten = two_buckets.headless("jobs", "clear")
    after = two_buckets.headless("jobs", "list")

    assert (cancelled.stdout, cancelled.stderr) == ("", f"{failed_job} is cancelled\n")
    assert (forgotten.stdout, forgotten.stderr) == ("", "1 download forgotten\n")
    assert (after.stdout, after.stderr) == ("", "no job is kept\n")


def test_a_job_that_is_done_is_not_cancelled(two_buckets: Shell, failed_job: str) -> None:
    two_buckets.headless("jobs", "retry", failed_job)

    ended = two_buckets.headless("jobs", "cancel", failed_job)

    assert ended.exit_code == 2
    assert ended.stderr == (
        f"error[usage]: `{failed_job}` is done\n"
        "  hint: `s3nav --headless jobs clear` forgets done jobs\n"
    )
