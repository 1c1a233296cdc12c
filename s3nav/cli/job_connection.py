"""Connect a command about one job to the S3 that the job was planned for."""

from s3nav.cli.program import CommandLine
from s3nav.model.errors import UsageError
from s3nav.model.places import DEMO, S3Connection
from s3nav.transfer import JobRecord

_CREDENTIALS = frozenset({"profile", "access_key", "secret_key", "session_token", "anonymous"})
_IGNORING = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true"
"""Put before a command, it leaves out the endpoints of the environment and of profiles."""


def connect_to_job(line: CommandLine, job: JobRecord, action: str) -> None:
    """Use the job's endpoint, region and profile, unless typed; `action` is as in ``resume``.

    Raises UsageError when the typed connection leads to another S3, or the job's S3 cannot be
    reached from here.
    """
    session, known = line.session, job.connection
    here = session.connection()
    if known is None:
        report_unknown(line, job)
        return
    is_chosen = line.demo or "endpoint_url" in line.flags or known.endpoint == DEMO
    if "profile" in line.flags and here.endpoint:
        is_chosen |= not here.same_s3(known)  # the typed profile has an endpoint of its own
    if not is_chosen:
        session.use_connection(_merged(line, known))
    if not session.connection().same_s3(known):
        raise _other_s3(line, job, action, is_chosen=is_chosen)
    if not here.same_s3(known):
        line.narration.say(f"using {known.shown}, where `{job.job_id}` was planned")
    if not is_chosen and known.endpoint:
        line.flags.setdefault("endpoint_url", known.endpoint)  # for the commands in hints


def report_unknown(line: CommandLine, job: JobRecord) -> None:
    """Say so when it is not known which S3 a job is of."""
    if job.connection is None:
        line.narration.say(
            f"using {line.session.connection().shown}: an earlier s3nav planned `{job.job_id}` "
            "and did not record its S3"
        )


def _merged(line: CommandLine, known: S3Connection) -> S3Connection:
    """The job's connection, with what was typed."""
    settings = line.session.settings
    has_credentials = not _CREDENTIALS.isdisjoint(line.flags)
    return S3Connection(
        endpoint=known.endpoint,
        region=(settings.region if "region" in line.flags else known.region) or "",
        profile="" if has_credentials else known.profile,
        anonymous=known.anonymous and not has_credentials,
        path_style=settings.path_style if "path_style" in line.flags else known.path_style,
    )


def _other_s3(line: CommandLine, job: JobRecord, action: str, *, is_chosen: bool) -> UsageError:
    known = job.connection or S3Connection()
    demo = known.options if known.endpoint == DEMO else ()
    command = line.unconnected(*demo, "jobs", action, job.job_id)
    if not is_chosen:
        command = f"{_IGNORING} {command}"
    return UsageError(
        f"job `{job.job_id}` is of {known.shown}, not of {line.session.connection().shown}",
        remedy=f"run `{command}`",
        slug="other-s3",
    )
