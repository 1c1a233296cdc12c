"""One frozen plan on several machines, each a process of its own, as schedulers start them."""

import json
import random
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.faulty_s3 import BUCKET, Fault, FaultyS3, Plan
from tests.support.headless import finish, landed, start
from tests.support.tiers import rest_is_slow

COUNT = 3
RETRY_LATER = 75
OBJECT_BYTES = 64 * 1024
"""What an object counts beside its bytes."""

SCHEDULERS: dict[str, tuple[str, tuple[Mapping[str, str], ...]]] = {
    "typed": ("{place}/3", ({}, {}, {})),
    "kubernetes": ("auto/3", tuple({"JOB_COMPLETION_INDEX": str(n)} for n in range(COUNT))),
    "batch": (
        "auto",
        tuple(
            {"AWS_BATCH_JOB_ARRAY_INDEX": str(n), "AWS_BATCH_JOB_ARRAY_SIZE": str(COUNT)}
            for n in range(COUNT)
        ),
    ),
    "slurm": (
        "auto",
        tuple(
            {
                "SLURM_ARRAY_TASK_ID": str(5 + 2 * n),
                "SLURM_ARRAY_TASK_MIN": "5",
                "SLURM_ARRAY_TASK_MAX": "9",
                "SLURM_ARRAY_TASK_STEP": "2",
                "SLURM_ARRAY_TASK_COUNT": str(COUNT),
            }
            for n in range(COUNT)
        ),
    ),
}


@pytest.fixture(scope="module")
def contents() -> dict[str, bytes]:
    """A few large objects and many small ones; some keys need care."""
    draw = random.Random(75)
    sizes = [400_000, 300_000, 250_000, *(draw.randrange(40_000) for _ in range(87))]
    odd = {"été/ü.bin": draw.randbytes(9), "a b/+%25": draw.randbytes(10)}
    return {f"d{n % 7}/{n:03}.bin": draw.randbytes(s) for n, s in enumerate(sizes)} | odd


@pytest.fixture
def server(contents: dict[str, bytes]) -> Iterator[FaultyS3]:
    with FaultyS3() as server:
        server.put_all(contents)
        yield server


@pytest.fixture
def plan(server: FaultyS3, tmp_path: Path) -> Path:
    file = tmp_path / "plan.jsonl"
    words = ("download", f"s3://{BUCKET}/", "--dry-run", "--write-plan", str(file))
    code, _, err = finish(start(server, tmp_path / "planner", *words))
    assert code == 0, err
    return file


def start_shard(
    server: FaultyS3,
    home: Path,
    plan: Path,
    shard: str | None,
    extra: Mapping[str, str] | None = None,
) -> subprocess.Popen[str]:
    words = ["download", "--plan", str(plan), "--download-dir", str(home / "out")]
    words += ["--shard", shard] if shard else []
    # A try that fails must not take long: this is about what it ends with.
    return start(server, home, *words, extra={"S3NAV_RETRY_ATTEMPTS": "1", **(extra or {})})


def always(fault: Fault, *keys: str) -> Plan:
    """Every GET of these keys, or of all, goes wrong."""

    def plan(verb: str, key: str, _byte_range: str) -> Fault:
        return fault if verb == "GET" and (not keys or key in keys) else Fault.NONE

    return plan


@pytest.mark.parametrize("name", rest_is_slow(SCHEDULERS))
def test_shards_fetch_everything_once_and_about_the_same_each(
    server: FaultyS3, plan: Path, contents: dict[str, bytes], tmp_path: Path, name: str
) -> None:
    shard, environments = SCHEDULERS[name]
    homes = [tmp_path / f"machine-{n}" for n in range(COUNT)]
    running = [
        start_shard(server, home, plan, shard.format(place=n + 1), extra)
        for n, (home, extra) in enumerate(zip(homes, environments, strict=True))
    ]
    ended = [finish(process) for process in running]
    shares = [landed(home) for home in homes]

    assert [code for code, _, _ in ended] == [0] * COUNT, ended
    assert sum(len(share) for share in shares) == len(contents)
    assert {key: body for share in shares for key, body in share.items()} == contents
    fetched = [one.key for one in server.gets() if one.byte_range in {"", "bytes=0-65535"}]
    assert sorted(fetched) == sorted(contents)
    loads = [sum(len(body) + OBJECT_BYTES for body in share.values()) for share in shares]
    assert max(loads) - min(loads) <= max(map(len, contents.values())) + OBJECT_BYTES


