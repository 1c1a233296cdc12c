"""Every command that docs/migration.md names does what it says."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from s3nav.persistence import Directories
from s3nav.scrape import SqliteStore
from tests.support.command_line import Shell
from tests.support.fake_caller import FakeCaller, ok
from tests.support.price_files import small_list, storage_offer
from tests.support.price_list import PriceList
from tests.support.scrape_entries import entries, instance, instances, record

DOCUMENT = Path(__file__).parents[2] / "docs" / "migration.md"
COMMANDS = re.findall(r"\| `s3nav ([^`]*)` \|$", DOCUMENT.read_text(), re.MULTILINE)
DATASET = re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)[0]
CONFIG = """\
download_dir: "data"
parallel_downloads: 10
overwrite_existing: false
max_file_size_mb: 1000
file_extensions:
  - ".png"
  - ".json"
buckets: ["bucket1"]
prefixes: ["coryell/", "road-distress/"]
retry_attempts: 3
verify_checksums: true
"""


@pytest.fixture
def prices() -> Iterator[PriceList]:
    offer = {"us-east-1": storage_offer(), "us-west-2": storage_offer("USW2-", "us-west-2")}
    with PriceList(small_list(AmazonS3=offer, AmazonEC2=offer)) as served:
        yield served


@pytest.fixture
def furnished(shell: Shell, prices: PriceList, tmp_path: Path, home: Path) -> Shell:
    for bucket in ("bucket1", "bucket2"):
        for key in ("coryell/img/1.png", "images/2.jpg", "road-distress/a.json"):
            shell.store.put(bucket, key, b"12345")
    for head in ("node_fills_by_block", "node_fills", "node_trades"):
        shell.store.put("node-data", f"{head}/hourly/20261101/8.lz4", b"12345")
    (tmp_path / "aws_downloader_config.yaml").write_text(CONFIG)
    shell.environment["S3NAV_PRICING_BASE_URL"] = prices.base_url
    record = {"downloaded_files": ["bucket1/coryell/img/1.png"], "failed_files": []}
    (tmp_path / "download_resume.json").write_text(json.dumps(record))
    (home / "s3nav").mkdir(parents=True)
    shell.caller = FakeCaller(
        {
            "ec2": {"DescribeInstances": lambda *_: ok({"Reservations": []})},
            "s3": {"ListBuckets": lambda *_: ok({"Buckets": [{"Name": "bucket1"}]})},
            "rds": {"DescribeDBInstances": lambda *_: ok({"DBInstances": []})},
        }
    )
    _scrape("scrape_20250808_173531_00000000")
    _scrape("scrape_20250809_173531_f4a5f77d")
    (home / "s3nav/config.toml").write_text(DATASET)
    return shell


def _scrape(name: str) -> None:
    """Two scrapes as the document of the old scraper has them."""
    store = SqliteStore(Directories.of_user().scrapes_file)
    kept = record(name)
    store.save_scrape(kept)
    store.add(entries(kept, instances(instance(1))))
    store.close()


def test_the_document_has_commands() -> None:
    assert len(COMMANDS) > 20


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_document_works(furnished: Shell, command: str, home: Path) -> None:
    if "create-config" in command:
        (home / "s3nav/config.toml").unlink()

    ended = furnished.run(*shlex.split(command))

    assert ended.exit_code == 0, ended.stderr
    if "pricing" in command:
        assert ended.stdout.count(" fetched ") == (1 if "--service" in command else 2)
    elif "download" in command and "estimate" not in command:
        fetched = furnished.store.count("get")
        assert (fetched == 0) is ("--dry-run" in command)


def test_the_same_command_again_fetches_nothing_twice(furnished: Shell) -> None:
    command = ["download", "--config", "aws_downloader_config.yaml", "--output", "json"]

    first, second = (json.loads(furnished.headless(*command).stdout) for _ in range(2))

    assert (first["downloaded"], second["downloaded"], second["skipped"]) == (2, 0, 2)
