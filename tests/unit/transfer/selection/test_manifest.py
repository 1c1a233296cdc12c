"""Objects named one by one: manifests, plan files, and the record of another downloader."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from s3nav.model.errors import NotFoundError, UsageError
from s3nav.model.events import JobState
from s3nav.transfer import (
    ItemState,
    Manifest,
    PlanFile,
    PlanWriter,
    Preview,
    Selection,
    SelectionStats,
    find_resume_file,
    manifest_line,
    read_resume_file,
    report_line,
)
from s3nav.transfer.planning.existing_files import EXISTING_REASON, RECORDED_REASON
from s3nav.transfer.source_listing.list_selection import choose
from tests.unit.transfer.conftest import Bench


def _manifest(bench: Bench, text: str) -> Manifest:
    path = bench.root / "objects.txt"
    path.write_bytes(text.encode())
    return Manifest.read(path)


def test_every_bad_line_is_named_with_its_number(bench: Bench) -> None:
    lines = [
        "s3://b/k",
        "nonsense",
        '{"key": "k"}',
        "b,",
        "s3://b",
        'b,"k',
        "b,k,v7",
        "{",
        "/x,k",
        "b,k,v8",
    ]

    with pytest.raises(UsageError) as caught:
        _manifest(bench, "\n".join(lines))

    assert "has 9 bad lines" in caught.value.message
    assert (
        "line 2: it is neither s3://bucket/key nor bucket,key[,version_id]" in caught.value.message
    )
    assert "line 7: another line names another version of `s3://b/k`" in caught.value.message
    for number in (3, 4, 5, 6, 8, 9, 10):
        assert f"line {number}: " in caught.value.message


def test_ten_bad_lines_are_enough_to_see(bench: Bench) -> None:
    with pytest.raises(UsageError, match=r"line 10: .*; and 90 more"):
        _manifest(bench, "x\n" * 100)


@pytest.mark.parametrize("text", ["", "\n# nothing\n", "bucket,key\n"])
def test_a_manifest_without_objects_is_refused(bench: Bench, text: str) -> None:
    with pytest.raises(UsageError, match="names no object"):
        _manifest(bench, text)


def test_a_manifest_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read manifest"):
        Manifest.read(tmp_path / "none")


def test_lines_may_be_uris_csv_or_json(bench: Bench) -> None:
    text = (
        "\ufeffbucket,key,version\r\n# a comment\r\n\r\n"
        's3://b/a, b//../c\nb,"x,""y""",null\nb,z\nc,k,\n'
        '{"source": "s3://b/from-report", "reason": "x"}\n{"bucket": "b", "key": "\\udcff"}\n'
    )

    manifest = _manifest(bench, text)

    keys = ("a, b//../c", "from-report", 'x,"y"', "z", "\udcff")
    assert manifest.keys == {"b": keys, "c": ("k",)}
    assert manifest.files == 6


