import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from s3nav.model.errors import ExpiredCredentialsError
from s3nav.model.scrape_queries import Answer, QueryStatus
from s3nav.retries import Backoff
from s3nav.scrape import ResolvedRequest
from s3nav.scrape.engines import native_engine as engine_module
from s3nav.scrape.engines.native_engine import NativeEngine
from s3nav.scrape.resources.ingest import QueryResult
from tests.support.fake_caller import FakeCaller, Respond, bad, ok


@dataclass
class Collected:
    """A sink that collects results."""

    query_results: list[QueryResult] = field(default_factory=list)
    expected: int = 0
    known_at: list[tuple[int, int]] = field(default_factory=list)
    """Answered and expected, when no more were expected."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def found(self, query_result: QueryResult) -> None:
        with self.lock:
            self.query_results.append(query_result)

    def expect(self, queries: int) -> None:
        with self.lock:
            self.expected += queries

    def expect_no_more(self) -> None:
        with self.lock:
            self.known_at.append((len(self.query_results), self.expected))

    def note(self, component: str, message: str, *, error: str = "", file_path: str = "") -> None:
        raise AssertionError(message)

    def statuses(self) -> dict[tuple[str | None, str], QueryStatus]:
        return {(f.region, f.operation): f.status for f in self.query_results}


def request_for(*services: str, **options: object) -> ResolvedRequest:
    return ResolvedRequest(
        scrape_id="scrape_x",
        services=services,
        regions=("eu-west-1", "us-east-1"),
        workers=4,
        **options,  # type: ignore[arg-type]  # of the test
    )


def run(caller: FakeCaller, *services: str, **options: object) -> Collected:
    sink = Collected()
    end = NativeEngine(caller, retry_attempts=5).run(
        request_for(*services, **options), sink, lambda: False
    )
    assert end.problem is None
    return sink


def queues(region: str, _parameters: Mapping[str, object], _call: int) -> Answer:
    return ok({"QueueUrls": [f"https://sqs/{region}/q"], "ResponseMetadata": {}})


def nothing(_region: str, _parameters: Mapping[str, object], _call: int) -> Answer:
    return ok({"QueueUrls": [], "ResponseMetadata": {}})


def test_a_denied_query_is_recorded_and_the_others_run() -> None:
    caller = FakeCaller(
        {
            "sqs": {
                "ListQueues": queues,
                "ListDenied": lambda *_: bad(QueryStatus.DENIED, "AccessDenied"),
            }
        }
    )

    found = run(caller, "sqs")

    assert found.statuses() == {
        (region, name): status
        for region in ("eu-west-1", "us-east-1")
        for name, status in (
            ("ListQueues", QueryStatus.OK),
            ("ListDenied", QueryStatus.DENIED),
        )
    }
    assert {f.code for f in found.query_results} == {"", "AccessDenied"}
    assert found.expected == 4
    assert caller.forgotten == ["sqs"]


def test_a_global_service_is_queried_once_and_has_no_region() -> None:
    caller = FakeCaller({"s3": {"ListBuckets": lambda *_: ok({"Buckets": [{"Name": "a"}]})}})

    assert run(caller, "s3").statuses() == {(None, "ListBuckets"): QueryStatus.OK}
    assert sum(caller.calls.values()) == 1


def test_an_answer_without_content_is_empty_and_has_no_document() -> None:
    found = run(FakeCaller({"sqs": {"ListQueues": nothing}}), "sqs")

    assert {(f.status, f.response) for f in found.query_results} == {(QueryStatus.EMPTY, None)}


def test_a_throttled_query_is_retried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine_module, "PAUSE", Backoff(first_s=0.01))
    caller = FakeCaller(
        {"sqs": {"ListQueues": lambda r, p, n: queues(r, p, n) if n > 1 else _slow()}}
    )

    found = run(caller, "sqs")

    assert set(found.statuses().values()) == {QueryStatus.OK}
    assert caller.calls["sqs", "us-east-1", "ListQueues"] == 2


@pytest.mark.parametrize(("retry_attempts", "rounds"), [(0, 1), (5, 2)])
def test_a_query_that_stays_throttled_is_recorded_as_throttled(
    monkeypatch: pytest.MonkeyPatch, retry_attempts: int, rounds: int
) -> None:
    monkeypatch.setattr(engine_module, "PAUSE", Backoff(first_s=0.01))
    caller = FakeCaller({"sqs": {"ListQueues": lambda *_: _slow()}})
    sink = Collected()

    NativeEngine(caller, retry_attempts=retry_attempts).run(request_for("sqs"), sink, lambda: False)

    assert set(sink.statuses().values()) == {QueryStatus.THROTTLED}
    assert caller.calls["sqs", "us-east-1", "ListQueues"] == rounds


def _slow() -> Answer:
    return bad(QueryStatus.THROTTLED, "Throttling")


def with_buckets(**children: object) -> FakeCaller:
    def policy(_region: str, parameters: Mapping[str, object], _call: int) -> Answer:
        answer = children.get(str(parameters["Bucket"]))
        return answer if isinstance(answer, Answer) else bad(QueryStatus.EMPTY, "NoSuchPolicy")

    names = [{"Name": name} for name in children]
    return FakeCaller(
        {"s3": {"ListBuckets": lambda *_: ok({"Buckets": names}), "GetBucketPolicy": policy}},
        child_of={
            "GetBucketPolicy": (
                "ListBuckets",
                lambda parent: [{"Bucket": b["Name"]} for b in parent["Buckets"]],  # type: ignore[attr-defined]
            )
        },
    )


def test_details_of_every_resource_are_merged_into_one_document() -> None:
    found = run(with_buckets(a=ok({"Policy": "{}"}), b=None), "s3")

    policies = next(f for f in found.query_results if f.operation == "GetBucketPolicy")
    assert policies.status is QueryStatus.OK
    assert policies.response == {
        "Results": [{"Parameters": {"Bucket": "a"}, "Response": {"Policy": "{}"}}]
    }


def test_one_denied_child_makes_the_merged_answer_truncated() -> None:
    found = run(with_buckets(a=ok({"Policy": "{}"}), b=bad(QueryStatus.DENIED)), "s3")

    assert found.statuses()[None, "GetBucketPolicy"] is QueryStatus.TRUNCATED


def test_children_of_an_empty_parent_are_empty() -> None:
    assert run(with_buckets(), "s3").statuses() == {
        (None, "ListBuckets"): QueryStatus.EMPTY,
        (None, "GetBucketPolicy"): QueryStatus.EMPTY,
    }


def test_children_of_a_denied_parent_are_denied() -> None:
    caller = with_buckets()
    caller.account["s3"]["ListBuckets"] = lambda *_: bad(QueryStatus.DENIED)

    assert set(run(caller, "s3").statuses().values()) == {QueryStatus.DENIED}


def test_all_queries_are_known_once_no_answer_can_add_more() -> None:
    found = run(with_buckets(a=ok({"Policy": "{}"}), b=None), "s3")

    ((_, expected),) = found.known_at
    assert expected == found.expected == len(found.query_results)


def test_all_are_known_only_after_children_with_children_are_answered() -> None:
    caller = with_buckets(a=ok({"Names": ["p"]}))
    caller.account["s3"]["GetOne"] = lambda *_: ok({"One": "1"})
    caller.child_of["GetOne"] = ("GetBucketPolicy", lambda _: [{"Name": "p"}])

    found = run(caller, "s3")

    assert [expected for _, expected in found.known_at] == [3]


def test_all_are_known_only_after_parents_are_answered() -> None:
    found = run(with_buckets(a=ok({"Policy": "{}"})), "s3")

    assert [answered >= 1 for answered, _ in found.known_at] == [True]


def test_without_details_all_queries_are_known_after_every_service_lookup() -> None:
    caller = FakeCaller({"sqs": {"ListQueues": queues}, "sns": {"ListTopics": nothing}})

    found = run(caller, "sqs", "sns", second_wave=False)

    assert [expected for _, expected in found.known_at] == [4]


def test_without_details_children_are_not_queried() -> None:
    assert (None, "GetBucketPolicy") not in run(
        with_buckets(a=ok({"Policy": "{}"})), "s3", second_wave=False
    ).statuses()


def test_expired_credentials_stop_the_scrape() -> None:
    def expired(_region: str, _parameters: Mapping[str, object], _call: int) -> Answer:
        raise ExpiredCredentialsError("they have expired")

    caller = FakeCaller({"sqs": {"ListQueues": queues}, "sns": {"ListTopics": expired}})
    sink = Collected()

    end = NativeEngine(caller, retry_attempts=5).run(request_for("sqs", "sns"), sink, lambda: False)

    assert isinstance(end.problem, ExpiredCredentialsError)
    assert end.return_code == 1


def test_a_cancelled_scrape_ends_soon() -> None:
    stop = threading.Event()

    def respond(_region: str, _parameters: Mapping[str, object], _call: int) -> Answer:
        stop.set()
        return nothing("", {}, 1)

    operations: dict[str, Respond] = {f"List{number}": respond for number in range(200)}
    sink = Collected()

    NativeEngine(FakeCaller({"sqs": operations}), retry_attempts=5).run(
        request_for("sqs"), sink, stop.is_set
    )

    assert len(sink.query_results) < 20


def test_at_most_a_few_requests_run_at_once_for_one_service_in_one_region() -> None:
    busy, peak = 0, 0
    lock = threading.Lock()
    pause = threading.Event()

    def respond(_region: str, _parameters: Mapping[str, object], _call: int) -> Answer:
        nonlocal busy, peak
        with lock:
            busy += 1
            peak = max(peak, busy)
        pause.wait(0.005)
        with lock:
            busy -= 1
        return nothing("", {}, 1)

    caller = FakeCaller({"iam": {f"List{number}": respond for number in range(60)}})
    NativeEngine(caller, retry_attempts=5).run(
        ResolvedRequest(scrape_id="x", services=("iam",), regions=(), workers=32),
        Collected(),
        lambda: False,
    )

    assert 1 < peak <= engine_module.PER_GROUP
