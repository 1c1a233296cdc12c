"""Whatever is written to the journal in whatever order, it says the same after a restart."""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from s3nav.persistence import Database
from s3nav.transfer.journal.journal import Journal
from s3nav.transfer.journal.journal_rows import NewJob, PartRow
from s3nav.transfer.journal.journal_schema import MIGRATIONS
from s3nav.transfer.journal.records import PENDING, PlannedItem, Verification
from s3nav.transfer.planning.plan_preview import cut, missing

KEYS = st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=6, unique=True)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["land", "done", "part", "fail", "reopen", "drop"]),
        st.integers(0, 5),
        st.integers(0, 3),
    ),
    max_size=25,
)
SPAN = 100
FEW = settings(max_examples=30, suppress_health_check=list(HealthCheck))


@contextmanager
def _journal(file: Path) -> Iterator[Journal]:
    with closing(Database(file, MIGRATIONS)) as database:
        yield Journal(database)


def _item(key: str) -> PlannedItem:
    return PlannedItem("bkt", key, "", 4 * SPAN, "etag", None, "", "")


def _new(name: str) -> NewJob:
    return NewJob(
        job_id=name,
        fingerprint=name,
        title=name,
        target=Path("/nowhere"),
        requester_pays=False,
        verify=Verification.AUTO,
        part_bytes=SPAN,
    )


def _plan(journal: Journal, name: str, keys: list[str]) -> int:
    number = journal.add_job(_new(name))
    journal.add_items(number, [_item(key) for key in keys])
    journal.finish_plan(number, total_files=len(keys), total_bytes=4 * SPAN * len(keys))
    return number


@FEW
@given(KEYS, KEYS)
def test_any_key_comes_back_as_it_was_and_jobs_stay_apart(
    first: list[str], second: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as home:
        with _journal(Path(home) / "j.sqlite3") as journal:
            numbers = [_plan(journal, name, keys) for name, keys in (("a", first), ("b", second))]
        with _journal(Path(home) / "j.sqlite3") as journal:
            found = [
                [item.key for item in journal.window(number, after=0, limit=100)]
                for number in numbers
            ]

    assert found == [first, second]


@FEW
@given(KEYS, STEPS)
def test_what_is_recorded_is_there_after_a_restart(
    keys: list[str], steps: list[tuple[str, int, int]]
) -> None:
    states = [PENDING] * len(keys)
    parts: list[set[int]] = [set() for _ in keys]
    with tempfile.TemporaryDirectory() as home:
        with _journal(Path(home) / "j.sqlite3") as journal:
            job = _plan(journal, "a", keys)
            numbers = [item.number for item in journal.window(job, after=0, limit=100)]
            for step, which, part in steps:
                index = which % len(keys)
                _apply(journal, step, numbers[index], part)
                states[index], parts[index] = _expected(step, states[index], parts[index], part)
        with _journal(Path(home) / "j.sqlite3") as journal:
            for number, state, known in zip(numbers, states, parts, strict=True):
                recorded = [(row.start, row.stop) for row in journal.parts(number)]
                assert {start // SPAN for start, _ in recorded} == known
                left = missing(4 * SPAN, SPAN, recorded)
                assert len(left) == 4 - len(known)
                of_state = [i.number for i in journal.window(job, after=0, limit=9, state=state)]
                assert number in of_state


def _apply(journal: Journal, step: str, number: int, part: int) -> None:
    match step:
        case "land":
            journal.seal(landing=[(number, "md5", None, "")])
        case "done":
            journal.seal(done=[number])
        case "part":
            start = part * SPAN
            journal.seal(parts=[PartRow(item=number, start=start, stop=start + SPAN, digest="")])
        case "fail":
            journal.fail_item(number, "why")
        case "reopen":
            journal.reopen(number)
        case _:
            journal.reopen(number, drop_parts=True)


def _expected(step: str, state: int, known: set[int], part: int) -> tuple[int, set[int]]:
    match step:
        case "land":
            return 1, known
        case "done":
            return 2, set()
        case "part":
            return state, known | {part}
        case "fail":
            return 4, known
        case "reopen":
            return 0, known
        case _:
            return 0, set()


@given(st.integers(0, 10_000), st.integers(1, 700), st.data())
def test_missing_and_recorded_parts_make_the_whole(
    size: int, part: int, data: st.DataObject
) -> None:
    spans = cut(size, part)
    recorded = data.draw(st.sets(st.sampled_from(spans))) if spans else set()

    left = missing(size, part, [(span.start, span.stop) for span in recorded])

    joined = sorted([*left, *recorded], key=lambda span: span.start)
    assert joined == spans
    assert sum(span.length_bytes for span in joined) == size
