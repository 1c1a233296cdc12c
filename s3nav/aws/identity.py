"""Ask who the credentials belong to before any work starts."""

import contextlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from s3nav.aws.clients import deadlines_of, make_sts, trust_of
from s3nav.aws.credentials import ANONYMOUS, LiveLogin, Login, find_login
from s3nav.aws.errors import from_botocore
from s3nav.aws.http import Deadlines, HttpClient, Requester, malformed
from s3nav.aws.s3 import BucketEndpoints, list_buckets
from s3nav.model.deferred import Deferred
from s3nav.model.errors import AccessDeniedError, CredentialsError, S3NavError
from s3nav.persistence import Directories
from s3nav.settings import Settings

if TYPE_CHECKING:
    from botocore import exceptions as boto
    from botocore import parsers
else:
    boto = Deferred("botocore.exceptions")
    parsers = Deferred("botocore.parsers")

CONNECT_LIMIT_S = 3.0
READ_LIMIT_S = 4.0
"""Silence at both STS and S3 must end within 10 s."""


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who S3 takes us for."""

    arn: str
    """Empty when the endpoint cannot tell."""
    account: str
    source: str
    """Where the credentials come from."""
    expires_at: datetime | None = None
    """Aware, UTC; None for credentials that do not expire."""
    buckets_listable: bool | None = None
    """None when it was not asked."""


def check_identity(settings: Settings, directories: Directories) -> Identity:
    """Ask STS, or S3 itself where there is no STS; at most about 10 s for a dead endpoint.

    Raises CredentialsError and UnavailableError with the exact remedy.
    """
    login = find_login(settings, directories)
    if login.freeze() is None:
        return Identity(arn="", account="", source=ANONYMOUS, buckets_listable=False)
    places = BucketEndpoints(settings, login)  # refuses an odd endpoint before botocore sees it
    trust = trust_of(settings, login)
    usual = deadlines_of(settings)
    deadlines = Deadlines(
        connect_s=min(usual.connect_s, CONNECT_LIMIT_S), read_s=min(usual.read_s, READ_LIMIT_S)
    )
    try:
        return _ask_sts(settings, login, deadlines)
    except S3NavError as error:
        if _is_final(error, is_custom=bool(settings.endpoint_url)):
            raise
    wire = HttpClient(deadlines=deadlines, trust=trust)
    return _ask_s3(
        Requester(http_client=wire, login=LiveLogin(login, lambda: login), endpoints=places),
        wire,
        login,
    )


def _is_final(error: S3NavError, *, is_custom: bool) -> bool:
    """True when asking S3 as well could not change the verdict."""
    if is_custom:
        # One server answers for both: when it is dead, it is dead for S3 too.
        return error.reference in {"unreachable", "tls"}
    return isinstance(error, CredentialsError)


def _ask_sts(settings: Settings, login: Login, deadlines: Deadlines) -> Identity:
    context = {"profile": login.profile, "endpoint": settings.endpoint_url or ""}
    try:
        with contextlib.closing(make_sts(settings, login, deadlines)) as client:
            answer = client.get_caller_identity()
    except (boto.BotoCoreError, boto.ClientError) as error:
        raise from_botocore(error, context=context) from error
    except (KeyError, parsers.ResponseParserError) as error:
        # So botocore greets a web page where it expects STS.
        raise malformed("it is not STS") from error
    return Identity(
        arn=answer["Arn"],
        account=answer["Account"],
        source=login.source,
        expires_at=_expiry(login),
    )


def _ask_s3(requester: Requester, wire: HttpClient, login: Login) -> Identity:
    try:
        list_buckets(requester)
        is_listable = True
    except AccessDeniedError:
        is_listable = False
    finally:
        wire.close()
    return Identity(
        arn="",
        account="",
        source=login.source,
        expires_at=_expiry(login),
        buckets_listable=is_listable,
    )


def _expiry(login: Login) -> datetime | None:
    # botocore tells nobody when refreshable credentials end, but by this attribute.
    moment = getattr(login.credentials, "_expiry_time", None)
    return moment.astimezone(UTC) if isinstance(moment, datetime) else None
