"""Turn the error of one operation into a query status: it does not end the scrape."""

import botocore.exceptions as boto
from botocore.parsers import ResponseParserError
from jmespath.exceptions import JMESPathError

from s3nav.model.scrape_queries import Answer, QueryStatus

_DENIED = (
    "AccessDenied",
    "UnauthorizedOperation",
    "NotAuthorized",
    "Forbidden",
    "AuthorizationError",
)
_THROTTLED = (
    "Throttl",
    "TooManyRequests",
    "RequestLimitExceeded",
    "SlowDown",
    "LimitExceeded",
    "ProvisionedThroughputExceeded",
    "BandwidthLimitExceeded",
    "PriorRequestNotComplete",
)
_OPT_IN = (
    "OptInRequired",
    "SubscriptionRequired",
    "NotSubscribed",
    "UnrecognizedClient",
    "InvalidClientTokenId",
    "AuthFailure",
    "InvalidAccess",
    "NotOptedIn",
    "UninitializedAccount",
    "AWSOrganizationsNotInUse",
    "InvalidSignature",
)
_OPT_IN_TEXTS = ("is not enabled", "not subscribed", "isn't enabled", "not registered", "opt in")
_ABSENT = ("NoSuch", "NotFound", "DoesNotExist", "ReplicationConfigurationNotFound")
_UNAVAILABLE = (
    "ServiceUnavailable",
    "InternalError",
    "InternalFailure",
    "InternalServer",
)
_UNSUPPORTED = (
    "InvalidAction",
    "UnknownOperation",
    "NotImplemented",
    "UnsupportedOperation",
    "Unsupported",
    "OperationNotSupported",
)
UNREADABLE = (
    ResponseParserError,
    JMESPathError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
"""What reading an answer raises that does not have the form of its operation."""
_EXPIRED = ("ExpiredToken", "RequestExpired", "TokenRefreshRequired")


def has_expired(error: boto.ClientError) -> bool:
    """Whether the credentials have expired, so no further call can succeed."""
    return _code(error).startswith(_EXPIRED)


def refused(error: boto.ClientError, *, pages: int, requests: int) -> Answer:
    """The answer for an error that AWS returned."""
    about = error.response.get("Error", {})
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    message = str(about.get("Message", ""))
    return Answer(
        status=_status(_code(error), status, message),
        code=_code(error) or str(status),
        message=message,
        pages=pages,
        requests=requests,
    )


def failed(error: Exception, *, pages: int, requests: int) -> Answer:
    """The answer for an error without a response: before sending, in the network, in parsing."""
    status = QueryStatus.UNAVAILABLE
    message = " ".join(str(error).split())
    if isinstance(error, boto.ParamValidationError | boto.MissingParametersError):
        status = QueryStatus.BAD_PARAMETER
    elif isinstance(error, UNREADABLE) and not isinstance(error, boto.BotoCoreError | ValueError):
        message = f"the answer does not have the form of the operation: {message}"
    return Answer(
        status=status,
        code=type(error).__name__,
        message=message,
        pages=pages,
        requests=requests,
    )


def is_unreachable(error: Exception) -> bool:
    """Whether the endpoint cannot be reached, so another attempt is useless."""
    return isinstance(
        error,
        boto.EndpointConnectionError
        | boto.ConnectTimeoutError
        | boto.EndpointProviderError
        | boto.UnknownEndpointError
        | boto.NoRegionError
        | boto.SSLError,
    )


def _code(error: boto.ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _status(code: str, http: int, message: str) -> QueryStatus:
    for status, words in (
        (QueryStatus.THROTTLED, _THROTTLED),
        (QueryStatus.OPT_IN, _OPT_IN),
        (QueryStatus.UNAVAILABLE, _UNAVAILABLE),
        (QueryStatus.UNSUPPORTED, _UNSUPPORTED),
    ):
        if any(word in code for word in words):
            return status
    if any(text in message for text in _OPT_IN_TEXTS):
        return QueryStatus.OPT_IN
    if any(word in code for word in _DENIED):
        return QueryStatus.DENIED
    if any(word in code for word in _ABSENT):
        return QueryStatus.EMPTY
    return _by_http(http)


def _by_http(http: int) -> QueryStatus:
    if http in {401, 403}:
        return QueryStatus.DENIED
    if http == 429:
        return QueryStatus.THROTTLED
    if http in {405, 501}:
        return QueryStatus.UNSUPPORTED
    if http == 404 or http >= 500 or http == 0:
        return QueryStatus.UNAVAILABLE
    return QueryStatus.BAD_PARAMETER
