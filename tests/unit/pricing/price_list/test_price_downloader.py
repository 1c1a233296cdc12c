import asyncio
import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from s3nav.model.errors import CacheError, DownloadError, HttpError, NotFoundError, UsageError
from s3nav.pricing.price_list import file_fetch as fetch
from s3nav.pricing.price_list.fetch_meter import FetchResult
from s3nav.pricing.price_list.fetch_options import PricingConfig, load_config
from s3nav.pricing.price_list.price_downloader import PricingDownloader
from s3nav.pricing.price_list.requested_files import PriceRequest
from tests.support.price_files import real, small_list, storage_offer
from tests.support.price_list import Answer, Asked, PriceList, crowded, first

Config = Callable[..., PricingConfig]
S3 = "AmazonS3/20260116160258/us-east-1"


async def fetch_all(
    config: PricingConfig, request: PriceRequest | None = None
) -> list[FetchResult]:
    async with PricingDownloader(config) as downloader:
        return await downloader.fetch(request or PriceRequest())


async def test_an_unknown_service_is_refused_with_the_nearest_before_any_offer_is_asked_for(
    price_list: PriceList, config: Config
) -> None:
    with pytest.raises(NotFoundError) as caught:
        await fetch_all(config(), PriceRequest(services=("AmazonS4", "AWSLambda")))

    assert caught.value.remedy == "did you mean `AmazonS3`?"
    assert price_list.paths() == ["/offers/v1.0/aws/index.json"]


async def test_an_unknown_region_is_refused_with_the_nearest(
    price_list: PriceList, config: Config
) -> None:
    with pytest.raises(NotFoundError, match="no region `us-esat-1`") as caught:
        await fetch_all(config(), PriceRequest(services=("AmazonS3",), regions=("us-esat-1",)))

    assert "`us-east-1`" in caught.value.remedy
    assert not any(path.endswith("/us-east-1/index.json") for path in price_list.paths())


async def test_a_missing_file_is_an_http_error_and_is_not_asked_for_twice(
    price_list: PriceList, config: Config
) -> None:
    price_list.faults.append(first(9, Answer(404), path=S3))

    with pytest.raises(HttpError, match="404 Not Found"):
        async with PricingDownloader(config()) as downloader:
            await downloader.fetch_service_price("AmazonS3")

    assert sum(S3 in path for path in price_list.paths()) == 1


async def test_a_web_page_in_place_of_prices_is_an_http_error(
    price_list: PriceList, config: Config, tmp_path: Path
) -> None:
    price_list.faults.append(first(1, Answer(200, b"\n<html>log in</html>"), path=S3))

    (fetch_result,) = await fetch_all(config(), PriceRequest(services=("AmazonS3",)))

    assert isinstance(fetch_result.problem, HttpError)
    assert "web page" in fetch_result.problem.message
    assert not (tmp_path / "out/AmazonS3.json").exists()


async def test_a_server_that_never_recovers_is_given_up_after_five_retries(
    price_list: PriceList, config: Config
) -> None:
    price_list.faults.append(first(99, Answer(503), path=S3))

    (fetch_result,) = await fetch_all(config(), PriceRequest(services=("AmazonS3",)))

    assert isinstance(fetch_result.problem, HttpError)
    assert sum(S3 in path for path in price_list.paths()) == 6


async def test_no_server_at_all_is_a_download_error_with_its_remedy(config: Config) -> None:
    with pytest.raises(DownloadError, match="no response from the price list") as caught:
        await fetch_all(config(base_url="http://127.0.0.1:9/offers/v1.0/aws", max_retries=1))

    assert caught.value.exit_code == 6
    assert "prices fetched earlier still work" in caught.value.remedy


async def test_a_full_disk_is_a_cache_error_and_writes_nothing(
    price_list: PriceList, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "SPARE_BYTES", 1 << 62)

    with pytest.raises(CacheError, match="must stay free"):
        await fetch_all(config())

    assert not (tmp_path / "out").exists()