def test_a_shard_whose_endpoint_is_down_asks_for_another_try_and_goes_on(
    server: FaultyS3, plan: Path, contents: dict[str, bytes], tmp_path: Path
) -> None:
    server.plan = always(Fault.SERVER_ERROR)
    code, _, err = finish(start_shard(server, tmp_path / "m", plan, "1/1"))

    assert code == RETRY_LATER, err
    assert "error[retry-later]" in err
    assert landed(tmp_path / "m") == {}

    server.plan = always(Fault.NONE)
    code, _, err = finish(start_shard(server, tmp_path / "m", plan, "1/1"))
    assert code == 0, err
    assert landed(tmp_path / "m") == contents


def test_the_same_without_a_shard_is_unavailable(
    server: FaultyS3, plan: Path, tmp_path: Path
) -> None:
    server.plan = always(Fault.SERVER_ERROR)
    code, _, err = finish(start_shard(server, tmp_path / "m", plan, None))

    assert code == 6, err


def test_a_shard_of_which_some_objects_were_unavailable_asks_for_another_try(
    server: FaultyS3, plan: Path, contents: dict[str, bytes], tmp_path: Path
) -> None:
    unlucky = ("d3/010.bin", "d4/011.bin")
    server.plan = always(Fault.SERVER_ERROR, *unlucky)
    code, _, err = finish(start_shard(server, tmp_path / "m", plan, "1/1"))

    assert code == RETRY_LATER, err
    there = landed(tmp_path / "m")
    assert set(contents) - set(there) == set(unlucky)

    server.plan = always(Fault.NONE)
    since = len(server.gets())
    code, _, err = finish(start_shard(server, tmp_path / "m", plan, "1/1"))
    assert code == 0, err
    assert landed(tmp_path / "m") == contents
    assert {one.key for one in server.gets()[since:]} == set(unlucky)


def test_a_shard_with_bytes_that_are_wrong_is_not_tried_again(
    server: FaultyS3, plan: Path, tmp_path: Path
) -> None:
    server.plan = always(Fault.FLIPPED_BIT, "d3/010.bin")
    code, _, err = finish(start_shard(server, tmp_path / "m", plan, "1/1"))

    assert code == 9, err


def test_a_shard_that_is_preempted_asks_for_another_try_and_loses_nothing(
    server: FaultyS3, plan: Path, contents: dict[str, bytes], tmp_path: Path
) -> None:
    server.pace_s = 0.05
    extra = {"JOB_COMPLETION_INDEX": "0"}
    process = start_shard(server, tmp_path / "m", plan, "auto/1", extra)
    server.wait_for(lambda: len(server.gets()) > 30 or process.poll() is not None)
    process.send_signal(signal.SIGTERM)
    code, _, err = finish(process, 15)

    assert code == RETRY_LATER, err
    there = landed(tmp_path / "m")
    assert 0 < len(there) < len(contents)

    server.pace_s, since = 0.0, len(server.gets())
    code, _, err = finish(start_shard(server, tmp_path / "m", plan, "auto/1", extra))
    assert code == 0, err
    assert landed(tmp_path / "m") == contents
    assert not there.keys() & {one.key for one in server.gets()[since:]}


def test_a_shard_that_nothing_names_is_refused_before_anything_is_asked(
    server: FaultyS3, plan: Path, tmp_path: Path
) -> None:
    since = len(server.seen)
    code, out, err = finish(start_shard(server, tmp_path / "m", plan, "auto"))

    assert (code, out) == (2, "")
    assert "error[bad-shard]: the environment has no shard index" in err
    assert len(server.seen) == since


def test_a_plan_names_every_object_with_its_size(plan: Path, contents: dict[str, bytes]) -> None:
    lines = [json.loads(line) for line in plan.read_text().splitlines()]
    sizes = {line["key"]: line["size_bytes"] for line in lines if "key" in line}

    assert sizes == {key: len(body) for key, body in contents.items()}
