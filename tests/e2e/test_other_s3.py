"""One bucket name at two endpoints: nothing of one S3 is taken for the other's."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.faulty_s3 import BUCKET, Fault, FaultyS3
from tests.support.headless import PART_BYTES, final_files, finish, start

PLACE = f"s3://{BUCKET}"
KEYS = [f"dir/{number:02}" for number in range(20)]
FIRST = {key: f"first of {key}".encode() * 4 for key in KEYS}
SECOND = {key: f"other of {key}".encode() * 4 for key in KEYS}
FIRST["large"], SECOND["large"] = b"1" * 4 * PART_BYTES, b"2" * 4 * PART_BYTES
"""The same sizes, and the same times."""


@pytest.fixture
def first() -> Iterator[FaultyS3]:
    with FaultyS3() as server:
        server.put_all(FIRST)
        yield server


@pytest.fixture
def second() -> Iterator[FaultyS3]:
    with FaultyS3() as server:
        server.put_all(SECOND)
        yield server


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def run(
    home: Path, *words: str, server: FaultyS3 | None = None, **extra: str
) -> tuple[int, str, str]:
    return finish(start(server, home, *words, extra=extra))


def ok(home: Path, *words: str, server: FaultyS3 | None = None, **extra: str) -> str:
    code, out, err = run(home, *words, server=server, **extra)
    assert code == 0, err
    return out


def interrupted(home: Path, server: FaultyS3) -> str:
    """Kill a download that has begun to record what it fetched; returns the job's id."""
    finish(start(server, home, killed_at=("after", 9)))
    left = final_files(home)
    assert left.items() <= FIRST.items()
    [job] = json.loads(ok(home, "--output", "json", "jobs", "list"))
    assert job["state"] == "paused"
    return str(job["job"])


def test_the_same_command_at_another_endpoint_is_another_job(
    home: Path, first: FaultyS3, second: FaultyS3
) -> None:
    interrupted(home, first)

    ok(home, server=second)

    assert final_files(home) == SECOND


def test_files_of_another_endpoint_with_equal_size_and_time_are_compared(
    home: Path, first: FaultyS3, second: FaultyS3
) -> None:
    second.put("dir/00", FIRST["dir/00"])
    ok(home, server=first)

    ok(home, server=second)

    assert final_files(home) == {**SECOND, "dir/00": FIRST["dir/00"]}
    assert "dir/00" not in {seen.key for seen in second.gets()}, "its bytes are there already"


def test_a_dry_run_does_not_take_them_for_the_same_either(
    home: Path, first: FaultyS3, second: FaultyS3
) -> None:
    ok(home, server=first)

    plan = json.loads(
        ok(
            home,
            *("--output", "json", "download", f"s3://{BUCKET}/", "--dry-run"),
            *("--download-dir", str(home / "out")),
            server=second,
        )
    )

    assert plan["fetch_files"] == len(FIRST)


def test_the_same_command_at_the_same_endpoint_resumes(home: Path, first: FaultyS3) -> None:
    job_id = interrupted(home, first)

    ok(home, server=first)

    jobs = json.loads(ok(home, "--output", "json", "jobs", "list"))
    assert [(job["job"], job["state"]) for job in jobs] == [(job_id, "done")]
    assert final_files(home) == FIRST


def test_a_job_is_resumed_at_its_own_endpoint(
    home: Path, first: FaultyS3, second: FaultyS3
) -> None:
    job_id = interrupted(home, first)

    ok(home, "jobs", "resume", job_id, S3NAV_ENDPOINT_URL=second.url, AWS_ENDPOINT_URL=second.url)

    assert final_files(home) == FIRST
    assert not second.seen


def test_a_job_is_not_resumed_at_another_endpoint_that_was_typed(
    home: Path, first: FaultyS3, second: FaultyS3
) -> None:
    job_id = interrupted(home, first)

    code, _, err = run(home, "jobs", "resume", job_id, server=second)

    assert code == 2
    assert f"job `{job_id}` is of {first.url}, not of {second.url}" in err
    remedy = f"s3nav --headless --data-dir {home / 'data'} jobs resume {job_id}"
    assert f"`{remedy}`" in err
    ok(home, *remedy.split()[4:])
    assert final_files(home) == FIRST


