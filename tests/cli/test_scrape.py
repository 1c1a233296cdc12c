"""``scrape``: run, look, compare, hand on, forget; by the command line alone."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from s3nav.model.errors import CredentialsError
from s3nav.model.scrape_queries import Answer, QueryStatus
from tests.support.command_line import Shell
from tests.support.fake_caller import FakeCaller, bad, ok

SAMPLES = Path(__file__).parents[1] / "data" / "scrape" / "aws-list-all"


def _topics(region: str, _parameters: Mapping[str, object], _call: int) -> Answer:
    return ok({"Topics": [{"TopicArn": f"arn:aws:sns:{region}:1:alarms"}]})


@pytest.fixture
def account(shell: Shell) -> FakeCaller:
    """Queues and buckets; one operation is denied."""
    shell.caller = FakeCaller(
        {
            "sqs": {"ListQueues": lambda *_: ok({"QueueUrls": []})},
            "sns": {
                "ListTopics": _topics,
                "ListSubscriptions": lambda *_: bad(QueryStatus.DENIED, "AccessDenied"),
            },
            "s3": {"ListBuckets": lambda *_: ok({"Buckets": [{"Name": "road"}, {"Name": "lake"}]})},
        }
    )
    return shell.caller


def scrape(shell: Shell, *arguments: str) -> dict[str, object]:
    ended = shell.headless("scrape", "run", "--output", "json", *arguments)
    assert ended.exit_code == 0, ended.stderr
    result: dict[str, object] = json.loads(ended.stdout)
    return result


def test_run_says_what_became_of_every_query(shell: Shell, account: FakeCaller) -> None:
    result = scrape(shell, "--services", "all", "--regions", "us-east-1,eu-west-1")

    assert result["success"] is True
    assert result["queries"] == {"denied": 2, "empty": 2, "ok": 3}
    assert (result["documents"], result["resources"]) == (3, 4)
    assert str(result["scrape_id"]).startswith("scrape_20")
    assert isinstance(result["duration_seconds"], float)
    assert account.closed


@pytest.mark.parametrize(
    ("arguments", "slug", "hint"),
    [
        (("--services", "sqss"), "unknown-service", "`sqs`"),
        (("--services", "sqs", "--regions", "us-est-1"), "unknown-region", "`us-east-1`"),
        (("--operations", "ListTopic"), "unknown-operation", "`ListTopics`"),
    ],
)
def test_a_name_nobody_knows_stops_it_before_any_call(
    shell: Shell, account: FakeCaller, arguments: tuple[str, ...], slug: str, hint: str
) -> None:
    ended = shell.headless("scrape", "run", *arguments)

    assert ended.exit_code == 2
    assert slug in ended.stderr
    assert hint in ended.stderr
    assert not account.calls
    assert shell.headless("scrape", "list", "--output", "json").stdout == "[]\n"


def test_a_caller_that_aws_does_not_know_leaves_no_scrape(
    shell: Shell, account: FakeCaller
) -> None:
    account.refusal = CredentialsError("S3 does not know this access key id")

    ended = shell.headless("scrape", "run")

    assert ended.exit_code == 3
    assert not account.calls
    assert shell.headless("scrape", "list", "--output", "json").stdout == "[]\n"


def test_a_scrape_that_is_denied_everything_ends_as_denied(shell: Shell) -> None:
    shell.caller = FakeCaller({"sqs": {"ListQueues": lambda *_: bad(QueryStatus.DENIED)}})

    ended = shell.headless("scrape", "run", "--regions", "us-east-1", "--output", "json")

    assert ended.exit_code == 4
    assert json.loads(ended.stdout)["success"] is False


def test_documents_are_told_with_all_their_fields(shell: Shell, account: FakeCaller) -> None:
    scrape(shell)

    ended = shell.headless(
        "scrape", "query", "--scrape-id", "latest", "--region", "us-east-1", "--output", "json"
    )

    (document,) = json.loads(ended.stdout)
    assert (document["service"], document["region"]) == ("sns", "us-east-1")
    assert document["operation"] == "ListTopics"
    assert document["response"]["Topics"][0]["TopicArn"] == "arn:aws:sns:us-east-1:1:alarms"
    assert document["source_filename"] == "sns_ListTopics_us-east-1_None.json"


def test_the_region_of_a_query_does_not_change_the_session(
    shell: Shell, account: FakeCaller
) -> None:
    scrape(shell)
    shell.headless("scrape", "query", "--region", "global")

    assert shell.settings[-1].region is None


def test_resources_are_found_and_listed(shell: Shell, account: FakeCaller) -> None:
    scrape(shell)

    found = json.loads(shell.headless("scrape", "search", "road", "--output", "json").stdout)
    table = shell.headless("scrape", "query", "--scrape-id", "latest", "--resources").stdout

    assert [(r["type"], r["id"]) for r in found] == [("Bucket", "road")]
    assert "arn:aws:sns:eu-west-1:1:alarms" in table


def test_two_scrapes_are_compared_and_what_was_denied_is_unknown(
    shell: Shell, account: FakeCaller
) -> None:
    scrape(shell)
    account.account["s3"]["ListBuckets"] = lambda *_: ok({"Buckets": [{"Name": "lake"}]})
    account.account["sns"]["ListTopics"] = lambda *_: bad(QueryStatus.DENIED, "AccessDenied")
    scrape(shell)

    (told,) = json.loads(shell.headless("scrape", "compare", "--output", "json").stdout)

    assert [(c["change"], c["id"], c["reason"]) for c in told["changes"]] == [
        ("removed", "road", None),
        ("unknown", "arn:aws:sns:eu-west-1:1:alarms", "denied (AccessDenied)"),
        ("unknown", "arn:aws:sns:us-east-1:1:alarms", "denied (AccessDenied)"),
    ]
    assert (told["removed"], told["unknown"], told["same"]) == (1, 2, 1)


def test_comparing_needs_two_scrapes(shell: Shell, account: FakeCaller) -> None:
    assert shell.headless("scrape", "compare").exit_code == 5
    scrape(shell)
    assert shell.headless("scrape", "compare").exit_code == 2


def test_show_tells_each_query_and_why_it_failed(shell: Shell, account: FakeCaller) -> None:
    name = str(scrape(shell)["scrape_id"])

    shown = json.loads(shell.headless("scrape", "show", name, "--output", "json").stdout)

    assert shown["services"] == "all"
    assert shown["account"] == "123456789012"
    assert {q["status"] for q in shown["query_status"]} == {"ok", "denied"}
    assert shell.headless("scrape", "show", "scrape_x").exit_code == 5


def test_a_part_of_a_scrape_and_a_whole_one_are_deleted(shell: Shell, account: FakeCaller) -> None:
    name = str(scrape(shell)["scrape_id"])

    part = shell.headless(
        "scrape", "delete", "--scrape-id", name, "--service", "s3", "--output", "json"
    )
    whole = shell.headless("scrape", "delete", "--scrape-id", name, "--output", "json")

    assert json.loads(part.stdout)["documents_deleted"] == 1
    assert json.loads(whole.stdout)["documents_deleted"] == 2
    assert shell.headless("scrape", "list", "--output", "json").stdout == "[]\n"


def test_a_person_is_asked_before_anything_is_deleted(shell: Shell, account: FakeCaller) -> None:
    name = str(scrape(shell)["scrape_id"])

    ended = shell.run("--headless", "scrape", "delete", "--scrape-id", name, terminal=True)

    assert "delete the scrape? [y/N]" in ended.stderr
    assert json.loads(shell.headless("scrape", "list", "--output", "json").stdout)


def test_statistics_count_scrapes_services_and_days(shell: Shell, account: FakeCaller) -> None:
    scrape(shell)

    totals = json.loads(shell.headless("scrape", "stats", "--output", "json").stdout)
    services = json.loads(
        shell.headless("scrape", "stats", "--by", "service", "--output", "json").stdout
    )
    days = json.loads(shell.headless("scrape", "stats", "--by", "day", "--output", "json").stdout)

    assert totals["total_scrapes"] == totals["successful_scrapes"] == 1
    assert totals["services_discovered"] == ["s3", "sns"]
    assert totals["monitor"]["success_rate"] == 1.0
    assert [(s["name"], s["documents"], s["resources"]) for s in services] == [
        ("s3", 1, 2),
        ("sns", 2, 2),
    ]
    assert days[0]["resources"] == 4


def test_old_scrapes_are_forgotten_when_asked(shell: Shell, account: FakeCaller) -> None:
    scrape(shell)

    kept = shell.headless("scrape", "maintenance", "--cleanup-old-scrapes", "--output", "json")

    assert json.loads(kept.stdout)["scrapes_deleted"] == 0


def test_real_files_of_aws_list_all_are_imported_and_the_broken_one_is_kept_aside(
    shell: Shell,
) -> None:
    ended = shell.headless("scrape", "import", str(SAMPLES), "--output", "json")

    assert ended.exit_code == 9
    assert "TRUNCATED_invalid_json_example.json: JSON decode error" in ended.stderr
    by_documents = sorted(r["documents"] for r in json.loads(ended.stdout))
    assert by_documents == [1, 23]  # one profile is `dev`
    samples = {p.name for p in SAMPLES.glob("*.json")} - {"TRUNCATED_invalid_json_example.json"}
    documents = json.loads(shell.headless("scrape", "query", "--output", "json").stdout)
    assert {d["source_filename"] for d in documents} == samples
    for document in documents:
        sample = json.loads((SAMPLES / document["source_filename"]).read_text())
        assert document["response"] == sample["response"], document["source_filename"]
        assert (document["region"], document["profile"]) == (sample["region"], sample["profile"])
    logs = json.loads(shell.headless("scrape", "logs", "--output", "json").stdout)
    assert "TRUNCATED" in logs[0]["message"]


def test_what_the_output_of_aws_list_all_says_is_imported_too(shell: Shell) -> None:
    shell.headless("scrape", "import", str(SAMPLES))
    records = json.loads(shell.headless("scrape", "list", "--output", "json").stdout)

    queries = max((r["queries"] for r in records), key=lambda q: sum(q.values()))

    assert queries["empty"] == 61 + 5  # five more name what does not exist
    assert queries["unavailable"] > 100
    assert queries["truncated"] == 1  # 50 of 151 log groups


@pytest.mark.parametrize("name", ["all.sqlite3", "all.jsonl", "all.jsonl.gz"])
def test_scrapes_are_handed_on_in_one_file(
    shell: Shell, account: FakeCaller, tmp_path: Path, name: str
) -> None:
    scrape(shell)
    target = tmp_path / name
    assert shell.headless("scrape", "export", str(target), "--all").exit_code == 0
    before = shell.headless("scrape", "query", "--output", "json").stdout

    elsewhere = ("--data-dir", str(tmp_path / "elsewhere"))
    imported = shell.headless("scrape", "import", str(target), *elsewhere)
    again = shell.headless("scrape", "import", str(target), *elsewhere)

    assert imported.exit_code == 0
    assert "is already stored" in again.stderr
    assert shell.headless("scrape", "query", "--output", "json", *elsewhere).stdout == before


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("export", "x.zip", "--all"), 2),
        (("export", "x.sqlite3"), 2),
        (("import", "nowhere"), 2),
        (("delete", "--scrape-id", "scrape_x"), 5),
        (("query", "--scrape-id", "scrape_x"), 5),
    ],
)
def test_what_makes_no_sense_is_refused(
    shell: Shell, account: FakeCaller, arguments: tuple[str, ...], code: int
) -> None:
    assert shell.headless("scrape", *arguments).exit_code == code
