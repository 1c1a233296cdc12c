"""Turn what botocore, S3 and sockets say went wrong into s3nav's errors, each with a remedy."""

import socket
import ssl
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from s3nav.aws.errors.error_rules import rule_for
from s3nav.model.errors import (
    CredentialsError,
    ExpiredCredentialsError,
    S3NavError,
    UnavailableError,
    UsageError,
)
from s3nav.model.lazy_names import Deferred

if TYPE_CHECKING:
    from botocore import exceptions as boto
else:
    boto = Deferred("botocore.exceptions")

NO_CONTEXT: Mapping[str, str] = MappingProxyType({})


class _Words(dict[str, str]):
    """What a rule may name; `…` for what is not known."""

    def __missing__(self, name: str) -> str:
        return "default" if name == "profile" else "…"


def from_answer(
    *, status: int, code: str = "", message: str = "", context: Mapping[str, str] = NO_CONTEXT
) -> S3NavError:
    """The error that an HTTP status and S3's error code mean; a HEAD has no code."""
    rule = rule_for(
        status=status,
        code=code,
        names_bucket=bool(context.get("bucket")),
        names_key=bool(context.get("key")),
    )
    words = _Words({name: value for name, value in context.items() if value})
    words["code"] = code or str(status)
    words["place"] = _place(context)
    facts = {**context, "code": code, "status": str(status)}
    if message and rule.slug != "wrong-secret":
        facts["S3 says"] = message
    return rule.kind(
        rule.message.format_map(words),
        remedy=rule.remedy.format_map(words),
        context={name: value for name, value in facts.items() if value and name != "profile"},
        slug=rule.slug,
    )


def from_botocore(
    error: "boto.BotoCoreError | boto.ClientError", *, context: Mapping[str, str] = NO_CONTEXT
) -> S3NavError:
    """The error that an exception of botocore means."""
    if isinstance(error, boto.ClientError):
        about = error.response.get("Error", {})
        answer = error.response.get("ResponseMetadata", {})
        facts = {**context, "request id": str(answer.get("RequestId", ""))}
        return from_answer(
            status=int(answer.get("HTTPStatusCode", 0)),
            code=str(about.get("Code", "")),
            message=str(about.get("Message", "")),
            context=facts,
        )
    return _from_library(error, context)


def from_transport(error: OSError, *, endpoint: str = "") -> UnavailableError:
    """The error that a failed socket call means."""
    context = {"endpoint": endpoint} if endpoint else {}
    if isinstance(error, ssl.SSLCertVerificationError):
        return _untrusted(getattr(error, "verify_message", ""), context)
    if isinstance(error, ssl.SSLError):
        reason = getattr(error, "reason", None) or "no reason given"
        return UnavailableError(
            f"TLS does not work with the endpoint ({reason})",
            remedy="if the endpoint speaks plain HTTP, write http:// in `--endpoint-url`",
            context=context,
            slug="tls",
        )
    if isinstance(error, socket.gaierror):
        return UnavailableError(
            "the endpoint's name cannot be resolved",
            remedy="check `--endpoint-url` and `--region` for typing errors, and the network",
            context=context,
            slug="unknown-host",
        )
    if isinstance(error, TimeoutError):
        return _unreachable("it did not answer in time", context)
    return _unreachable(error.strerror or type(error).__name__, context)


def stalled(silence_s: float) -> UnavailableError:
    """Nothing came for `silence_s`."""
    return UnavailableError(
        f"the endpoint was silent for {silence_s:g} s",
        remedy=f"try again; `S3NAV_READ_TIMEOUT_S={3 * silence_s:g}` waits longer",
        slug="stalled",
    )


def _place(context: Mapping[str, str]) -> str:
    if not context.get("bucket"):
        return "the list of buckets"
    place = f"s3://{context['bucket']}"
    return f"{place}/{context['key']}" if context.get("key") else place


def _from_library(error: "boto.BotoCoreError", context: Mapping[str, str]) -> S3NavError:
    profile = context.get("profile") or "default"
    if isinstance(
        error,
        boto.UnauthorizedSSOTokenError | boto.SSOTokenLoadError | boto.TokenRetrievalError,
    ):
        return ExpiredCredentialsError(
            f"the SSO login of profile `{profile}` is missing or has expired",
            remedy=f"run `aws sso login --profile {profile}`, then try again",
            slug="sso-expired",
        )
    if isinstance(error, boto.SSLError):
        return _untrusted("", context)
    if isinstance(error, boto.HTTPClientError | boto.ConnectionError):
        slow = isinstance(error, boto.ReadTimeoutError | boto.ConnectTimeoutError)
        told = "it did not answer in time" if slow else "nothing answers there"
        return _unreachable(told, context)
    if isinstance(error, boto.ParamValidationError | boto.InvalidRegionError | ValueError):
        return UsageError(_one_line(error), slug="bad-request")
    # What else botocore raises before a request is about credentials and their providers.
    return CredentialsError(
        f"the credentials of profile `{profile}` cannot be had: {_one_line(error)}",
        remedy="`s3nav --headless profiles list` shows what each profile lacks",
    )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _untrusted(reason: str, context: Mapping[str, str]) -> UnavailableError:
    told = f" ({reason})" if reason else ""
    return UnavailableError(
        f"the endpoint's certificate is not trusted{told}",
        remedy="name its authority with `--ca-bundle FILE`, or skip the check: `--no-verify-ssl`",
        context=_endpoint_only(context),
        slug="tls",
    )


def _unreachable(reason: str, context: Mapping[str, str]) -> UnavailableError:
    return UnavailableError(
        f"the endpoint cannot be reached: {reason}",
        remedy="check `--endpoint-url`, the network, and any proxy or firewall between",
        context=_endpoint_only(context),
        slug="unreachable",
    )


def _endpoint_only(context: Mapping[str, str]) -> dict[str, str]:
    return {name: context[name] for name in ("endpoint",) if context.get(name)}
