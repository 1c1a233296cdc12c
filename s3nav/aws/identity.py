"""Find out whose credentials these are, with short deadlines."""

import contextlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from s3nav.aws.credentials import ANONYMOUS, LiveLogin, Login, find_login
from s3nav.aws.errors import from_botocore, malformed
from s3nav.aws.http import Deadlines, HttpClient, Requester
from s3nav.aws.s3 import BucketEndpoints, deadlines_of, list_buckets, trust_of
from s3nav.model.errors import AccessDeniedError, CredentialsError, S3NavError
from s3nav.model.lazy_names import Deferred
from s3nav.persistence import Directories
from s3nav.settings import Settings

if TYPE_CHECKING:
    from boto3 import session as boto3_sessions
    from botocore import config, parsers
    from botocore import exceptions as boto
    from mypy_boto3_sts import STSClient
else:
    boto3_sessions = Deferred("boto3.session")
    config = Deferred("botocore.config")
    boto = Deferred("botocore.exceptions")
    parsers = Deferred("botocore.parsers")

CONNECT_LIMIT_S = 3.0
READ_LIMIT_S = 4.0
"""With these limits a check ends within 10 s even if neither STS nor S3 responds."""


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Whose the credentials are."""

    arn: str
    """Empty when the endpoint has no STS."""
    account: str
    source: str
    """Where the credentials come from."""
    expires_at: datetime | None = None
    """Aware, UTC; None for credentials that do not expire."""
    buckets_listable: bool | None = None
    """None when it was not tried."""


def check_identity(settings: Settings, directories: Directories) -> Identity:
    """Ask STS (GetCallerIdentity), or list buckets where there is no STS.

    Takes at most about 10 s for a dead endpoint. Raises CredentialsError and UnavailableError.
    """
    login = find_login(settings, directories)
    if login.freeze() is None:
        return Identity(arn="", account="", source=ANONYMOUS, buckets_listable=False)
    endpoints = BucketEndpoints(settings, login)  # raises UsageError for an invalid URL
    trust = trust_of(settings, login)
    usual = deadlines_of(settings)
    deadlines = Deadlines(
        connect_s=min(usual.connect_s, CONNECT_LIMIT_S), read_s=min(usual.read_s, READ_LIMIT_S)
    )
    try:
        return _ask_sts(settings, login, deadlines)
    except S3NavError as error:
        # A configured endpoint may be that of S3 only, whose keys STS of AWS does not know.
        is_other = endpoints.custom is not None and not settings.endpoint_url
        if not is_other and _is_final(error, is_custom=bool(settings.endpoint_url)):
            raise
    http_client = HttpClient(deadlines=deadlines, trust=trust)
    return _ask_s3(
        Requester(
            http_client=http_client, login=LiveLogin(login, lambda: login), endpoints=endpoints
        ),
        http_client,
        login,
    )


def _is_final(error: S3NavError, *, is_custom: bool) -> bool:
    """Whether S3 would fail with the same error as STS, and need not be tried."""
    if is_custom:
        # One server answers for both, so an unreachable STS means an unreachable S3.
        return error.reference in {"unreachable", "tls"}
    return isinstance(error, CredentialsError)


def _ask_sts(settings: Settings, login: Login, deadlines: Deadlines) -> Identity:
    context = {"profile": login.profile, "endpoint": settings.endpoint_url or ""}
    try:
        with contextlib.closing(_make_sts(settings, login, deadlines)) as client:
            response = client.get_caller_identity()
            arn, account = str(response["Arn"]), str(response["Account"])
    except (boto.BotoCoreError, boto.ClientError) as error:
        raise from_botocore(error, context=context) from error
    except (LookupError, TypeError, AttributeError, parsers.ResponseParserError) as error:
        # botocore raises these when it receives a web page instead of an STS response.
        raise malformed("it is not from STS") from error
    return Identity(
        arn=arn,
        account=account,
        source=login.source,
        expires_at=_expiry(login),
    )


def _make_sts(settings: Settings, login: Login, deadlines: Deadlines) -> "STSClient":
    """A boto3 client for STS that does not retry; close it when done."""
    session = boto3_sessions.Session(botocore_session=login.open_session())
    return session.client(
        "sts",
        region_name=login.region,
        endpoint_url=settings.endpoint_url,
        verify=settings.ca_bundle if settings.verify_ssl else False,
        config=config.Config(
            connect_timeout=deadlines.connect_s,
            read_timeout=deadlines.read_s,
            retries={"total_max_attempts": 1, "mode": "standard"},
        ),
    )


def _ask_s3(requester: Requester, http_client: HttpClient, login: Login) -> Identity:
    try:
        list_buckets(requester)
        is_listable = True
    except AccessDeniedError:
        is_listable = False
    finally:
        http_client.close()
    return Identity(
        arn="",
        account="",
        source=login.source,
        expires_at=_expiry(login),
        buckets_listable=is_listable,
    )


def _expiry(login: Login) -> datetime | None:
    # botocore exposes the expiry of refreshable credentials only through this attribute.
    moment = getattr(login.credentials, "_expiry_time", None)
    return moment.astimezone(UTC) if isinstance(moment, datetime) else None
