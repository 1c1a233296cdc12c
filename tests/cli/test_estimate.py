"""``estimate`` says what a download costs, before it and without it."""

import json

import pytest

from s3nav.model.objects import ObjectFact
from tests.support.command_line import Shell

WORKED = ("estimate", "--objects", "100000", "--bytes", "104GiB", "--requester-pays")
RESTORE = (
    "estimate", "--objects", "5000", "--bytes", "5120GiB", "--storage-class", "GLACIER",
    "--restore", "standard", "--restore-days", "7",
)  # fmt: skip
GOLDEN = """\
WHAT                                       QUANTITY  UNIT          PRICE      USD  PAYS
LIST                                            100  requests   0.000005  $0.0005  requester
GET, STANDARD                               100,000  requests  0.0000004  $0.0400  requester
transfer to the internet, free tier             100  GB                0  $0.0000  requester
transfer to the internet, first 10,240 GB         4  GB             0.09  $0.3600  requester
the requester pays $0.4005
prices: us-east-1 of 2025-06-05 (bundled snapshot)
"""


def total_of(shell: Shell, *arguments: str) -> str:
    ended = shell.headless("estimate", *arguments, "--output", "json")
    assert ended.exit_code == 0, ended.stderr
    return str(json.loads(ended.stdout)["total_usd"])


def test_a_what_if_is_a_bill_with_its_prices(shell: Shell) -> None:
    ended = shell.headless(*WORKED)

    assert ended.stdout == GOLDEN
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert shell.store.requests == []


def test_json_has_every_digit_as_a_string(shell: Shell) -> None:
    ended = shell.headless(*WORKED, "--free-tier-used", "100GiB", "--output", "json")

    bill = json.loads(ended.stdout)
    assert bill["total_usd"] == "9.4005"
    assert bill["prices_as_of"] == "2025-06-05"
    assert bill["gaps"] == []
    assert bill["usd_by_payer"] == {"owner": "0", "requester": "9.4005"}
    assert bill["lines"][1] == {
        "what": "GET, STANDARD",
        "quantity": "100000",
        "unit": "requests",
        "unit_price_usd": "0.0000004",
        "usd": "0.04",
        "payer": "requester",
    }


@pytest.mark.parametrize(("to", "usd"), [("same-region", "78.9294"), ("internet", "530.7294")])
def test_a_restore_costs_its_requests_its_bytes_and_its_copy(
    shell: Shell, to: str, usd: str
) -> None:
    ended = shell.headless(*RESTORE, "--to", to)

    assert f"the owner pays ${usd}\n" in ended.stdout


def test_ranges_are_counted_when_a_part_size_is_given(shell: Shell) -> None:
    whole = ("--objects", "1", "--bytes", "12288GiB")

    assert total_of(shell, *whole) == "1087.1800054"
    assert total_of(shell, *whole, "--part-size", "8MiB") == "1087.8091506"


def test_storage_is_a_bill_of_its_own(shell: Shell) -> None:
    stored = ("--objects", "100000", "--bytes", "104GiB", "--storage")

    assert total_of(shell, *stored) == "2.392"
    assert total_of(shell, *stored, "--storage-class", "glacier_ir", "--days", "10") == "1.248"


def test_csv_has_the_lines_and_tells_the_rest_apart(shell: Shell) -> None:
    ended = shell.headless(*WORKED, "--output", "csv")

    assert ended.stdout.splitlines()[:2] == [
        "what,quantity,unit,unit_price_usd,usd,payer",
        "LIST,100,requests,0.000005,0.0005,requester",
    ]
    assert "the requester pays $0.4005" in ended.stderr


def test_sources_are_priced_by_the_plan_of_their_download(two_buckets: Shell) -> None:
    priced = total_of(two_buckets, "s3://dev", "s3://prod")

    # Two LISTs, four GETs, a megabyte inside the free tier.
    assert priced == "0.0000116"
    verbs = [verb for verb, _ in two_buckets.store.requests]
    assert "get" not in verbs
    assert verbs.count("list") == 2


def test_the_dry_run_of_the_same_download_costs_the_same(two_buckets: Shell) -> None:
    chosen = ("s3://dev", "--include", "*.png", "--free-tier-used", "100GiB")
    priced = total_of(two_buckets, *chosen)

    dry = two_buckets.headless("download", *chosen, "--dry-run", "--output", "json")
    told = two_buckets.headless("download", *chosen, "--dry-run")

    assert json.loads(dry.stdout)["cost_usd"] == priced
    assert "costs <$0.0001; prices: us-east-1 of 2025-06-05" in told.stdout


def test_what_is_there_already_costs_nothing_more(two_buckets: Shell) -> None:
    two_buckets.headless("download", "s3://dev")

    assert total_of(two_buckets, "s3://dev") == "0.000005"


