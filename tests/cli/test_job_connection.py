"""A job is gone on with at the S3 it was planned for, or refused with a command that works."""

import shlex
from pathlib import Path

import pytest

from s3nav.model.places import S3Uri
from s3nav.persistence import Database
from s3nav.session import Session
from s3nav.settings import Settings
from s3nav.transfer import Selection, Source, UploadFiles
from s3nav.transfer.journal import MIGRATIONS
from tests.support.command_line import Ended, Shell

MINIO = "http://minio.example:9000"
CEPH = "http://ceph.example:8080"


def planned(shell: Shell, *connection: str, upload: Path | None = None) -> str:
    """The id of a job that was planned with these options."""
    found: list[str] = []

    def plan(session: Session) -> None:
        shell.during = lambda _: None
        transfers = session.transfers()
        if upload is not None:
            request = UploadFiles(paths=(str(upload),), to=S3Uri("dev", "up/"))
            found.append(transfers.uploads.plan(request).record.job_id)
        else:
            selection = Selection(sources=(Source(place=S3Uri("dev")),), target=Path("out"))
            found.append(transfers.plan(selection).job_id)

    shell.during = plan
    shell.headless(*connection, "jobs", "list")
    return found[0]


def used(shell: Shell, *words: str) -> tuple[Ended, Settings]:
    """How a command ended, and the settings of the store it used."""
    sessions: list[Session] = []
    shell.during = sessions.append
    ended = shell.headless(*words)
    return ended, sessions[0].settings


def test_the_recorded_endpoint_region_and_profile_are_used(two_buckets: Shell) -> None:
    job_id = planned(
        two_buckets,
        *("--profile", "lab", "--endpoint-url", MINIO, "--region", "eu-x-1", "--path-style"),
    )
    two_buckets.environment = {"S3NAV_PROFILE": "other", "AWS_ENDPOINT_URL": CEPH}

    ended, settings = used(two_buckets, "jobs", "resume", job_id)

    assert ended.exit_code == 0
    assert (settings.endpoint_url, settings.profile) == (MINIO, "lab")
    assert (settings.region, settings.path_style) == ("eu-x-1", True)
    assert f"using {MINIO}, where `{job_id}` was planned" in ended.stderr


def test_what_is_typed_replaces_what_was_recorded(two_buckets: Shell) -> None:
    job_id = planned(two_buckets, "--profile", "lab", "--endpoint-url", MINIO, "--region", "a-b-1")

    ended, settings = used(
        two_buckets, "--profile", "new", "--region", "c-d-1", "jobs", "resume", job_id
    )

    assert ended.exit_code == 0
    assert (settings.endpoint_url, settings.profile, settings.region) == (MINIO, "new", "c-d-1")


def test_a_job_of_aws_is_refused_when_the_environment_leads_elsewhere(two_buckets: Shell) -> None:
    job_id = planned(two_buckets)
    two_buckets.environment = {"AWS_ENDPOINT_URL": CEPH}

    refused = two_buckets.headless("jobs", "resume", job_id)

    assert refused.exit_code == 2
    assert f"job `{job_id}` is of AWS, not of {CEPH}" in refused.stderr
    command = f"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true s3nav --headless jobs resume {job_id}"
    assert f"`{command}`" in refused.stderr
    two_buckets.environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true"
    assert two_buckets.headless(*shlex.split(command)[3:]).exit_code == 0


def test_an_upload_is_not_cancelled_at_another_endpoint(two_buckets: Shell, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"up")
    job_id = planned(
        two_buckets, "--endpoint-url", MINIO, "--allow-write", upload=tmp_path / "file"
    )

    refused = two_buckets.headless("--endpoint-url", CEPH, "jobs", "cancel", job_id)
    cancelled = two_buckets.headless("jobs", "cancel", job_id)

    assert (refused.exit_code, cancelled.exit_code) == (2, 0)
    assert f"`s3nav --headless jobs cancel {job_id}`" in refused.stderr


def test_a_download_is_cancelled_from_anywhere(two_buckets: Shell) -> None:
    job_id = planned(two_buckets, "--endpoint-url", MINIO)

    assert two_buckets.headless("--endpoint-url", CEPH, "jobs", "cancel", job_id).exit_code == 0


def test_a_job_without_a_recorded_s3_is_resumed_with_a_notice(
    two_buckets: Shell, home: Path
) -> None:
    job_id = planned(two_buckets, "--endpoint-url", MINIO, "--data-dir", str(home))
    database = Database(home / "journal.sqlite3", MIGRATIONS)
    database.write(lambda writer: writer.execute("UPDATE jobs SET s3 = NULL, connection = NULL"))
    database.close()

    ended = two_buckets.headless("--data-dir", str(home), "jobs", "resume", job_id)

    assert ended.exit_code == 0
    assert (
        f"using AWS: an earlier s3nav planned `{job_id}` and did not record its S3" in ended.stderr
    )


@pytest.mark.parametrize("typed", [(), ("--endpoint-url", CEPH, "--anonymous")])
def test_the_command_of_a_job_has_its_own_connection(
    two_buckets: Shell, typed: tuple[str, ...]
) -> None:
    job_id = planned(two_buckets, "--profile", "lab", "--endpoint-url", MINIO)

    ended = two_buckets.headless(*typed, "jobs", "command", job_id)

    assert ended.stdout.startswith(
        f"s3nav --headless --profile lab --endpoint-url {MINIO} download s3://dev"
    )


def test_the_command_of_a_job_of_aws_passes_the_endpoint_in_the_settings(
    two_buckets: Shell,
) -> None:
    job_id = planned(two_buckets)
    two_buckets.environment = {"S3NAV_ENDPOINT_URL": MINIO}

    ended = two_buckets.headless("jobs", "command", job_id)

    assert ended.stdout.startswith("s3nav --headless --endpoint-url '' download s3://dev")
