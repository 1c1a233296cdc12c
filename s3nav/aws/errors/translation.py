"""Translate errors of botocore, S3 and sockets into s3nav's errors, each with a remedy."""

import re
import socket
import ssl
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from s3nav.aws.errors.broken_files import broken_file
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

MAX_REDIRECT_LENGTH = 200
NO_CONTEXT: Mapping[str, str] = MappingProxyType({})


class _Words(dict[str, str]):
    """The fields for a message; an unknown one becomes `…`."""

    def __missing__(self, name: str) -> str:
        return "default" if name == "profile" else "…"


def from_response(
    *, status: int, code: str = "", message: str = "", context: Mapping[str, str] = NO_CONTEXT
) -> S3NavError:
    """The error for an HTTP status and S3's error code, which is empty for a HEAD.

    `context` may name the place of a redirect as `redirect`.
    """
    if context.get("redirect"):
        context = {**context, "redirect": _shown_redirect(context["redirect"])}
    rule = rule_for(
        status=status,
        code=code,
        has_bucket=bool(context.get("bucket")),
        has_key=bool(context.get("key")),
        has_redirect=bool(context.get("redirect")),
    )
    words = _Words({name: value for name, value in context.items() if value})
    words["code"] = code or str(status)
    words["location"] = _location(context)
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
    """The error for an exception of botocore."""
    if isinstance(error, boto.ClientError):
        about = error.response.get("Error", {})
        response = error.response.get("ResponseMetadata", {})
        redirect = response.get("HTTPHeaders", {}).get("location", "")
        facts = {
            **context,
            "request id": str(response.get("RequestId", "")),
            "redirect": str(redirect or about.get("Endpoint", "")),
        }
        return from_response(
            status=int(response.get("HTTPStatusCode", 0)),
            code=str(about.get("Code", "")),
            message=str(about.get("Message", "")),
            context=facts,
        )
    return _from_library(error, context)


def from_transport(error: OSError, *, endpoint: str = "") -> UnavailableError:
    """The error for a failed socket call."""
    context = {"endpoint": endpoint} if endpoint else {}
    if isinstance(error, ssl.SSLCertVerificationError):
        return _untrusted(getattr(error, "verify_message", ""), context)
    if isinstance(error, ssl.SSLError):
        reason = getattr(error, "reason", None) or "no reason given"
        return UnavailableError(
            f"the TLS connection to the endpoint failed ({reason})",
            remedy="if the endpoint uses plain HTTP, write http:// in `--endpoint-url`",
            context=context,
            slug="tls",
        )
    if isinstance(error, socket.gaierror):
        return UnavailableError(
            "the endpoint's name cannot be resolved",
            remedy="check the spelling of `--endpoint-url` and `--region`, and the network",
            context=context,
            slug="unknown-host",
        )
    if isinstance(error, TimeoutError):
        return _unreachable("it did not respond in time", context)
    return _unreachable(error.strerror or type(error).__name__, context)


def stalled(silence_s: float) -> UnavailableError:
    """The error for an endpoint that sent nothing for `silence_s` seconds."""
    return UnavailableError(
        f"the endpoint was silent for {silence_s:g} s",
        remedy=f"try again; `S3NAV_READ_TIMEOUT_S={3 * silence_s:g}` waits longer",
        slug="stalled",
    )


def ended_early() -> UnavailableError:
    """The error for a connection that was closed in the middle of a response."""
    return UnavailableError(
        "the connection was closed in the middle of a response",
        remedy="try again; if it happens again, look for a proxy or firewall that cuts connections",
        slug="truncated",
    )


def malformed(what: str) -> UnavailableError:
    """The error for a response that is not valid HTTP; `what` completes the message."""
    return UnavailableError(
        f"the endpoint sent an invalid response: {what}",
        remedy="check that `--endpoint-url` names an S3 endpoint, not a web page or a proxy",
        slug="bad-answer",
    )


def _shown_redirect(redirect: str) -> str:
    """Where a redirect leads, short and without its query, which may hold tokens."""
    place = re.split(r"[?#]", redirect, maxsplit=1)[0]
    scheme, separator, rest = place.rpartition("://")
    host, slash, path = rest.partition("/")
    shown = f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}"
    return "".join(char if char.isprintable() else "?" for char in shown)[:MAX_REDIRECT_LENGTH]


def _location(context: Mapping[str, str]) -> str:
    if not context.get("bucket"):
        return "the list of buckets"
    location = f"s3://{context['bucket']}"
    return f"{location}/{context['key']}" if context.get("key") else location


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
        reason = "it did not respond in time" if slow else "the connection failed"
        return _unreachable(reason, context)
    if isinstance(error, boto.ParamValidationError | boto.InvalidRegionError | ValueError):
        return UsageError(_one_line(error), slug="bad-request")
    if isinstance(error, boto.ConfigParseError):
        return broken_file(error)
    # Everything else that botocore raises before a request concerns credentials.
    return CredentialsError(
        f"cannot get the credentials of profile `{profile}`: {_one_line(error)}",
        remedy="`s3nav --headless profiles list` shows what each profile lacks",
    )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _untrusted(reason: str, context: Mapping[str, str]) -> UnavailableError:
    detail = f" ({reason})" if reason else ""
    return UnavailableError(
        f"the endpoint's certificate is not trusted{detail}",
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
