import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command_line import Ended, Shell
from tests.support.price_files import small_list, storage_offer
from tests.support.price_list import Answer, PriceList, first


@pytest.fixture
def served(shell: Shell) -> Iterator[PriceList]:
    with PriceList(small_list()) as prices:
        shell.environment["S3NAV_PRICING_BASE_URL"] = prices.base_url
        shell.environment["S3NAV_PRICING_RETRY_MIN_WAIT"] = "0"
        shell.environment["S3NAV_PRICING_RETRY_MAX_WAIT"] = "0"
        yield prices


@pytest.fixture
def indexed(shell: Shell, served: PriceList) -> Shell:
    regions = ("--region", "us-east-1", "--region", "eu-west-1")
    ended = shell.headless("pricing", "download", "--service", "AmazonS3", *regions)
    assert ended.exit_code == 0, ended.stderr
    return shell


def data(ended: Ended) -> list[dict[str, object]]:
    assert ended.exit_code == 0, ended.stderr
    found: list[dict[str, object]] = json.loads(ended.stdout)
    return found


def test_without_prices_a_search_says_how_to_get_some(shell: Shell) -> None:
    ended = shell.headless("pricing", "search", "retrieval")

    assert (ended.exit_code, ended.stdout) == (5, "")
    assert "error[no-prices]: no prices have been fetched yet" in ended.stderr
    assert "pricing download --service AmazonS3" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["--service", "AmazonS4"], "did you mean `AmazonS3`?"),
        (["--service", "AmazonS3", "--region", "eu-wst-1"], "did you mean `eu-west-1`"),
    ],
)
def test_an_unknown_name_is_not_found_with_the_nearest(
    shell: Shell, served: PriceList, arguments: list[str], hint: str
) -> None:
    ended = shell.headless("pricing", "download", *arguments)

    assert ended.exit_code == 5
    assert hint in ended.stderr
    assert not any(path.endswith("-1/index.json") for path in served.paths())


def test_service_and_all_exclude_each_other(shell: Shell) -> None:
    assert shell.headless("pricing", "download", "--all", "--service", "AmazonS3").exit_code == 2


def test_no_network_and_no_cache_is_unavailable(shell: Shell) -> None:
    shell.environment["S3NAV_PRICING_MAX_RETRIES"] = "0"

    ended = shell.headless(
        "pricing", "download", "--base-url", "http://127.0.0.1:9/offers/v1.0/aws"
    )

    assert (ended.exit_code, ended.stdout) == (6, "")
    assert "no response from the price list" in ended.stderr


def test_one_failed_service_is_a_partial_failure_and_the_rest_is_there(
    shell: Shell, served: PriceList
) -> None:
    served.faults.append(first(1, Answer(404), path="AWSLambda/20260116160258"))

    ended = shell.headless("pricing", "download", "--output", "json")

    assert ended.exit_code == 9
    states = {row["service"]: row["state"] for row in json.loads(ended.stdout)}
    assert states == {"AWSLambda": "failed", "AmazonS3": "fetched"}


def test_a_damaged_offer_is_fetched_but_not_indexed(shell: Shell, served: PriceList) -> None:
    served.files |= small_list(AmazonS3={"us-east-1": storage_offer()[:-30] + b"oops }"})

    ended = shell.headless("pricing", "download", "--service", "AmazonS3", "--output", "json")

    assert ended.exit_code == 7
    assert json.loads(ended.stdout)[0]["state"] == "not indexed"


def test_download_writes_the_files_of_the_document_and_fills_the_catalogue(
    shell: Shell, served: PriceList, tmp_path: Path
) -> None:
    (row,) = data(
        shell.headless("pricing", "download", "--service", "AmazonS3", "--output", "json")
    )

    path = tmp_path / "data/aws_pricing/AmazonS3.json"
    assert path.read_bytes() == storage_offer()
    assert (tmp_path / ".cache/aws_pricing/AmazonS3.etag").exists()
    assert row == {
        "service": "AmazonS3",
        "region": "us-east-1",
        "state": "fetched",
        "version": "20260116160258",
        "size_bytes": len(storage_offer()),
        "wire_bytes": len(storage_offer()),
        "products": 3,
        "rates": 5,
        "path": "data/aws_pricing/AmazonS3.json",
        "problem": None,
    }


def test_the_second_download_is_not_modified(indexed: Shell, served: PriceList) -> None:
    served.forget()

    rows = data(indexed.headless("pricing", "download", "--service", "AmazonS3", "--region",
                                 "us-east-1", "--output", "json"))  # fmt: skip

    assert [row["state"] for row in rows] == ["not modified"]
    assert served.body_bytes == 0