@given(
    st.sets(st.text("ab/\ud7ff\ue000\U0001f600", min_size=1, max_size=4), max_size=40), st.data()
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_every_named_object_is_found_and_no_other(
    bench: Bench, there: set[str], data: st.DataObject
) -> None:
    bench.store.make_bucket("b")
    bench.store.empty_bucket("b")
    for key in there:
        bench.store.put("b", key, b"x")
    named = data.draw(st.sets(st.sampled_from([*sorted(there), "a", "b/absent"]), min_size=1))
    lines = [json.dumps({"bucket": "b", "key": key}) for key in named]
    selection = Selection(manifest=_manifest(bench, "\n".join(lines)), target=bench.target)
    stats = SelectionStats()

    chosen = [f for _, facts in choose(bench.store, selection, stats) for f in facts]

    assert {fact.key for fact in chosen} == named
    assert {fact.key for fact in chosen if fact.size_bytes == 0} == named - there
    assert stats.missing_files == len(named - there)


def test_neighbours_share_a_request_and_distant_keys_take_small_ones(bench: Bench) -> None:
    for number in range(5000):
        bench.store.put("b", f"{number:05}", b"x")
    near = "\n".join(f"b,{number:05}" for number in range(2000))
    selection = Selection(manifest=_manifest(bench, near), target=bench.target)
    stats = SelectionStats()

    assert sum(len(f) for _, f in choose(bench.store, selection, stats)) == 2000
    assert stats.list_requests <= 3


def test_versions_are_pinned_verified_and_recorded(bench: Bench) -> None:
    large = b"L" * 3500
    bench.store.put_version("b", "k", "v1", b"old")
    bench.store.put_version("b", "k", "v2", b"newer")
    bench.store.put_version("b", "l", "w1", large)
    bench.store.put_version("b", "l", "w2", b"small now")
    bench.store.put("b", "plain", b"x")
    lines = 'b,k,v1\n{"source": "s3://b/l", "version_id": "w1"}\nb,plain\nb,gone,v9\n'
    transfers = bench.transfers()

    job = transfers.plan(Selection(manifest=_manifest(bench, lines), target=bench.target))
    assert job.total_bytes == 3 + len(large) + 1, "the sizes are those of the versions"
    transfers.start(job.job_id)
    assert transfers.wait(job.job_id, 50)

    assert (bench.local("b/k"), bench.local("b/l")) == (b"old", large)
    items = {item.source: item for item in transfers.items(job.job_id)}
    versions = {source[-5:]: item.version_id for source, item in items.items()}
    assert versions == {"//b/k": "v1", "//b/l": "w1", "plain": "", "/gone": "v9"}
    assert items["s3://b/k"].verified_by == items["s3://b/l"].verified_by == "md5"
    assert items["s3://b/gone"].state is ItemState.FAILED
    assert json.loads(report_line(items["s3://b/k"]))["version_id"] == "v1"
    again = manifest_line(items["s3://b/gone"])
    assert _manifest(bench, again).versions == {("b", "gone"): "v9"}


def test_a_plan_file_replays_the_versions_it_was_made_of(bench: Bench) -> None:
    bench.store.put_version("b", "k", "v1", b"old")
    selection = Selection(manifest=_manifest(bench, "b,k,v1"), target=bench.target)
    path = bench.root / "plan.jsonl"
    writer = PlanWriter(path)
    transfers = bench.transfers()
    for items in bench.plan_reader().read(selection, Preview()):
        writer.add(items)
    writer.finish()
    bench.store.put_version("b", "k", "v2", b"newer")

    job = transfers.plan(Selection(plan=PlanFile.read(path), target=bench.target))
    transfers.start(job.job_id)
    assert transfers.wait(job.job_id, 50)

    assert bench.local("b/k") == b"old"


def test_an_object_that_is_not_there_fails_by_name(bench: Bench) -> None:
    bench.store.put("b", "here", b"x")
    transfers = bench.transfers()
    selection = Selection(manifest=_manifest(bench, "b,here\nb,gone\n"), target=bench.target)

    job = transfers.plan(selection)
    transfers.start(job.job_id)
    assert transfers.wait(job.job_id, 50)

    [failed] = transfers.items(job.job_id, state=ItemState.FAILED)
    assert failed.source == "s3://b/gone"
    assert bench.local("b/here") == b"x"
    assert transfers.job(job.job_id).state is JobState.FAILED


def _written_plan(bench: Bench, *places: str) -> PlanFile:
    path = bench.root / "plan.jsonl"
    writer = PlanWriter(path)
    for items in bench.plan_reader().read(bench.selection(*places), Preview()):
        writer.add(items)
    writer.finish()
    return PlanFile.read(path)


def test_a_plan_replayed_fetches_what_was_reviewed_and_lists_nothing(bench: Bench) -> None:
    for key in ("a", "a/b", "dir/", "logs/x.gz", "\udcff"):
        bench.store.put("bkt", key, b"" if key == "dir/" else key.encode(errors="surrogateescape"))
    plan = _written_plan(bench, "bkt")
    bench.store.requests.clear()
    bench.store.put("bkt", "later", b"not reviewed")
    transfers = bench.transfers()

    job = transfers.plan(Selection(plan=plan, target=bench.target))
    transfers.start(job.job_id)
    assert transfers.wait(job.job_id, 50)

    assert bench.store.count("list") == 0
    assert bench.local("bkt/a/b") == b"a/b"
    assert bench.local("bkt/a.s3nav-object") == b"a"
    assert not (bench.target / "bkt/later").exists()
    assert transfers.report(job.job_id).downloaded == 4


def test_a_plan_of_lines_in_any_order_names_files_the_same(bench: Bench) -> None:
    for key in ("a", "a/b", "c"):
        bench.store.put("bkt", key, b"1")
    path = _written_plan(bench, "bkt").path
    header, *lines = path.read_text().splitlines()
    path.write_text("\n".join([header, *reversed(lines), lines[0], ""]))
    plan = PlanFile.read(path)

    preview = bench.preview(Selection(plan=plan, target=bench.target))

    assert not plan.is_ordered
    assert preview.fetch_files == 3
    assert [renamed.local for renamed in preview.renamed] == ["bkt/a.s3nav-object"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "fetches nothing"),
        ("{}\n", "line 1: it is not the header"),
        ('{"s3nav_plan":1}\n{"bucket":"b"}\nx\n', "2 bad lines.*line 2.*line 3"),
        ('{"s3nav_plan":1}\n{"bucket":"b","key":"","size_bytes":1,"decision":"fetch"}', "line 2"),
        ('{"s3nav_plan":1}\n{"bucket":"b","key":"k","size_bytes":-1,"decision":"fetch"}', "line 2"),
        (
            '{"s3nav_plan":1}\n{"bucket":"../b","key":"k","size_bytes":1,"decision":"fetch"}',
            "not a bu",
        ),
    ],
)
def test_a_plan_with_bad_lines_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "plan.jsonl").write_text(text)

    with pytest.raises(UsageError, match=said):
        PlanFile.read(tmp_path / "plan.jsonl")


