"""Properties of every bill: more never costs less, tiers join, and parts add up."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from s3nav.model.request_counts import Usage
from s3nav.model.text.quantities import GIB
from s3nav.pricing import (
    CLASSES,
    BillingOptions,
    ClassUsage,
    Payer,
    Rate,
    Snapshot,
    StoredObjects,
    Tariff,
    download_bill,
    storage_bill,
    what_if,
)
from s3nav.pricing.estimates.bill import BillBuilder, exactly

TARIFF = Tariff({"bundled snapshot": Snapshot()})
PLACES = ["internet", "same-region", "us-east-2"]
objects = st.integers(0, 10**9)
sizes = st.integers(0, 10**18)
small = st.integers(0, 10**12)
classes = st.sampled_from([name for name in CLASSES if name != "REDUCED_REDUNDANCY"])
options = st.builds(
    BillingOptions,
    to=st.sampled_from(PLACES),
    free_tier_used_bytes=st.integers(0, 200 * GIB),
    requester_pays=st.booleans(),
    restore=st.sampled_from(["", "standard", "bulk"]),
    restore_days=st.integers(1, 400),
    accelerate=st.booleans(),
)


def download(name: str, usage: Usage, of: BillingOptions) -> Decimal:
    class_usage = ClassUsage(region="us-east-1", storage_class=name, usage=usage)
    made = download_bill([class_usage], of, TARIFF)
    assert made.gaps == ()
    with exactly():
        return made.usd_of(Payer.OWNER) + made.usd_of(Payer.REQUESTER)


def storage(name: str, count: int, size: int, days: int | None) -> Decimal:
    stored = StoredObjects(region="us-east-1", storage_class=name, objects=count, size_bytes=size)
    return storage_bill([stored], TARIFF, days=days).total_usd


@given(classes, objects, sizes, sizes, options)
def test_more_bytes_never_cost_less(
    name: str, count: int, size: int, more: int, of: BillingOptions
) -> None:
    less = download(name, what_if(objects=count, size_bytes=size), of)
    assert less <= download(name, what_if(objects=count, size_bytes=size + more), of)


@given(classes, objects, objects, sizes, options)
def test_more_objects_never_cost_less_outside_express(
    name: str, count: int, more: int, size: int, of: BillingOptions
) -> None:
    # Express gives 512 KiB to each request: the same bytes in more requests may cost less.
    name = "STANDARD" if name == "EXPRESS_ONEZONE" else name
    less = download(name, what_if(objects=count, size_bytes=size), of)
    assert less <= download(name, what_if(objects=count + more, size_bytes=size), of)


@given(classes, objects, sizes, objects, sizes, st.none() | st.integers(1, 1000))
def test_storing_more_never_costs_less(
    name: str, count: int, size: int, more: int, bytes_more: int, days: int | None
) -> None:
    # Adding small objects could lower the average below 128 KiB and end monitoring for all.
    assert storage(name, count, size, days) <= storage(
        name, count + (0 if "TIERING" in name else more), size + bytes_more, days
    )


@given(small, small)
def test_a_quantity_bought_in_two_steps_costs_the_same(first: int, second: int) -> None:
    prices = TARIFF.region("us-east-1")
    assert prices is not None
    with exactly():
        for rate in Snapshot().rates("AWSDataTransfer", "us-east-1"):
            once, twice = BillBuilder(TARIFF), BillBuilder(TARIFF)
            once.buy_at(rate, "all", Decimal(first + second), Payer.OWNER)
            twice.buy_at(rate, "a part", Decimal(first), Payer.OWNER)
            twice.buy_at(rate, "the rest", Decimal(second), Payer.OWNER)
            assert once.bill(Payer.OWNER).total_usd == twice.bill(Payer.OWNER).total_usd


def test_tiers_join_without_a_step() -> None:
    tiny = Decimal(1).scaleb(-9)
    for region in Snapshot().regions():
        for offer in ("AmazonS3", "AWSDataTransfer"):
            for rate in Snapshot().rates(offer, region):
                dearest = max(tier.price for tier in rate.tiers)
                for tier in rate.tiers[1:]:
                    below, above = (_cost(rate, tier.begin + step) for step in (-tiny, tiny))
                    assert 0 < above - below <= 2 * tiny * dearest


@given(st.integers(1, 5000), sizes, st.integers(1, 10**12))
def test_a_what_if_in_parts_counts_each_part_of_each_object(
    count: int, size: int, part: int
) -> None:
    usage = what_if(objects=count, size_bytes=size, part_bytes=part)
    share, longer = divmod(size, count)

    each = [share + (index < longer) for index in range(count)]
    assert usage.gets == sum(max(1, -(-one // part)) for one in each)


def _cost(rate: Rate, quantity: Decimal) -> Decimal:
    builder = BillBuilder(TARIFF)
    with exactly():
        builder.buy_at(rate, "it", quantity, Payer.OWNER)
    return builder.bill(Payer.OWNER).total_usd