def test_search_as_a_table(indexed: Shell) -> None:
    ended = indexed.headless("pricing", "search", "retrieval", "--region", "eu-west-1")

    assert ended.stdout == (
        "SERVICE   REGION     USAGE TYPE        OPERATION  PRICE  UNIT  WHAT IT IS           SKU\n"
        "AmazonS3  eu-west-1  EU-Retrieval-SIA              0.01  GB    reading Standard-IA"
        "  READeu-west-1\n"
    )
    assert ended.stderr == "1 product\n"


def test_search_as_data_keeps_decimals_as_text(indexed: Shell) -> None:
    (row,) = data(
        indexed.headless("pricing", "search", "tier2", "--region", "us-east-1", "--output", "json")
    )

    assert row["price"] == "0.0000004"


def test_show_says_what_it_is_and_its_tiers(indexed: Shell) -> None:
    ended = indexed.headless("pricing", "show", "TimedStorage-ByteHrs", "--region", "us-east-1")

    assert ended.exit_code == 0
    assert "what it is         storing in Standard, for a month\n" in ended.stdout
    assert "512,000" in ended.stdout
    assert "∞" in ended.stdout


def test_show_prices_a_quantity(indexed: Shell) -> None:
    ended = indexed.headless("pricing", "show", "STOREus-east-1", "--quantity", "600TiB")

    assert ended.stderr == "614400 GB-Mo: 13465.6 USD\n"
    assert [line.split()[-1] for line in ended.stdout.splitlines()[1:]] == [
        "1177.6",
        "10137.6",
        "2150.4",
    ]


def test_a_bad_quantity_is_usage(indexed: Shell) -> None:
    ended = indexed.headless("pricing", "show", "STOREus-east-1", "--quantity", "lots")

    assert ended.exit_code == 2
    assert "as in 5TiB" in ended.stderr


def test_compare_has_one_line_a_region(indexed: Shell) -> None:
    rows = data(indexed.headless("pricing", "compare", "TimedStorage-ByteHrs", "--output", "json"))

    assert [(row["region"], row["price"]) for row in rows] == [
        ("us-east-1", "0.023"),
        ("eu-west-1", "0.024"),
    ]


def test_diff_shows_what_a_new_version_changed(indexed: Shell, served: PriceList) -> None:
    newer = storage_offer(price="0.0250000000", version="20260301000000")
    served.files |= small_list("20260301000000", AmazonS3={"us-east-1": newer})
    indexed.headless("pricing", "download", "--service", "AmazonS3")

    ended = indexed.headless("pricing", "diff", "AmazonS3", "--output", "json")

    (row,) = data(ended)
    assert (row["change"], row["old_price"], row["new_price"]) == ("changed", "0.023", "0.025")
    assert ended.stderr == "AmazonS3 us-east-1: 20260116160258 → 20260301000000\n"


def test_export_writes_every_rate(indexed: Shell) -> None:
    ended = indexed.headless("pricing", "export", "--service", "amazons3")

    lines = ended.stdout.splitlines()
    assert lines[0].startswith("service,region,version,sku,usage_type,operation,family,kind,")
    assert len(lines) == 1 + 2 * 5


def test_status_says_how_old(indexed: Shell) -> None:
    rows = data(indexed.headless("pricing", "status", "--output", "json"))

    assert [(row["service"], row["region"], row["rates"]) for row in rows] == [
        ("AmazonS3", "eu-west-1", 5),
        ("AmazonS3", "us-east-1", 5),
    ]


def test_services_are_listed(shell: Shell, served: PriceList) -> None:
    rows = data(shell.headless("pricing", "services", "--output", "json"))

    assert [row["service"] for row in rows] == ["AmazonS3", "AWSLambda"]


def test_without_headless_the_pane_opens(indexed: Shell) -> None:
    indexed.run("pricing", "search", "glacier", terminal=True)

    assert indexed.cockpits == [(None, "prices")]


def test_the_names_of_aws_pricing_downloader_work_in_a_settings_table(
    shell: Shell, served: PriceList, tmp_path: Path
) -> None:
    settings = tmp_path / "pricing.toml"
    settings.write_text('[pricing]\noutput_dir = "elsewhere"\nmax_concurrent_downloads = 3\n')

    shell.headless("--config", str(settings), "pricing", "download", "--service", "AmazonS3")

    assert (tmp_path / "elsewhere/AmazonS3.json").exists()


def test_an_unknown_name_in_that_table_is_named(shell: Shell, tmp_path: Path) -> None:
    settings = tmp_path / "pricing.toml"
    settings.write_text("[pricing]\nmax_concurrent = 3\n")

    ended = shell.headless("--config", str(settings), "pricing", "status")

    assert ended.exit_code == 2
    assert "unknown setting `pricing_max_concurrent`" in ended.stderr
