"""Every endpoint of the design, with its parameters and shapes."""

import threading
from collections.abc import Mapping

import pytest

from s3nav.api import create_app
from s3nav.model.errors import CredentialsError
from s3nav.model.scrape_queries import Answer
from s3nav.scrape import Scrapes
from tests.support.api_client import TestClient
from tests.support.fake_caller import FakeCaller, ok

PROBLEM = "application/problem+json"

DEADLINE_S = 120.0


def scrape(client: TestClient, scrapes: Scrapes, **wanted: object) -> str:
    answer = client.post("/api/scrapes", json=wanted)
    assert answer.status_code == 202, answer.text
    name = str(answer.json()["scrape_id"])
    assert scrapes.wait(name, DEADLINE_S)
    return name


def test_a_scrape_runs_in_the_background_and_is_shown(client: TestClient, scrapes: Scrapes) -> None:
    name = scrape(client, scrapes, services=["sns", "s3"], regions=["us-east-1"])

    shown = client.get(f"/api/scrapes/{name}").json()

    assert (shown["state"], shown["success"], shown["services"]) == ("done", True, ["sns", "s3"])
    assert shown["queries"] == {"denied": 1, "ok": 2}
    assert shown["total_resources_saved"] == 3


def test_scrapes_are_listed_by_pages(client: TestClient, scrapes: Scrapes) -> None:
    names = [scrape(client, scrapes) for _ in range(3)]

    page = client.get("/api/scrapes", params={"limit": 1, "offset": 1, "success": True}).json()

    assert (page["total"], page["limit"], page["offset"]) == (3, 1, 1)
    assert page["scrapes"][0]["scrape_id"] in names
    assert client.get("/api/scrapes?success=false").json()["total"] == 0


def test_resources_are_filtered_by_service_region_and_operation(
    client: TestClient, scrapes: Scrapes
) -> None:
    name = scrape(client, scrapes)
    url = f"/api/scrapes/{name}/resources"

    everything = client.get(url).json()
    some = client.get(url, params={"service": "sns", "region": "us-east-1"}).json()

    assert everything["total"] == len(everything["resources"]) == 3
    (only,) = some["resources"]
    assert (only["operation"], only["region"]) == ("ListTopics", "us-east-1")
    assert only["response"] == {"Topics": [{"TopicArn": "arn:aws:sns:us-east-1:1:alarms"}]}
    assert client.get(url, params={"operation": "ListBuckets"}).json()["total"] == 1


def test_resources_are_deleted_and_the_scrape_stays(client: TestClient, scrapes: Scrapes) -> None:
    name = scrape(client, scrapes)
    url = f"/api/scrapes/{name}/resources"

    assert client.delete(url, params={"service": "s3"}).json()["documents_deleted"] == 1
    assert client.delete(url).json() == {"scrape_id": name, "documents_deleted": 2}
    assert client.get(f"/api/scrapes/{name}").status_code == 200


def test_a_scrape_is_deleted_with_all_it_found(client: TestClient, scrapes: Scrapes) -> None:
    name = scrape(client, scrapes)

    assert client.delete(f"/api/scrapes/{name}").json()["documents_deleted"] == 3

    gone = client.get(f"/api/scrapes/{name}")
    assert (gone.status_code, gone.headers["content-type"]) == (404, PROBLEM)
    assert gone.json()["type"] == "urn:s3nav:problem:no-such-scrape"


def test_the_same_operation_is_compared_across_scrapes(
    client: TestClient, scrapes: Scrapes, account: FakeCaller
) -> None:
    older = scrape(client, scrapes)
    account.account["s3"]["ListBuckets"] = lambda *_: ok({"Buckets": [{"Name": "lake"}]})
    newer = scrape(client, scrapes)

    found = client.get("/api/resources/compare?service=s3&operation=ListBuckets&limit=10").json()

    assert [each["scrape_id"] for each in found["resources"]] == [newer, older]
    (step,) = found["comparisons"]
    assert (step["older"], step["newer"], step["removed"]) == (older, newer, 1)
    assert [(c["change"], c["id"]) for c in step["changes"]] == [("removed", "road")]


def test_things_are_found_by_words(client: TestClient, scrapes: Scrapes) -> None:
    scrape(client, scrapes)

    found = client.get("/api/resources/search", params={"q": "road"}).json()["found"]

    assert [(each["type"], each["id"]) for each in found] == [("Bucket", "road")]


