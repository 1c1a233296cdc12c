"""Scrapes: both engines against one moto in turns, then ingest, compare and search in SQLite.

    python -m tests.benchmarks.bench_scrape [--engines DIR] [--rounds N]

DIR is a virtual environment with aws-list-all (`s3nav --headless scrape engine install`); without
it the engines are left out.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from msgspec.structs import replace

from s3nav.model.scrape_queries import QueryStatus
from s3nav.scrape import ScrapeRecord, SqliteStore, Where
from s3nav.scrape.compare_scrapes import compare
from s3nav.scrape.recorder import Recorder
from s3nav.scrape.resources.ingest import EntryBuilder, QueryResult
from tests.support.moto_server import moto_server

SERVICES = (
    *("dynamodb", "ec2", "iam", "kms", "lambda", "logs", "route53", "s3", "secretsmanager"),
    *("sns", "sqs"),
)
ROOT = Path(__file__).parents[2]
DOCUMENTS = 6_000
RESOURCES = 100_000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--engines", type=Path)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    if options.engines:
        engines(options.engines, options.rounds)
    with tempfile.TemporaryDirectory() as home:
        ingest(Path(home))
        compare_and_search(Path(home))


def engines(environment: Path, rounds: int) -> None:
    with moto_server(seeded=True) as server, tempfile.TemporaryDirectory() as home:
        flags = server.settings_flags
        region = str(flags["region"])
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "PYTHONPATH": str(ROOT),
            "AWS_ACCESS_KEY_ID": str(flags["access_key"]),
            "AWS_SECRET_ACCESS_KEY": str(flags["secret_key"]),
            "AWS_DEFAULT_REGION": region,
            "AWS_ENDPOINT_URL": str(flags["endpoint_url"]),
        }
        ours = [
            *(sys.executable, "-m", "s3nav", "--headless", "--data-dir", f"{home}/data"),
            *("--endpoint-url", variables["AWS_ENDPOINT_URL"], "--output", "json"),
            *("scrape", "run", "--services", ",".join(SERVICES), "--regions", region),
        ]
        theirs = [str(environment / "bin" / "aws-list-all"), "query", "--region", region]
        for service in SERVICES:
            theirs += ["--service", service]
        theirs += ["--directory", f"{home}/files"]
        Path(home, "files").mkdir()
        commands = {
            "native": [*ours, "--no-details"],
            "native, with details of each thing": ours,
            "aws-list-all": theirs,
        }
        runs: dict[str, list[tuple[float, float, int]]] = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                runs[name].append(_measured(command, variables))
        for name, found in runs.items():
            wall, cpu, memory = (median(values) for values in zip(*found, strict=True))
            print(f"{name}: {wall:.1f} s, {cpu:.1f} CPU s, {memory:.0f} MB")
        native, other = (
            [median(values) for values in zip(*runs[name], strict=True)]
            for name in ("native", "aws-list-all")
        )
        print(f"faster: {other[0] / native[0]:.1f} x; memory: {native[2] / other[2]:.2f} of theirs")


def _measured(command: list[str], variables: dict[str, str]) -> tuple[float, float, int]:
    """Wall seconds, CPU seconds and the most memory in MB."""
    started = time.perf_counter()
    child = subprocess.Popen(
        command, cwd=ROOT, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, command
    wall = time.perf_counter() - started
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024


def ingest(home: Path) -> None:
    store = SqliteStore(home / "ingest.sqlite3")
    record = _record("scrape_ingest")
    store.save_scrape(record)
    texts = [json.dumps(_response(number)) for number in range(DOCUMENTS)]
    cpu, started = time.process_time(), time.perf_counter()
    recorder = Recorder(store, record, lambda _event: None)
    for number, text in enumerate(texts):
        recorder.found(
            QueryResult(
                service="apprunner",
                region="us-east-1",
                operation=f"List{number}",
                status=QueryStatus.OK,
                response=json.loads(text),
            )
        )
    recorder.close()
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    print(f"ingest: {DOCUMENTS / wall:,.0f} documents/s, {DOCUMENTS / cpu:,.0f} per CPU second")
    store.close()


def _response(number: int) -> dict[str, object]:
    """The sample of the design, with a name of its own."""
    arn = f"arn:aws:apprunner:us-east-1:571600832589:observabilityconfiguration/{number:032d}"
    return {
        "ObservabilityConfigurationSummaryList": [
            {
                "ObservabilityConfigurationArn": arn,
                "ObservabilityConfigurationName": f"Configuration{number}",
                "ObservabilityConfigurationRevision": 1,
            }
        ],
        "ResponseMetadata": {
            "RequestId": f"4a9e7039-{number}",
            "HTTPStatusCode": 200,
            "HTTPHeaders": {"content-type": "application/x-amz-json-1.0", "content-length": "298"},
            "RetryAttempts": 0,
        },
    }


def compare_and_search(home: Path) -> None:
    store = SqliteStore(home / "compare.sqlite3")
    older, newer = _record("scrape_older"), _record("scrape_newer")
    for record, is_newer in ((older, False), (newer, True)):
        store.save_scrape(record)
        entry_builder = EntryBuilder(record)
        for query_result in _instances(is_newer=is_newer):
            store.add([entry_builder.entry(query_result)])
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        compare(store, older, newer, Where(), limit=1000)
        seconds.append(time.perf_counter() - started)
    found = compare(store, older, newer, Where(), limit=1000)
    printed = f"+{found.added} -{found.removed} ~{found.changed} ={found.same}"
    print(f"compare {RESOURCES:,} with {RESOURCES:,} ({printed}): {median(seconds):.2f} s")
    for words in (["i-0000c350"], ["web-7"], ["prod"], ["web", "prod"], ["nothing"]):
        started = time.perf_counter()
        hits = store.search(words, scrape_id=newer.scrape_id, limit=100)
        spent = (time.perf_counter() - started) * 1000
        print(f"search {' '.join(words)!r}: {len(hits)} found in {spent:.1f} ms")
    store.close()


def _instances(*, is_newer: bool) -> Iterator[QueryResult]:
    """A thousand in each of many regions; in the newer scrape one of a hundred is another one."""
    for page in range(RESOURCES // 1000):
        numbers: Iterable[int] = range(page * 1000, (page + 1) * 1000)
        if is_newer:
            numbers = [n + RESOURCES if n % 100 == 0 else n for n in numbers]
        instances = [
            {
                "InstanceId": f"i-{number:08x}",
                "InstanceType": "t3.large" if is_newer and number % 500 == 1 else "t3.micro",
                "State": {"Code": 16, "Name": "running"},
                "SubnetId": f"subnet-{number % 50:08x}",
                "Tags": [
                    {"Key": "Name", "Value": f"web-{number}"},
                    {"Key": "env", "Value": "prod"},
                ],
            }
            for number in numbers
        ]
        yield QueryResult(
            service="ec2",
            region=f"region-{page}",
            operation="DescribeInstances",
            status=QueryStatus.OK,
            response={"Reservations": [{"Instances": instances}]},
        )


def _record(name: str) -> ScrapeRecord:
    moment = datetime.now(UTC)
    record = ScrapeRecord(
        scrape_id=name, start_time=moment, created_at=moment, updated_at=moment, success=True
    )
    return replace(record, documents=RESOURCES // 1000)


if __name__ == "__main__":
    main()