def test_filters_of_download_choose_what_is_priced(two_buckets: Shell) -> None:
    ended = two_buckets.headless(
        "estimate", "s3://dev", "--include", "img/*", "--head-per-object", "--output", "json"
    )

    lines = {line["what"]: line["quantity"] for line in json.loads(ended.stdout)["lines"]}
    assert lines["GET, STANDARD"] == lines["HEAD, STANDARD"] == "2"


def test_classes_and_regions_of_sources_have_their_own_lines(shell: Shell) -> None:
    shell.store.make_bucket("far", "eu-west-1")
    for bucket, name in (("far", "STANDARD_IA"), ("near", "STANDARD"), ("near", "GLACIER_IR")):
        fact = ObjectFact(key="", size_bytes=0, storage_class=name)
        shell.store.put(bucket, name, b"x" * 1000, fact=fact)

    ended = shell.headless("estimate", "s3://far", "s3://near")

    assert "retrieval, STANDARD_IA, eu-west-1" in ended.stdout
    assert "retrieval, GLACIER_IR, us-east-1" in ended.stdout
    assert "eu-west-1 of 2025-06-05 (bundled snapshot), us-east-1 of" in ended.stdout


def test_large_objects_of_sources_are_counted_in_parts_with_a_head_each(shell: Shell) -> None:
    shell.store.put("big", "one", b"x" * 300_000)

    ended = shell.headless("estimate", "s3://big", "--part-size", "100000", "--output", "json")
    lines = {line["what"]: line["quantity"] for line in json.loads(ended.stdout)["lines"]}

    assert lines["GET, STANDARD"] == "3"
    assert lines["HEAD, STANDARD"] == "1"


def test_storage_of_sources_fills_each_small_object(shell: Shell) -> None:
    fact = ObjectFact(key="", size_bytes=0, storage_class="STANDARD_IA")
    for number in range(4):
        shell.store.put("cold", f"{number}", b"x", fact=fact)

    # 4 × 128 KiB at 0.0125 a GB.
    assert total_of(shell, "s3://cold", "--storage") == "0.000006103515625"


def test_over_the_budget_is_an_error_of_its_own(shell: Shell) -> None:
    ended = shell.headless(*WORKED, "--budget", "0.40")

    assert ended.exit_code == 10
    assert "error[over-budget]: it costs $0.4005, more than the budget of $0.4000" in ended.stderr
    assert shell.headless(*WORKED, "--budget", "$0.4005").exit_code == 0


def test_a_gap_is_named_and_makes_the_sum_a_lower_bound(shell: Shell) -> None:
    ended = shell.headless(*WORKED[:-1], "--to", "mx-central-1")

    assert "the owner pays ≥ $0.0405" in ended.stdout
    assert "missing: transfer to mx-central-1: no price in us-east-1" in ended.stdout
    assert shell.headless(*WORKED, "--to", "mx-central-1", "--budget", "5").exit_code == 10


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "nothing to estimate"),
        (("--objects", "5"), 2, "a what-if needs both numbers"),
        (("--objects", "5", "--bytes", "1", "s3://dev"), 2, "exclude each other"),
        (("--objects", "5", "--bytes", "lots"), 2, "`lots` is not a size"),
        (("--objects", "-1", "--bytes", "1"), 2, "-1"),
        (("--objects", "5", "--bytes", "1", "--to", "mars"), 2, "`mars` is not a transfer"),
        (("--objects", "5", "--bytes", "1", "--region", "us-east1"), 5, "no prices of region"),
        (("--objects", "5", "--bytes", "1", "--storage-class", "ICE"), 2, "not a storage class"),
        (("--objects", "5", "--bytes", "1", "--restore", "bulk"), 2, "no bulk restore"),
        (("--objects", "5", "--bytes", "1", "--part-size", "0"), 2, "at least one byte"),
        (("--objects", "5", "--bytes", "1", "--days", "3"), 2, "--days applies to storage"),
        (("--objects", "5", "--bytes", "1", "--budget", "much"), 2, "not an amount of dollars"),
        (("--objects", "5", "--bytes", "1", "--budget", "-1"), 2, "not an amount of dollars"),
        (("--objects", "5", "--bytes", "1", "--free-tier-used", "?"), 2, "`?` is not a size"),
    ],
)
def test_invalid_arguments_are_refused(
    shell: Shell, arguments: tuple[str, ...], code: int, message: str
) -> None:
    ended = shell.headless("estimate", *arguments)

    assert ended.exit_code == code
    assert message in ended.stderr
    assert ended.stdout == ""
    assert shell.store.requests == []


def test_an_unknown_region_is_answered_with_the_nearest(shell: Shell) -> None:
    ended = shell.headless("estimate", "--objects", "1", "--bytes", "1", "--region", "us-east1")

    assert "did you mean `us-east-1`?" in ended.stderr
