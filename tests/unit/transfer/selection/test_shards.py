"""One plan on several machines: every object once, shares of about the same size."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3nav.model.errors import UsageError
from s3nav.model.text.quantities import GIB
from s3nav.transfer import PlanFile, PlanWriter, Preview, Selection, Shard
from s3nav.transfer.selection.shards import OBJECT_BYTES, Sharing
from tests.unit.transfer.conftest import Bench


@given(st.lists(st.integers(0, 10 * GIB), max_size=200), st.integers(1, 12))
def test_every_object_is_in_exactly_one_share_and_shares_are_balanced(
    sizes: list[int], count: int
) -> None:
    sharings = [Sharing(Shard(index=index, count=count)) for index in range(count)]
    loads = [0] * count

    for size in sizes:
        takers = [index for index, sharing in enumerate(sharings) if sharing.takes(size)]
        assert len(takers) == 1
        loads[takers[0]] += size + OBJECT_BYTES

    assert max(loads) - min(loads) <= max(sizes, default=0) + OBJECT_BYTES


@pytest.mark.parametrize(
    ("text", "environment", "expected"),
    [
        ("3/8", {}, "3/8"),
        ("auto/8", {"JOB_COMPLETION_INDEX": "0"}, "1/8"),
        ("auto", {"AWS_BATCH_JOB_ARRAY_INDEX": "7", "AWS_BATCH_JOB_ARRAY_SIZE": "8"}, "8/8"),
        (
            "auto",
            {
                "SLURM_ARRAY_TASK_ID": "14",
                "SLURM_ARRAY_TASK_MIN": "10",
                "SLURM_ARRAY_TASK_STEP": "2",
                "SLURM_ARRAY_TASK_COUNT": "4",
            },
            "3/4",
        ),
    ],
)
def test_a_shard_is_typed_or_read_from_the_environment(
    text: str, environment: dict[str, str], expected: str
) -> None:
    assert str(Shard.parse(text, environment)) == expected


@pytest.mark.parametrize(
    ("text", "environment"),
    [
        ("0/8", {}),
        ("9/8", {}),
        ("3", {}),
        ("x", {}),
        ("auto", {}),
        ("auto", {"JOB_COMPLETION_INDEX": "1"}),
        ("auto/8", {"JOB_COMPLETION_INDEX": "one"}),
        ("auto/2", {"JOB_COMPLETION_INDEX": "2"}),
    ],
)
def test_a_shard_that_makes_no_sense_is_refused(text: str, environment: dict[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        Shard.parse(text, environment)

    assert caught.value.reference == "bad-shard"


def test_the_shards_of_a_plan_fetch_all_of_it_and_nothing_twice(bench: Bench) -> None:
    draw = random.Random(1)
    contents = {f"k{n:03}": draw.randbytes(draw.randint(0, 3000)) for n in range(90)}
    for key, content in contents.items():
        bench.store.put("bkt", key, content)
    transfers = bench.transfers()
    writer = PlanWriter(bench.root / "plan.jsonl")
    for items in bench.plan_reader().read(bench.selection("bkt"), Preview()):
        writer.add(items)
    writer.finish()
    bench.store.put("bkt", "later", b"is in no plan")
    plan = PlanFile.read(bench.root / "plan.jsonl")

    for index in range(3):
        shard = Shard(index=index, count=3)
        selection = Selection(plan=plan, shard=shard, target=bench.target)
        job = transfers.plan(selection)
        assert job.title.endswith(f"shard {index + 1}/3")
        assert 20 <= job.total_files <= 40
        transfers.start(job.job_id)
        assert transfers.wait(job.job_id, 50)

    assert {p: bench.local(p) for p in bench.files()} == {
        f"bkt/{key}": content for key, content in contents.items()
    }
    wanted = [name for verb, name in bench.store.requests if verb == "get"]
    assert len({*wanted}) == 90


def test_only_a_plan_can_be_shared_out(bench: Bench) -> None:
    shard = Shard(index=0, count=2)

    with pytest.raises(UsageError, match="only a plan file"):
        bench.transfers().plan(
            Selection(sources=bench.selection("bkt").sources, shard=shard, target=bench.target)
        )