def test_the_command_of_a_job_leads_to_its_own_endpoint(
    home: Path, first: FaultyS3, second: FaultyS3
) -> None:
    job_id = interrupted(home, first)

    command = ok(home, "jobs", "command", job_id, server=second)

    assert command.split()[:8] == [
        *("s3nav", "--headless", "--data-dir", str(home / "data")),
        *("--endpoint-url", first.url, "--region", "us-east-1"),
    ]


def test_failed_files_are_retried_at_their_own_endpoint(
    home: Path, first: FaultyS3, second: FaultyS3
) -> None:
    missing = first.plan
    first.plan = lambda verb, key, span: (
        Fault.CHANGED_WITHIN if key == "dir/00" and verb == "GET" else missing(verb, key, span)
    )
    code, _, _ = run(home, server=first)
    assert code == 9
    first.plan = missing
    first.put_all(FIRST)
    [job] = json.loads(ok(home, "--output", "json", "jobs", "list"))

    ok(home, "jobs", "retry", job["job"], S3NAV_ENDPOINT_URL=second.url)

    assert final_files(home) == FIRST
    assert not second.seen


def test_a_plan_is_replayed_at_its_own_s3_alone(
    home: Path, first: FaultyS3, second: FaultyS3, tmp_path: Path
) -> None:
    plan, target = tmp_path / "plan.jsonl", ("--download-dir", str(home / "out"))
    ok(
        home,
        *("download", f"s3://{BUCKET}/", *target, "--dry-run", "--write-plan", str(plan)),
        server=first,
    )

    code, _, err = run(home, "download", "--plan", str(plan), *target, server=second)
    estimated, _, _ = run(home, "estimate", "--plan", str(plan), server=second)
    ok(home, "download", "--plan", str(plan), *target, server=first)

    assert (code, estimated) == (2, 2)
    assert f"plan `{plan}` is of {first.url}, not of {second.url}" in err
    assert f"--endpoint-url {first.url}" in err
    assert not second.gets()
    assert final_files(home) == FIRST
    assert "secret" not in plan.read_text()


def test_a_plan_of_an_earlier_release_names_no_s3(
    home: Path, first: FaultyS3, second: FaultyS3, tmp_path: Path
) -> None:
    plan, target = tmp_path / "plan.jsonl", ("--download-dir", str(home / "out"))
    ok(
        home,
        *("download", f"s3://{BUCKET}/", *target, "--dry-run", "--write-plan", str(plan)),
        server=second,
    )
    _, *lines = plan.read_text().splitlines()
    plan.write_text("\n".join(['{"s3nav_plan":1}', *lines]))

    ok(home, "download", "--plan", str(plan), *target, server=second)

    assert final_files(home) == SECOND


def test_counts_kept_of_one_endpoint_are_not_those_of_the_other(
    home: Path, first: FaultyS3, second: FaultyS3
) -> None:
    second.delete("large")
    counted = json.loads(ok(home, "--output", "json", "scan", PLACE, server=first))
    scan_id = counted["id"]

    other = json.loads(ok(home, "--output", "json", "scan", PLACE, server=second))
    listings = len(first.seen)
    reused = json.loads(
        ok(home, "--output", "json", "scan", PLACE, AWS_ENDPOINT_URL=f"{first.url}/")
    )
    refused, _, err = run(home, "find", PLACE, "--scan", scan_id, server=second)

    assert (counted["objects"], other["objects"]) == (len(FIRST), len(FIRST) - 1)
    assert reused["objects"] == len(FIRST)
    assert len(first.seen) == listings, "the endpoint of the environment has the same name"
    assert refused == 2
    assert f"scan `{scan_id}` is of {first.url}, not of {second.url}" in err


def test_verify_does_not_believe_what_was_kept_of_another_endpoint(
    home: Path, first: FaultyS3, second: FaultyS3
) -> None:
    words = ("download", f"{PLACE}/", "--decompress", "--download-dir", str(home / "out"))
    for server, text in ((first, b"first"), (second, b"other")):
        server.put("zipped.txt.gz", gzip.compress(text, mtime=0))
    ok(home, *words, server=first)

    code, out, _ = run(home, "--output", "json", "verify", str(home / "out"), PLACE, server=second)

    found = {row["source"]: row["finding"] for row in json.loads(out)}
    assert code != 0
    assert found[f"{PLACE}/zipped.txt.gz"] == "missing"