def test_a_plan_that_was_not_finished_leaves_no_file(bench: Bench) -> None:
    bench.store.put("bkt", "a")
    writer = PlanWriter(bench.root / "plan.jsonl")

    writer.close()

    assert list(bench.root.glob("*plan*")) == []
    with pytest.raises(NotFoundError):
        bench.preview(bench.selection("none"))


@pytest.mark.parametrize("text", ["", "[]", '{"downloaded_files": 3}', '{"downloaded_files": [1]}'])
def test_a_record_that_is_something_else_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "r.json").write_text(text)

    with pytest.raises(UsageError, match="not a record"):
        read_resume_file(tmp_path / "r.json")


def test_what_another_downloader_recorded_is_there_when_its_size_is_right(bench: Bench) -> None:
    for key in ("recorded", "cut", "unrecorded", "failed"):
        bench.store.put("bkt", key, b"12345")
        local = bench.target / "bkt" / key
        local.parent.mkdir(parents=True, exist_ok=True)
        local.write_bytes(b"123" if key == "cut" else b"12345")
    record = {"downloaded_files": ["bkt/recorded", "bkt/cut", "bkt/gone"], "failed_files": ["x"]}
    (bench.root / "download_resume.json").write_text(json.dumps(record))
    found = find_resume_file(bench.target)
    assert found == bench.root / "download_resume.json"

    selection = Selection(
        sources=bench.selection("bkt").sources,
        target=bench.target,
        recorded=read_resume_file(found),
    )
    preview = bench.preview(selection)

    assert preview.reasons == {RECORDED_REASON: 1}
    assert preview.fetch_files == 3


def test_files_of_the_same_size_and_time_are_there(bench: Bench) -> None:
    for key in ("a", "deep/er/b", "c"):
        bench.store.put("bkt", key, b"12345")
    transfers = bench.transfers()
    bench.download(transfers, "bkt")
    (bench.target / "bkt/c").write_bytes(b"other")

    preview = bench.preview(bench.selection("bkt"))

    assert preview.reasons == {EXISTING_REASON: 2}
    assert preview.fetch_files == 1
