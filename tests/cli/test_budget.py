"""``download --budget`` refuses what costs more, stops before the bill passes it, and goes on."""

import json
from pathlib import Path

import pytest

from s3nav.model.errors import CredentialsError
from tests.support.command_line import Shell
from tests.support.memory_store import MemoryStore

COUNT, SIZE = 40, 100_000
NOTHING_FREE = ("--free-tier-used", "100GiB", "--parallel", "3")
# One GET and 100,000 bytes to the internet.
EACH = 0.0000004 + 0.09 * SIZE / 2**30
LIST = 0.000005


@pytest.fixture
def bucket(shell: Shell) -> Shell:
    for number in range(COUNT):
        shell.store.put("bkt", f"{number:02}", bytes([number]) * SIZE)
    return shell


def arrived(directory: Path) -> int:
    return sum(1 for path in (directory / "bkt").rglob("*") if path.suffix == "")


def gets(store: MemoryStore) -> int:
    return sum(1 for verb, _ in store.requests if verb == "get")


def test_a_plan_that_costs_more_is_refused_and_leaves_no_job(bucket: Shell, tmp_path: Path) -> None:
    ended = bucket.headless("download", "s3://bkt", *NOTHING_FREE, "--budget", "0.0003")

    assert ended.exit_code == 10
    assert "it costs $0.0004, more than the budget of $0.0003" in ended.stderr
    assert "hint: select fewer objects, or raise --budget" in ended.stderr
    assert gets(bucket.store) == 0
    assert not (tmp_path / "data").exists()
    assert bucket.headless("jobs", "list", "--output", "jsonl").stdout == ""


def test_a_budget_of_exactly_the_estimate_is_enough(bucket: Shell) -> None:
    dry = bucket.headless("download", "s3://bkt", *NOTHING_FREE, "--dry-run", "--output", "json")
    cost = json.loads(dry.stdout)["cost_usd"]

    ended = bucket.headless(
        "download", "s3://bkt", *NOTHING_FREE, "--budget", cost, "--output", "json"
    )

    report = json.loads(ended.stdout)
    assert ended.exit_code == 0, ended.stderr
    assert report["estimated_usd"] == report["metered_usd"] == cost
    assert report["downloaded"] == COUNT


def test_a_dry_run_over_the_budget_fails_as_the_download_would(bucket: Shell) -> None:
    ended = bucket.headless(
        "download", "s3://bkt", *NOTHING_FREE, "--budget", "0.0001", "--dry-run"
    )

    assert ended.exit_code == 10


def test_a_running_job_stops_before_the_bill_passes_the_budget_and_can_go_on(
    bucket: Shell, tmp_path: Path
) -> None:
    def expire(verb: str, _key: str) -> None:
        if verb == "get" and gets(bucket.store) > 5:
            raise CredentialsError("the token has expired")

    bucket.store.before = expire
    command = ("download", "s3://bkt", *NOTHING_FREE, "--output", "json")
    first = bucket.headless(*command)
    assert first.exit_code == 3
    bucket.store.before = lambda _verb, _key: None
    budget = LIST + 20 * EACH

    stopped = bucket.headless(*command, "--budget", f"{budget:.7f}")

    assert stopped.exit_code == 10
    assert "error[over-budget]: the next request would take the bill past the budget" in (
        stopped.stderr
    )
    spent = float(json.loads(stopped.stdout)["metered_usd"])
    assert budget - 2 * EACH < spent <= budget
    there = arrived(tmp_path / "data")
    assert 5 <= there < COUNT

    finished = bucket.headless(*command)

    assert finished.exit_code == 0, finished.stderr
    assert arrived(tmp_path / "data") == COUNT
    report = json.loads(finished.stdout)
    assert report["skipped"] == there
    # What was fetched and thrown away when the job stopped was paid for all the same.
    assert float(report["metered_usd"]) >= float(report["estimated_usd"])


def test_what_has_no_price_has_no_budget(shell: Shell) -> None:
    shell.store.make_bucket("far", "mx-central-1")
    shell.store.put("far", "x", b"x")

    ended = shell.headless("download", "s3://far", "--budget", "100")

    assert ended.exit_code == 10
    assert "error[unknown-price]: the total may exceed" in ended.stderr
    assert "no prices of mx-central-1" in ended.stderr


def test_the_summary_says_what_was_estimated_and_what_it_cost(bucket: Shell) -> None:
    ended = bucket.headless("download", "s3://bkt", *NOTHING_FREE)

    assert "Estimated cost:   $0.0004\nMetered cost:     $0.0004\n" in ended.stdout