async def test_an_output_directory_in_the_way_is_a_cache_error(
    config: Config, tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("in the way")

    with pytest.raises(CacheError, match="cannot write below"):
        await fetch_all(config())


async def test_an_index_that_points_to_another_host_is_refused(
    price_list: PriceList, config: Config
) -> None:
    index = json.loads(price_list.files["/offers/v1.0/aws/index.json"])
    index["offers"]["AmazonS3"]["currentVersionUrl"] = "https://elsewhere.example/x.json"
    price_list.files["/offers/v1.0/aws/index.json"] = json.dumps(index).encode()

    with pytest.raises(DownloadError, match="points to another host"):
        await fetch_all(config())


async def test_an_offer_code_cannot_leave_the_directory(
    price_list: PriceList, config: Config
) -> None:
    price_list.files["/offers/v1.0/aws/index.json"] = b'{"offers": {"../../x": {}}}'

    with pytest.raises(DownloadError, match="invalid name"):
        await fetch_all(config())


def test_options_have_the_names_and_defaults_of_aws_pricing_downloader() -> None:
    config = load_config()

    assert config.base_url == "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws"
    assert (config.cache_dir, config.output_dir) == (".cache/aws_pricing", "data/aws_pricing")
    assert (config.max_concurrent_downloads, config.tcp_connector_limit) == (50, 100)
    assert (config.request_timeout, config.max_retries) == (300, 5)
    assert (config.retry_min_wait, config.retry_max_wait, config.log_level) == (1, 60, "INFO")


@pytest.mark.parametrize(
    "options", [{"max_concurent": 1}, {"max_retries": -1}, {"request_timeout": "soon"}]
)
def test_a_bad_option_is_named(options: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=next(iter(options))):
        load_config(**options)


async def test_every_service_is_fetched_into_the_documented_layout(
    config: Config, tmp_path: Path
) -> None:
    async with PricingDownloader(config()) as downloader:
        paths = await downloader.fetch_all_services()

    out, cache = tmp_path / "out", tmp_path / "cache"
    assert paths == [out / "AWSLambda.json", out / "AmazonS3.json"]
    assert (out / "AmazonS3.json").read_bytes() == storage_offer()
    assert (out / "index.json").exists()
    assert {"index.etag", "AmazonS3.etag", "AWSLambda.etag"} <= {p.name for p in cache.iterdir()}
    assert not list(cache.rglob("*.part*"))


async def test_the_cache_is_compressed_and_knows_its_checksum(
    price_list: PriceList, config: Config, tmp_path: Path
) -> None:
    price_list.files |= small_list(AmazonS3={"us-east-1": real("2018/AmazonRedshift.json")})

    await fetch_all(config(), PriceRequest(services=("AmazonS3",)))

    meta = json.loads((tmp_path / "cache/AmazonS3.etag").read_bytes())
    (body,) = (tmp_path / "cache").glob("AmazonS3.json.*")
    assert meta["size_bytes"] == len(real("2018/AmazonRedshift.json"))
    assert len(meta["sha256"]) == 64
    assert body.stat().st_size < meta["size_bytes"] / 8


async def test_a_second_fetch_is_answered_by_304_and_moves_no_bodies(
    price_list: PriceList, config: Config, tmp_path: Path
) -> None:
    await fetch_all(config())
    before = price_list.body_bytes
    written_at = (tmp_path / "out/AmazonS3.json").stat().st_mtime_ns
    price_list.forget()

    fetch_results = await fetch_all(config())

    assert set(price_list.statuses) == {304}
    assert price_list.body_bytes == 0 < before
    assert all(o.fetched is not None and o.fetched.cache_hit for o in fetch_results)
    assert (tmp_path / "out/AmazonS3.json").stat().st_mtime_ns == written_at


async def test_a_lost_output_file_comes_back_from_the_cache(
    price_list: PriceList, config: Config, tmp_path: Path
) -> None:
    await fetch_all(config())
    (tmp_path / "out/AmazonS3.json").write_bytes(b"tampered with")
    price_list.forget()

    await fetch_all(config())

    assert (tmp_path / "out/AmazonS3.json").read_bytes() == storage_offer()
    assert price_list.body_bytes == 0


async def test_a_damaged_cache_is_detected_and_fetched_again(
    price_list: PriceList, config: Config, tmp_path: Path
) -> None:
    await fetch_all(config())
    (body,) = (tmp_path / "cache").glob("AmazonS3.json.*")
    body.write_bytes(body.read_bytes()[:-9])
    (tmp_path / "out/AmazonS3.json").unlink()

    fetch_results = await fetch_all(config())

    assert [o.problem for o in fetch_results] == [None, None]
    assert (tmp_path / "out/AmazonS3.json").read_bytes() == storage_offer()


@pytest.mark.parametrize("damage", [b"", b"not packed at all", b"\x28\xb5\x2f\xfd\x24\x05\xff"])
async def test_a_damaged_cached_index_is_detected_and_fetched_again(
    price_list: PriceList, config: Config, tmp_path: Path, damage: bytes
) -> None:
    await fetch_all(config())
    (body,) = (tmp_path / "cache").glob("index.json.*")
    body.write_bytes(damage)

    fetch_results = await fetch_all(config())

    assert [o.problem for o in fetch_results] == [None, None]


async def test_a_new_version_is_fetched_in_place_of_the_old(
    price_list: PriceList, config: Config, tmp_path: Path
) -> None:
    await fetch_all(config())
    newer = storage_offer(price="0.0500000000", version="20260301000000")
    price_list.files |= small_list("20260301000000", AmazonS3={"us-east-1": newer})

    await fetch_all(config(), PriceRequest(services=("AmazonS3",)))

    assert (tmp_path / "out/AmazonS3.json").read_bytes() == newer


async def test_an_interrupted_download_resumes_where_it_stopped(
    price_list: PriceList, config: Config, tmp_path: Path
) -> None:
    body = real("2018/AmazonRedshift.json")
    price_list.files |= small_list(AmazonS3={"us-east-1": body})
    honest = price_list.honest

    def cut(asked: Asked) -> Answer | None:
        if S3 not in asked.path or "range" in asked.headers:
            return None
        whole = honest(asked.path, asked.headers)
        return Answer(200, whole.body, whole.headers, send_bytes=1_500_000)

    price_list.faults.append(cut)

    (fetch_result,) = await fetch_all(config(), PriceRequest(services=("AmazonS3",)))

    assert fetch_result.problem is None
    assert (tmp_path / "out/AmazonS3.json").read_bytes() == body
    ranges = [a.headers["range"] for a in price_list.asked if "range" in a.headers]
    assert ranges == ["bytes=1500000-"]
    assert fetch_result.fetched is not None
    assert fetch_result.fetched.wire_bytes == len(body)


async def test_an_unfinished_download_resumes_in_the_next_run(
    price_list: PriceList, config: Config, tmp_path: Path
) -> None:
    body = real("2018/AmazonRedshift.json")
    price_list.files |= small_list(AmazonS3={"us-east-1": body})
    whole = price_list.honest(f"/offers/v1.0/aws/{S3}/index.json", {})
    cut = Answer(200, body, whole.headers, send_bytes=2_000_000)
    price_list.faults.append(first(1, cut, path=S3))
    (failed,) = await fetch_all(config(max_retries=0), PriceRequest(services=("AmazonS3",)))
    assert failed.problem is not None
    assert "cut off" in failed.problem.message

    (fetch_result,) = await fetch_all(config(), PriceRequest(services=("AmazonS3",)))

    assert fetch_result.problem is None
    assert (tmp_path / "out/AmazonS3.json").read_bytes() == body


async def test_a_file_that_changes_between_two_parts_is_never_spliced(
    price_list: PriceList, config: Config, tmp_path: Path
) -> None:
    old, new = real("2018/AmazonRedshift.json"), storage_offer(price="0.0990000000")
    price_list.files |= small_list(AmazonS3={"us-east-1": new})
    stale = {"ETag": '"old"', "Content-Type": "application/octet-stream"}
    price_list.faults.append(first(1, Answer(200, old, stale, send_bytes=2_000_000), path=S3))

    (fetch_result,) = await fetch_all(config(), PriceRequest(services=("AmazonS3",)))

    assert fetch_result.problem is None
    assert (tmp_path / "out/AmazonS3.json").read_bytes() == new


async def test_a_truncated_body_without_a_length_is_fetched_again(
    price_list: PriceList, config: Config, tmp_path: Path
) -> None:
    half = Answer(200, storage_offer()[:500], {}, length=False)
    price_list.faults.append(first(1, half, path=S3))

    (fetch_result,) = await fetch_all(config(), PriceRequest(services=("AmazonS3",)))

    assert fetch_result.problem is None
    assert (tmp_path / "out/AmazonS3.json").read_bytes() == storage_offer()


@pytest.mark.parametrize("status", [403, 429, 500, 503])
async def test_temporary_refusals_are_retried(
    price_list: PriceList, config: Config, status: int
) -> None:
    price_list.faults.append(first(2, Answer(status), path=S3))

    fetch_results = await fetch_all(config())

    assert [fetch_result.problem for fetch_result in fetch_results] == [None, None]


async def test_403_under_concurrency_halves_the_pace_and_everything_arrives(
    price_list: PriceList, config: Config
) -> None:
    offer_files = {f"Service{n}": {"us-east-1": storage_offer()} for n in range(60)}
    price_list.files = small_list(**offer_files)
    price_list.faults.append(crowded(2))
    price_list.latency_s = 0.1

    async with PricingDownloader(config(max_retries=30)) as downloader:
        paths = await downloader.fetch_all_services()

        assert len(paths) == 60
        assert 0 < downloader.meter.at_once < 30


async def test_several_regions_lie_below_their_service(config: Config, tmp_path: Path) -> None:
    request = PriceRequest(services=("amazons3",), regions=("eu-west-1", "us-east-1"))

    await fetch_all(config(), request)

    assert sorted(p.name for p in (tmp_path / "out/AmazonS3").iterdir()) == [
        "eu-west-1.json",
        "us-east-1.json",
    ]


async def test_regions_have_separate_cache_entries(price_list: PriceList, config: Config) -> None:
    for region in ("us-east-1", "eu-west-1"):
        await fetch_all(config(), PriceRequest(services=("AmazonS3",), regions=(region,)))
    price_list.forget()

    for region in ("us-east-1", "eu-west-1"):
        await fetch_all(config(), PriceRequest(services=("AmazonS3",), regions=(region,)))

    assert set(price_list.statuses) == {304}


async def test_a_region_that_only_some_services_have_leaves_the_others_out(
    config: Config,
) -> None:
    fetch_results = await fetch_all(config(), PriceRequest(regions=("eu-west-1",)))

    assert {o.service: o.is_absent for o in fetch_results} == {"AWSLambda": True, "AmazonS3": False}


async def test_the_file_of_all_regions_is_fetched_on_request(
    price_list: PriceList, config: Config
) -> None:
    await fetch_all(config(), PriceRequest(services=("AmazonS3",), regions=("global",)))

    assert price_list.paths() == [
        "/offers/v1.0/aws/index.json",
        "/offers/v1.0/aws/AmazonS3/current/index.json",
    ]


async def test_the_log_has_the_documented_fields(
    config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "s3nav.pricing.price_list.price_downloader"):
        await fetch_all(config(), PriceRequest(services=("AmazonS3",)))

    (record,) = [r for r in caplog.records if r.message == "Service pricing downloaded"]
    facts = vars(record)
    assert facts["service_code"] == "AmazonS3"
    assert facts["output_path"].endswith("out/AmazonS3.json")
    assert facts["size_bytes"] == len(storage_offer())
    assert facts["cache_hit"] is False
    assert facts["duration_ms"] >= 0


async def test_two_runs_do_not_share_a_cache_at_once(config: Config) -> None:
    async with PricingDownloader(config()):
        with pytest.raises(UsageError, match="another s3nav"):
            await fetch_all(config())


async def test_all_265_offers_of_the_real_index_are_parsed(
    price_list: PriceList, config: Config
) -> None:
    price_list.files["/offers/v1.0/aws/index.json"] = real("2026/index.json")

    async with PricingDownloader(config()) as downloader:
        offers = await downloader.offers()

    assert len(offers) == 265
    assert sum(bool(offer.savings_code) for offer in offers.values()) == 15
    assert offers["AmazonRDS"].savings_code == "AWSDatabaseSavingsPlans"


async def test_savings_plans_that_services_share_are_fetched_once(
    price_list: PriceList, config: Config
) -> None:
    regions_path = "/savingsPlan/v1.0/aws/AWSDatabaseSavingsPlans/current/region_index.json"
    index = json.loads(price_list.files["/offers/v1.0/aws/index.json"])
    for entry in index["offers"].values():
        entry["currentSavingsPlanIndexUrl"] = regions_path
    price_list.files["/offers/v1.0/aws/index.json"] = json.dumps(index).encode()
    price_list.files[regions_path] = real("2026/AWSDatabaseSavingsPlans-region_index.json")
    csv = real("2026/AWSDatabaseSavingsPlans-ap-south-2.csv")
    plan = "/savingsPlan/v1.0/aws/AWSDatabaseSavingsPlans/20260422194203/us-east-1/index"
    price_list.files[plan + ".csv"] = csv
    for path in [path for path in price_list.files if path.endswith("1/index.json")]:
        price_list.files[path.removesuffix("json") + "csv"] = real("2026/comprehend-ap-south-1.csv")

    fetch_results = await fetch_all(config(), PriceRequest(savings_plans=True, csv=True))

    assert sorted(o.service for o in fetch_results) == [
        "AWSDatabaseSavingsPlans",
        "AWSLambda",
        "AmazonS3",
    ]
    assert [o.problem for o in fetch_results] == [None] * 3
    assert price_list.paths().count(plan + ".csv") == 1


async def test_a_fetch_can_be_cancelled(price_list: PriceList, config: Config) -> None:
    arrived = asyncio.Event()

    def hold(asked: Asked) -> Answer | None:
        arrived.set()
        return None

    price_list.faults.append(hold)
    task = asyncio.create_task(fetch_all(config()))
    await arrived.wait()

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