def test_statistics_have_the_members_of_the_design(client: TestClient, scrapes: Scrapes) -> None:
    assert client.get("/api/stats").json()["last_scrape"] is None
    scrape(client, scrapes)

    stats = client.get("/api/stats").json()

    assert (stats["total_scrapes"], stats["successful_scrapes"]) == (1, 1)
    assert stats["total_resources"] == 4
    assert stats["services_discovered"] == ["s3", "sns"]
    assert stats["regions_scanned"] == ["eu-west-1", "us-east-1"]
    assert stats["last_scrape"].startswith("20")
    assert stats["monitor"]["success_rate"] == 1.0
    services = client.get("/api/stats/services").json()["shares"]
    assert [(s["name"], s["resources"]) for s in services] == [("s3", 2), ("sns", 2)]
    regions = client.get("/api/stats/regions").json()["shares"]
    assert {s["name"] for s in regions} == {None, "eu-west-1", "us-east-1"}
    (day,) = client.get("/api/stats/timeline?days=30").json()["days"]
    assert (day["scrapes"], day["resources"]) == (1, 4)


@pytest.mark.parametrize(
    ("wanted", "what"),
    [
        ({"services": "some"}, "must be a list"),
        ({"services": [5]}, "must be text"),
        ({"nothing": 1}, "is not known here"),
        ([], "must be an object"),
    ],
)
def test_a_value_that_does_not_fit_is_explained_without_types_of_python(
    client: TestClient, wanted: object, what: str
) -> None:
    answer = client.post("/api/scrapes", json=wanted)

    assert what in [each["what"] for each in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("wanted", "status", "slug"),
    [
        ({"services": ["snss"]}, 400, "unknown-service"),
        ({"services": ["sns"], "regions": ["us-est-1"]}, 400, "unknown-region"),
        ({"services": "some"}, 422, "invalid-request"),
        ({"services": []}, 422, "invalid-request"),
        ({"nothing": 1}, 422, "invalid-request"),
    ],
)
def test_what_makes_no_sense_is_a_problem_and_starts_nothing(
    client: TestClient, account: FakeCaller, wanted: dict[str, object], status: int, slug: str
) -> None:
    answer = client.post("/api/scrapes", json=wanted)

    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    assert answer.json()["type"] == f"urn:s3nav:problem:{slug}"
    assert not account.calls


def test_credentials_that_aws_refuses_are_not_the_clients_fault(
    client: TestClient, account: FakeCaller
) -> None:
    account.refusal = CredentialsError("S3 does not know this access key id")

    assert client.post("/api/scrapes", json={}).status_code == 502


def test_a_running_scrape_is_not_deleted_and_others_wait_their_turn(
    client: TestClient, scrapes: Scrapes, account: FakeCaller
) -> None:
    go = threading.Event()

    def slowly(_region: str, _parameters: Mapping[str, object], _call: int) -> Answer:
        assert go.wait(DEADLINE_S)
        return ok({"Buckets": []})

    account.account["s3"]["ListBuckets"] = slowly
    first, second = (client.post("/api/scrapes", json={}).json()["scrape_id"] for _ in range(2))

    refused = client.delete(f"/api/scrapes/{first}")
    waiting = client.get(f"/api/scrapes/{second}").json()
    go.set()

    assert (refused.status_code, refused.json()["type"]) == (
        409,
        "urn:s3nav:problem:scrape-running",
    )
    assert (waiting["state"], waiting["success"]) == ("queued", None)
    for name in (first, second):
        assert scrapes.wait(name, DEADLINE_S)
        assert client.get(f"/api/scrapes/{name}").json()["state"] == "done"


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic secret", "Bearer sécret"])
def test_without_its_token_nothing_is_shown(scrapes: Scrapes, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header.encode()}
    with TestClient(create_app(scrapes, token="secret")) as client:
        refused = client.get("/api/scrapes", headers=headers)
        found = client.get("/api/scrapes", headers={"Authorization": "Bearer secret"})

    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert refused.headers["content-type"] == PROBLEM
    assert found.status_code == 200


def test_a_name_that_leads_here_from_elsewhere_is_refused(scrapes: Scrapes) -> None:
    app = create_app(scrapes, token=None, hosts=("localhost",))
    with TestClient(app, base_url="http://evil.example") as client:
        assert client.get("/api/scrapes").status_code == 400
    with TestClient(app, base_url="http://localhost") as client:
        assert client.get("/api/scrapes").status_code == 200


def test_the_openapi_document_names_every_endpoint_of_the_design(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]

    assert {(path, method) for path, methods in paths.items() for method in methods} >= {
        ("/api/scrapes", "post"),
        ("/api/scrapes", "get"),
        ("/api/scrapes/{scrape_id}", "get"),
        ("/api/scrapes/{scrape_id}", "delete"),
        ("/api/scrapes/{scrape_id}/resources", "get"),
        ("/api/scrapes/{scrape_id}/resources", "delete"),
        ("/api/resources/compare", "get"),
        ("/api/stats", "get"),
        ("/api/stats/services", "get"),
        ("/api/stats/regions", "get"),
        ("/api/stats/timeline", "get"),
    }
    assert client.get("/api/nothing").headers["content-type"] == PROBLEM
