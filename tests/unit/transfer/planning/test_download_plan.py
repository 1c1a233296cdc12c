"""From a selection to a job in the journal: all of it or nothing, by thousands."""

import contextlib
import os
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from s3nav.model.errors import NotFoundError
from s3nav.model.objects import ObjectFact
from s3nav.transfer import Filters, ItemState, Manifest, Selection
from s3nav.transfer.journal.journal import Journal
from s3nav.transfer.journal.records import PlannedItem
from s3nav.transfer.local_files.local_names import Namer, NamingRules, name_objects
from s3nav.transfer.planning import naming_rules
from tests.unit.transfer.conftest import Bench


class _Killed(BaseException):
    """Stands for the end of the process."""


def test_a_job_planned_half_way_is_planned_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(25_000):
        bench.store.put("bkt", f"{number:05}")
    selection = bench.selection("bkt")

    def kill(name: str) -> None:
        if name == "after add-items":
            raise _Killed

    first = bench.transfers(checkpoint=kill)
    with monkeypatch.context() as killed:
        killed.setattr(Journal, "forget", lambda *_: None)
        with pytest.raises(_Killed):
            first.plan(selection)
    first.close()

    second = bench.transfers()

    assert second.find_resumable(selection) is None
    job = second.plan(selection)
    assert job.total_files == 25_000
    assert len(second.jobs()) == 1
    assert len(second.items(job.job_id, limit=30_000)) == 25_000


def test_a_job_is_resumed_only_by_the_same_selection(bench: Bench) -> None:
    bench.store.put("bkt", "a-20261120")
    (bench.root / "m").write_text("bkt,a-20261120\n")
    manifest = Selection(manifest=Manifest.read(bench.root / "m"), target=bench.target)
    transfers = bench.transfers()
    planned = [transfers.plan(s).job_id for s in (bench.selection("bkt"), manifest)]

    found = [transfers.find_resumable(s) for s in (bench.selection("bkt"), manifest)]

    assert [job.job_id for job in found if job] == planned
    filtered = bench.selection("bkt", filters=Filters(date_from="key"))
    assert transfers.find_resumable(filtered) is None
    (bench.root / "m").write_text("bkt,a-20261120\n# changed\n")
    changed = Selection(manifest=Manifest.read(bench.root / "m"), target=bench.target)
    assert transfers.find_resumable(changed) is None


def test_filters_that_leave_nothing_make_no_job_where_that_is_an_error(bench: Bench) -> None:
    bench.store.put("bkt", "a")
    transfers = bench.transfers()
    selection = bench.selection("bkt", filters=Filters(min_size_bytes=5))

    with pytest.raises(NotFoundError, match="1 too small"):
        transfers.plan(replace(selection, fail_if_empty=True))

    assert transfers.jobs() == []
    assert not bench.target.exists()


def test_keys_the_journal_cannot_hold_as_they_are_come_back(bench: Bench) -> None:
    keys = ["\1a", "a\0b", "é", "\udc80", "plain"]
    for key in keys:
        bench.store.put("bkt", key, b"x")
    transfers = bench.transfers()

    job = transfers.plan(bench.selection("bkt"))

    sources = {item.source for item in transfers.items(job.job_id, state=ItemState.PENDING)}
    assert sources == {f"s3://bkt/{key}" for key in keys}


def test_a_preview_touches_nothing_in_the_target(bench: Bench) -> None:
    bench.store.put("bkt", "a")
    bench.target.mkdir()
    os.utime(bench.target, (1, 1))

    preview = bench.preview(bench.selection("bkt"))

    assert preview.fetch_files == 1
    assert bench.target.stat().st_mtime == 1


@pytest.mark.parametrize("names", [[], ["1"], ["1", "a"]])
def test_a_look_at_names_finds_of_a_file_system_what_a_probe_finds(
    tmp_path: Path, names: list[str]
) -> None:
    for name in names:
        (tmp_path / name).touch()

    assert naming_rules(tmp_path) == naming_rules(tmp_path, may_write=True)


def test_one_file_under_two_spellings_is_a_sign_of_a_folding_file_system(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with contextlib.suppress(FileExistsError):  # on a file system that does fold
        (tmp_path / "A").hardlink_to(tmp_path / "a")

    assert naming_rules(tmp_path).folds


KEYS = st.lists(
    st.text("ab/.-0", min_size=1, max_size=6) | st.text(min_size=1, max_size=5), max_size=30
)


@given(KEYS, st.integers(1, 8), st.sampled_from([NamingRules(), NamingRules(folds=True)]))
def test_pages_are_named_as_their_objects_are_one_by_one(
    keys: list[str], page: int, rules: NamingRules
) -> None:
    ordered = sorted(set(keys), key=lambda key: key.encode("utf-8", "surrogatepass"))
    facts = [ObjectFact(key=key, size_bytes=random.Random(key).randint(0, 1)) for key in ordered]
    namer = Namer(rules)
    named: list[PlannedItem] = []

    for start in range(0, len(facts), page):
        named += namer.take("bkt", facts[start : start + page])
    named += namer.rest()

    one_by_one = name_objects((("bkt", fact) for fact in facts), rules)
    assert {i.key: (i.local, i.state) for i in named} == {
        i.key: (i.local, i.state) for i in one_by_one
    }
    assert len(named) == len(facts)
