"""The engine around aws-list-all, with real child processes that run a test script."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from s3nav.model.errors import UsageError
from s3nav.model.scrape_queries import QueryStatus
from s3nav.scrape import EngineEnd, ResolvedRequest
from s3nav.scrape.engines.list_all_engine import ListAllEngine
from s3nav.scrape.engines.list_all_program import ListAllProgram
from s3nav.scrape.resources.ingest import QueryResult
from tests.support.fake_caller import FakeCaller
from tests.support.scripted_list_all import make_environment


class Collected:
    """A sink that collects results and notes."""

    def __init__(self) -> None:
        self.query_results: list[QueryResult] = []
        self.notes: list[str] = []
        self.came = threading.Event()

    def found(self, query_result: QueryResult) -> None:
        self.query_results.append(query_result)
        self.came.set()

    def expect(self, queries: int) -> None:
        pass

    def expect_no_more(self) -> None:
        pass

    def note(self, component: str, message: str, *, error: str = "", file_path: str = "") -> None:
        self.notes.append(f"{component}: {message} {error}")

    def statuses(self) -> dict[tuple[str, str | None, str], QueryStatus]:
        return {(f.service, f.region, f.operation): f.status for f in self.query_results}


Run = Callable[..., tuple[Collected, EngineEnd]]


def engine_of(tmp_path: Path, script: str) -> ListAllEngine:
    return ListAllEngine(
        FakeCaller({"sqs": {}, "s3": {}}),
        ListAllProgram(environment=make_environment(tmp_path / "venv", script)),
        scrape_id="scrape_x",
        temp_base=tmp_path / "temp",
        aside=tmp_path / "aside",
        watcher_timeout_s=300,
    )


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run_it(
        script: str,
        *,
        regions: tuple[str, ...] = ("us-east-1",),
        is_cancelled: Callable[[], bool] = lambda: False,
        sink: Collected | None = None,
    ) -> tuple[Collected, EngineEnd]:
        sink = sink or Collected()
        request = ResolvedRequest(
            scrape_id="scrape_x", services=("sqs", "s3", "sns"), regions=regions
        )
        end = engine_of(tmp_path, script).run(request, sink, is_cancelled)
        return sink, end

    return run_it


def test_a_file_is_read_when_it_is_closed_and_then_deleted(run: Run, tmp_path: Path) -> None:
    sink, end = run('write("sqs", "ListQueues", {"QueueUrls": ["u" * 200_000]}, pieces=50)')

    assert [(f.operation, f.status) for f in sink.query_results] == [("ListQueues", QueryStatus.OK)]
    assert (end.return_code, end.files, end.files_processed, end.files_rejected) == (0, 1, 1, 0)
    assert end.temp_files_cleaned
    assert list((tmp_path / "temp").iterdir()) == []
    assert end.longest_delay_s is not None


def test_files_come_in_while_the_child_still_runs(run: Run) -> None:
    sink = Collected()
    script = (
        'write("sqs", "ListQueues", {"QueueUrls": ["u"]})\n'
        "deadline = time.monotonic() + 300\n"
        'while name("sqs", "ListQueues").exists():\n'
        "    assert time.monotonic() < deadline\n"
        "    time.sleep(0.01)\n"
        'print("taken")\n'
    )

    _, end = run(script, sink=sink)

    assert end.return_code == 0


def test_empty_denied_and_failed_queries_are_recorded_from_the_output(run: Run) -> None:
    sink, _ = run(
        "\n".join(
            (
                'print("--- sqs us-east-1 ListEmpty None QueueUrls")',
                'print(">:| sqs us-east-1 ListDenied None ClientError(AccessDeniedException)")',
                'print("!!! sqs us-east-1 ListSlow None An error occurred (Throttling) when")',
                'print("!!! sqs None ListDown None EndpointConnectionError(1)")',
                'print("no line of a result")',
            )
        )
    )

    assert sink.statuses() == {
        ("sqs", "us-east-1", "ListEmpty"): QueryStatus.EMPTY,
        ("sqs", "us-east-1", "ListDenied"): QueryStatus.DENIED,
        ("sqs", "us-east-1", "ListSlow"): QueryStatus.THROTTLED,
        ("sqs", None, "ListDown"): QueryStatus.UNAVAILABLE,
    }


def test_a_file_with_invalid_json_is_kept_and_its_query_is_truncated(
    run: Run, tmp_path: Path
) -> None:
    sink, end = run(
        'name("kms", "ListKeys").write_text(\'{"service": "kms", "resp\')\n'
        "print(\"!!! kms us-east-1 ListKeys None TypeError('bytes')\")"
    )

    assert sink.statuses() == {("kms", "us-east-1", "ListKeys"): QueryStatus.TRUNCATED}
    assert end.files_rejected == 1
    assert (tmp_path / "aside" / "kms_ListKeys_us-east-1_None.json").read_text().endswith("resp")
    assert "FileWatcher: Failed to process file" in sink.notes[0]
    assert list((tmp_path / "temp").iterdir()) == []


def test_a_first_page_alone_is_truncated(run: Run) -> None:
    sink, _ = run('write("logs", "DescribeLogGroups", {"logGroups": [1], "nextToken": "t"})')

    assert set(sink.statuses().values()) == {QueryStatus.TRUNCATED}


def test_each_region_has_a_child_and_global_services_are_queried_once(run: Run) -> None:
    sink, _ = run(
        'write("sqs", "ListQueues", {"QueueUrls": services})',
        regions=("us-east-1", "eu-west-1"),
    )

    asked = {f.region: (f.response or {})["QueueUrls"] for f in sink.query_results}
    assert asked == {"us-east-1": ["sqs", "s3", "sns"], "eu-west-1": ["sqs", "sns"]}


def test_a_child_that_fails_is_reported_and_its_results_are_kept(run: Run) -> None:
    sink, end = run('write("sqs", "ListQueues", {"QueueUrls": ["u"]})\nsys.exit("it broke")')

    assert end.return_code == 1
    assert end.problem is not None
    assert "ended with 1" in end.problem.message
    assert any("it broke" in note for note in sink.notes)
    assert [f.status for f in sink.query_results] == [QueryStatus.OK]


def test_a_cancelled_child_is_stopped_and_its_files_are_deleted(run: Run, tmp_path: Path) -> None:
    sink = Collected()

    run(
        'write("sqs", "ListQueues", {"QueueUrls": ["u"]})\ntime.sleep(3000)',
        is_cancelled=sink.came.is_set,
        sink=sink,
    )

    assert list((tmp_path / "temp").iterdir()) == []


def test_the_child_does_not_see_the_users_settings(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")

    sink, _ = run('write("sqs", "ListX", {"Names": sorted(os.environ)})')

    names = (sink.query_results[0].response or {})["Names"]
    assert isinstance(names, list)
    assert "AWS_DEFAULT_REGION" in names
    assert "AWS_PROFILE" not in names


def test_without_the_program_the_remedy_is_the_command_that_installs_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        ListAllEngine(
            FakeCaller({}),
            ListAllProgram(environment=tmp_path / "nothing"),
            scrape_id="scrape_x",
            temp_base=tmp_path,
            aside=tmp_path,
            watcher_timeout_s=1,
        )

    assert "scrape engine install" in caught.value.remedy
    assert list(tmp_path.iterdir()) == []
