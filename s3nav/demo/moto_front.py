"""A WSGI front for moto that answers requests for missing services and operations itself.

moto's dispatcher matches 190 patterns for every request, holds one lock while it loads a service,
keeps the models of all services, and fails with a traceback when an operation is missing. A scrape
of all services sends thousands of such requests and would load everything.
"""

import threading
import traceback
from collections.abc import Callable, Iterable
from typing import Any

from botocore.awsrequest import AWSRequest
from botocore.loaders import Loader
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from moto.iam import access_control
from moto.iam.access_control import IAMRequest
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from s3nav.aws import LeanFiles

MODELS_KEPT = 6
"""Service models kept in memory, up to 30 MB each; others are loaded again when needed."""

SERVICES = frozenset(
    {
        *("acm", "athena", "autoscaling", "cloudformation", "cloudfront"),
        *("cloudtrail", "cloudwatch", "cognitoidp", "dynamodb", "dynamodbstreams", "ec2"),
        *("ecr", "ecs", "efs", "eks", "elasticache", "elb", "elbv2", "events", "firehose"),
        *("iam", "kinesis", "kms", "awslambda", "logs", "rds", "route53", "s3"),
        *("secretsmanager", "sns", "sqs", "ssm", "stepfunctions", "sts"),
    }
)
"""Services of the demo's account, by moto's module names. All 165 modules would take 470 MB."""

NOT_IMPLEMENTED = "501 Not Implemented"
FAILED = "500 Internal Server Error"

Headers = list[tuple[str, str]]
StartResponse = Callable[[str, Headers], object]


class BodySignedRequest(IAMRequest):
    """Fixes moto's signature check, which takes parameters for the body if there is none."""

    def _create_aws_request(self) -> AWSRequest:
        request = super()._create_aws_request()
        if self._method != "POST":  # a POST's parameters are its body, once Flask has read them
            request.data = self._body
        return request


class MotoFront(DomainDispatcherApplication):
    """A WSGI application: moto, with 501 for services and operations that it does not have."""

    def __init__(self) -> None:
        super().__init__(create_backend_app)
        Loader.FILE_LOADER_CLASS = LeanFiles
        access_control.IAMRequest = BodySignedRequest  # type: ignore[misc]  # looked up by name
        self._backends: dict[str, str | None] = {}
        self._warm: set[str] = set()
        """Services whose model and routes are in memory."""
        self._warming = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        status, headers = "", Headers()

        def keep(given_status: str, given_headers: Headers, *_: object) -> Callable[..., object]:
            nonlocal status, headers
            status, headers = given_status, given_headers
            return _nothing_written

        try:
            backend = self._backend(environ)
            if backend is None:
                return _bare(NOT_IMPLEMENTED, start_response)
            body = self._ask(backend, environ, keep)
        except NotImplementedError:
            return _bare(NOT_IMPLEMENTED, start_response)
        except Exception:  # noqa: BLE001  # like a main: a bug in moto is a 500 response
            traceback.print_exc()
            return _bare(FAILED, start_response)
        if backend != "s3" and _is_unknown_path(status, headers):
            return _bare(NOT_IMPLEMENTED, start_response)
        start_response(status, headers)
        return body

    def _backend(self, environ: dict[str, Any]) -> str | None:
        """Return moto's name of a request's service; None when the demo does not offer it."""
        host = self.infer_service_region_host(environ, environ.get("PATH_INFO", ""))
        host = host or "s3.us-east-1.amazonaws.com"  # no signature: presigned or anonymous
        if host not in self._backends:
            self._backends[host] = self.get_backend_for_host(host)
        backend = self._backends[host]
        # moto treats every service whose name starts with s3 as S3.
        if backend not in SERVICES or (backend == "s3" and not host.startswith("s3.")):
            return None
        return backend

    def _ask(self, backend: str, environ: dict[str, Any], keep: Any) -> Iterable[bytes]:
        if backend in self._warm:
            return self.app_instances[backend](environ, keep)
        # Without the lock every thread would read the same model and compile the same routes.
        with self._warming:
            if len(self._warm) >= MODELS_KEPT:
                self._warm.clear()
                get_service_router.cache_clear()
                get_service_model.cache_clear()
            if backend not in self.app_instances:
                self.app_instances[backend] = self.create_app(
                    backend  # type: ignore[arg-type]  # a closed list, for moto
                )
            try:
                return self.app_instances[backend](environ, keep)
            finally:
                self._warm.add(backend)


def _nothing_written(_body: bytes) -> None:
    """Stands in for WSGI's legacy `write`, which Flask does not call."""


def _is_unknown_path(status: str, headers: Headers) -> bool:
    """True for Flask's own 404 page and for moto's empty 404 response."""
    if not status.startswith("404"):
        return False
    given = {name.lower(): value for name, value in headers}
    return given.get("content-type", "").startswith("text/html") or (
        given.get("content-length") == "0"
    )


def _bare(status: str, start_response: StartResponse) -> Iterable[bytes]:
    """Send a response without a body; botocore then uses the status as code in every protocol."""
    start_response(status, [("Content-Length", "0")])
    return [b""]
