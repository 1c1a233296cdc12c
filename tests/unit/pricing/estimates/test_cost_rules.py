"""Bills computed by hand match exactly; each line names who pays, and gaps are listed."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from s3nav.model.errors import UsageError
from s3nav.model.request_counts import Usage
from s3nav.model.text.quantities import GIB, KIB, MIB
from s3nav.pricing import (
    Bill,
    BillingOptions,
    ClassUsage,
    Payer,
    Snapshot,
    StoredObjects,
    Tariff,
    check_restore,
    download_bill,
    storage_bill,
    what_if,
)
from s3nav.pricing.estimates.tariff import PriceSource
from tests.support.rate_list import RateList

SNAPSHOT: PriceSource = Snapshot()
FREE_TIER_GONE = 100 * GIB


def bill(
    usage: Usage,
    storage_class: str = "STANDARD",
    *,
    region: str = "us-east-1",
    source: PriceSource = SNAPSHOT,
    options: BillingOptions = BillingOptions(),  # noqa: B008  # a frozen fact
) -> Bill:
    class_usage = ClassUsage(region=region, storage_class=storage_class, usage=usage)
    return download_bill([class_usage], options, Tariff({"a list": source}))


def stored(
    storage_class: str, objects: int, size_bytes: int, *, days: int | None = None
) -> Decimal:
    stored = StoredObjects(
        region="us-east-1", storage_class=storage_class, objects=objects, size_bytes=size_bytes
    )
    return storage_bill([stored], Tariff({"a list": SNAPSHOT}), days=days).total_usd


def test_standard_to_the_internet_by_a_requester() -> None:
    usage = what_if(objects=100_000, size_bytes=104 * GIB)

    first = bill(usage, options=BillingOptions(requester_pays=True))
    later = bill(
        usage, options=BillingOptions(requester_pays=True, free_tier_used_bytes=FREE_TIER_GONE)
    )

    assert first.total_usd == Decimal("0.4005")
    assert later.total_usd == Decimal("9.4005")
    assert first.payer is Payer.REQUESTER
    assert first.usd_of(Payer.OWNER) == 0
    assert stored("STANDARD", 100_000, 104 * GIB) == Decimal("2.392")


def test_flexible_restored_for_a_week_in_the_region_and_to_the_internet() -> None:
    usage = what_if(objects=5_000, size_bytes=5_120 * GIB)
    options = BillingOptions(to="same-region", restore="standard", restore_days=7)

    near = bill(usage, "GLACIER", options=options).total_usd
    far = bill(usage, "GLACIER", options=replace(options, to="internet")).total_usd

    assert round(near, 4) == Decimal("78.9294")
    assert round(far, 4) == Decimal("530.7294")
    assert far - near == Decimal("451.80")


def test_twelve_tebibytes_cross_a_tier_and_ranges_are_counted() -> None:
    whole = bill(Usage(size_bytes=12_288 * GIB))
    ranges = bill(what_if(objects=1, size_bytes=12_288 * GIB, part_bytes=8 * MIB))

    assert whole.total_usd == Decimal("1087.18")
    gets = next(line for line in ranges.lines if line.what == "GET, STANDARD")
    assert gets.quantity == 1_572_864
    assert round(gets.usd, 4) == Decimal("0.6291")


def test_a_gb_has_two_to_the_thirty_bytes() -> None:
    decimal_units = Decimal("992.65")

    assert bill(Usage(size_bytes=12_288 * GIB)).total_usd != decimal_units
    assert bill(Usage(size_bytes=12_288 * 10**9)).total_usd < Decimal(1087)


def test_lines_say_quantity_price_and_payer_and_add_up() -> None:
    made = bill(
        what_if(objects=100_000, size_bytes=104 * GIB), options=BillingOptions(requester_pays=True)
    )

    assert [(line.what, line.quantity, line.unit) for line in made.lines] == [
        ("LIST", Decimal(100), "requests"),
        ("GET, STANDARD", Decimal(100_000), "requests"),
        ("transfer to the internet, free tier", Decimal(100), "GB"),
        ("transfer to the internet, first 10,240 GB", Decimal(4), "GB"),
    ]
    assert sum(line.usd for line in made.lines) == made.total_usd
    assert all(line.quantity * line.unit_price_usd == line.usd for line in made.lines)


def test_the_free_tier_is_shared_by_regions() -> None:
    usage = Usage(size_bytes=80 * GIB)
    usages = [
        ClassUsage(region=region, storage_class="STANDARD", usage=usage)
        for region in ("us-east-1", "eu-west-1")
    ]

    made = download_bill(usages, BillingOptions(), Tariff({"a list": SNAPSHOT}))

    assert made.total_usd == 60 * Decimal("0.09")
    assert {used.region for used in made.prices} == {"us-east-1", "eu-west-1"}


def test_buckets_of_one_region_and_class_share_their_lines() -> None:
    class_usage = ClassUsage(
        region="us-east-1", storage_class="STANDARD", usage=Usage(lists=2, gets=3)
    )
    other = ClassUsage(region="us-east-1", storage_class="GLACIER_IR", usage=Usage(lists=1, gets=1))

    made = download_bill(
        [class_usage, other, class_usage], BillingOptions(), Tariff({"a list": SNAPSHOT})
    )

    assert [(line.what, line.quantity) for line in made.lines] == [
        ("LIST", Decimal(5)),
        ("GET, GLACIER_IR", Decimal(1)),
        ("GET, STANDARD", Decimal(6)),
    ]


def test_more_than_the_free_tier_cannot_be_used_up() -> None:
    usage = Usage(size_bytes=GIB)
    much = bill(usage, options=BillingOptions(free_tier_used_bytes=900 * GIB))

    assert much.total_usd == Decimal("0.09")


@pytest.mark.parametrize(
    ("to", "usd"),
    [
        ("same-region", "0"),
        ("us-east-1", "0"),
        ("cloudfront", "0"),
        ("us-east-2", "0.01"),
        ("us-west-2", "0.02"),
    ],
)
def test_transfer_costs_by_destination(to: str, usd: str) -> None:
    made = bill(Usage(size_bytes=GIB), options=BillingOptions(to=to))

    assert made.total_usd == Decimal(usd)
    assert made.lines[0].quantity == 1
    assert made.gaps == ()


def test_acceleration_comes_on_top() -> None:
    options = BillingOptions(accelerate=True, free_tier_used_bytes=FREE_TIER_GONE)

    assert bill(Usage(size_bytes=GIB), options=options).total_usd == Decimal("0.13")


def test_a_requester_pays_requests_and_transfer_the_owner_storage_and_retrieval() -> None:
    usage = what_if(objects=1000, size_bytes=10 * GIB)
    options = BillingOptions(to="us-east-2", requester_pays=True, restore="bulk", restore_days=30)

    infrequent = bill(usage, "STANDARD_IA", options=replace(options, restore=""))
    deep = bill(usage, "DEEP_ARCHIVE", options=options)

    payers = {line.what: line.payer for line in (*infrequent.lines, *deep.lines)}
    assert payers["retrieval, STANDARD_IA"] is Payer.OWNER
    assert payers["bulk restore, DEEP_ARCHIVE"] is Payer.OWNER
    assert payers["restored copy for 30 days, first 51,200 GB"] is Payer.OWNER
    assert payers["request of bulk restore, DEEP_ARCHIVE"] is Payer.REQUESTER
    assert payers["transfer to us-east-2"] is Payer.REQUESTER
    assert infrequent.total_usd == Decimal("0.000005") + Decimal("0.001") + Decimal("0.1")
    assert infrequent.usd_of(Payer.OWNER) == Decimal("0.1")
    # A bulk restore of Deep Archive: 0.0025 a GB, and 10 GB-months of the copy.
    assert deep.usd_of(Payer.OWNER) == Decimal("0.025") + Decimal("0.23")


def test_without_requester_pays_the_owner_pays_everything() -> None:
    made = bill(what_if(objects=10, size_bytes=GIB), "STANDARD_IA")

    assert {line.payer for line in made.lines} == {Payer.OWNER}


def test_head_per_object_costs_as_much_as_its_get() -> None:
    plain = bill(what_if(objects=1000, size_bytes=0), "GLACIER_IR")
    headed = bill(what_if(objects=1000, size_bytes=0, head_per_object=True), "GLACIER_IR")

    assert headed.total_usd - plain.total_usd == Decimal("0.01")


def test_list_costs_the_same_for_every_class() -> None:
    usage = Usage(lists=1000)

    totals = {bill(usage, name).total_usd for name in ("STANDARD", "STANDARD_IA", "GLACIER_IR")}
    assert totals == {Decimal("0.005")}


def test_express_bills_every_byte_read_as_in_the_example_of_its_faq() -> None:
    reads = 9_000_000
    usage = Usage(gets=reads, objects=reads, size_bytes=reads * 10 * KIB)

    made = bill(usage, "EXPRESS_ONEZONE", options=BillingOptions(to="same-region"))

    assert [(line.what, round(line.usd, 2)) for line in made.lines] == [
        ("GET, EXPRESS_ONEZONE", Decimal("0.27")),
        ("retrieval, EXPRESS_ONEZONE", Decimal("0.05")),
        ("transfer within the region", Decimal(0)),
    ]


def test_small_objects_are_stored_as_if_they_had_128_kib() -> None:
    one_gib_of_1_kib = stored("STANDARD_IA", 2**20, GIB)

    assert one_gib_of_1_kib == 128 * Decimal("0.0125")
    assert stored("GLACIER_IR", 2**20, GIB) == 128 * Decimal("0.004")
    assert stored("STANDARD", 2**20, GIB) == Decimal("0.023")


def test_small_objects_that_were_counted_are_filled_one_by_one() -> None:
    mixed = StoredObjects(
        region="us-east-1",
        storage_class="ONEZONE_IA",
        objects=3,
        size_bytes=GIB + 2 * KIB,
        small_objects=2,
        small_bytes=2 * KIB,
    )

    cost = storage_bill([mixed], Tariff({"a list": SNAPSHOT})).total_usd

    assert cost == Decimal("0.01") * (GIB + 256 * KIB) / GIB
    # The average size is large and would hide the two small objects.
    assert replace(mixed, small_objects=None).fill_bytes == 0


def test_archived_objects_carry_32_kib_of_their_class_and_8_kib_of_standard() -> None:
    objects = 2**20
    cost = stored("GLACIER", objects, GIB)

    assert cost == 33 * Decimal("0.0036") + 8 * Decimal("0.023")
    assert stored("DEEP_ARCHIVE", objects, 0) == 32 * Decimal("0.00099") + 8 * Decimal("0.023")


@pytest.mark.parametrize(("tier", "usd"), [("AA", "0.0036"), ("DAA", "0.00099")])
def test_archive_tiers_of_intelligent_tiering_carry_the_same(tier: str, usd: str) -> None:
    cost = stored(f"INTELLIGENT_TIERING/{tier}", 2**20, 0)

    assert cost == 32 * Decimal(usd) + 8 * Decimal("0.023")


@pytest.mark.parametrize(
    ("storage_class", "days", "billed"),
    [
        ("STANDARD", 10, 10),
        ("STANDARD_IA", 10, 30),
        ("ONEZONE_IA", 45, 45),
        ("GLACIER_IR", 1, 90),
        ("GLACIER", 89, 90),
        ("DEEP_ARCHIVE", 30, 180),
    ],
)
def test_a_class_bills_at_least_its_minimum_duration(
    storage_class: str, days: int, billed: int
) -> None:
    # One object, so large that its overhead does not matter.
    month = stored(storage_class, 1, 1024 * GIB)

    cost = stored(storage_class, 1, 1024 * GIB, days=days)

    assert abs(cost - month * billed / 30) < Decimal("1E-20")


def test_storage_of_many_months_is_tiered_by_the_month() -> None:
    month = stored("STANDARD", 1, 60_000 * GIB)

    assert stored("STANDARD", 1, 60_000 * GIB, days=360) == 12 * month


def test_intelligent_tiering_does_not_monitor_small_objects() -> None:
    large = stored("INTELLIGENT_TIERING", 1000, 1000 * 128 * KIB)
    small = stored("INTELLIGENT_TIERING", 1000, 1000 * KIB)

    storage = Decimal("0.023") * 128_000 * KIB / GIB
    assert large == storage + Decimal("0.0025")
    assert small == Decimal("0.023") * 1000 * KIB / GIB


def test_reduced_redundancy_beyond_its_first_tier_is_a_gap() -> None:
    stored = StoredObjects(
        region="us-east-1", storage_class="REDUCED_REDUNDANCY", objects=1, size_bytes=1025 * GIB
    )
    made = storage_bill([stored], Tariff({"a list": SNAPSHOT}))

    assert made.total_usd == 1024 * Decimal("0.024")
    assert made.gaps == (
        "storage, REDUCED_REDUNDANCY: no price of TimedStorage-RRS-ByteHrs beyond 1024",
    )


def test_a_missing_price_is_a_gap_with_a_name_and_never_zero() -> None:
    source = RateList(without=frozenset({"Retrieval-SIA", "Global-DataTransfer-Out-Bytes"}))

    made = bill(what_if(objects=1, size_bytes=GIB), "STANDARD_IA", source=source)

    assert made.gaps == (
        "retrieval, STANDARD_IA: no price of Retrieval-SIA in us-east-1",
        "free tier of transfer out: not in the prices",
    )
    assert not any(line.what.startswith("retrieval") for line in made.lines)
    # Without a known free tier the whole GB is charged.
    assert made.lines[-1].usd == Decimal("0.09")


def test_a_region_without_prices_is_one_gap() -> None:
    made = bill(what_if(objects=1, size_bytes=GIB), region="us-east-7")

    assert made.gaps == ("no prices of us-east-7",)
    assert made.lines == ()


def test_transfer_to_a_region_without_a_price_is_a_gap() -> None:
    made = bill(Usage(size_bytes=GIB), options=BillingOptions(to="mx-central-1"))

    assert made.gaps == ("transfer to mx-central-1: no price in us-east-1",)


def test_a_restore_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match="DEEP_ARCHIVE has no expedited restore"):
        check_restore("DEEP_ARCHIVE", "expedited")
    with pytest.raises(UsageError, match="STANDARD has no bulk restore"):
        check_restore("STANDARD", "bulk")
    check_restore("GLACIER", "expedited")
    check_restore("STANDARD", "")


def test_an_unknown_class_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="`ICEBERG` is not a storage class") as refused:
        bill(Usage(gets=1), "ICEBERG")

    assert "DEEP_ARCHIVE" in refused.value.remedy


def test_objects_of_unknown_class_are_a_gap_and_not_standard() -> None:
    usage = Usage(lists=2, gets=3, objects=3, size_bytes=GIB)
    class_usage = ClassUsage(region="us-east-1", storage_class="UNKNOWN", usage=usage)
    stored = StoredObjects(region="us-east-1", storage_class="UNKNOWN", objects=3, size_bytes=GIB)

    fetched = download_bill(
        [class_usage], BillingOptions(to="same-region"), Tariff({"a list": SNAPSHOT})
    )
    kept = storage_bill([stored], Tariff({"a list": SNAPSHOT}))

    assert fetched.gaps == ("requests for 3 objects: their class is not known",)
    assert [line.what for line in fetched.lines if line.usd] == ["LIST"]
    assert kept.gaps == (f"storage of {GIB} bytes: their class is not known",)
    assert kept.lines == ()
