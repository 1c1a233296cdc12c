"""Requests on their way to moto: what moto does not have is answered here, at once.

moto's own dispatcher looks for a service among 190 patterns at every request, holds one lock while
a service is loaded, keeps the models of all services, and fails with a traceback where an operation
is missing. A scrape of all services asks thousands of such questions, and would load everything.
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
"""Models of services that moto may hold; one is up to 30 MB. It loads again what it needs again."""

SERVICES = frozenset(
    {
        *("acm", "athena", "autoscaling", "cloudformation", "cloudfront"),
        *("cloudtrail", "cloudwatch", "cognitoidp", "dynamodb", "dynamodbstreams", "ec2"),
        *("ecr", "ecs", "efs", "eks", "elasticache", "elb", "elbv2", "events", "firehose"),
        *("iam", "kinesis", "kms", "awslambda", "logs", "rds", "route53", "s3"),
        *("secretsmanager", "sns", "sqs", "ssm", "stepfunctions", "sts"),
    }
)
"""What the demo's account offers, by moto's modules. All 165 of them take 470 MB when loaded."""

NOT_IMPLEMENTED = "501 Not Implemented"
FAILED = "500 Internal Server Error"

Headers = list[tuple[str, str]]
StartResponse = Callable[[str, Headers], object]


class BodySignedRequest(IAMRequest):
    """moto takes the parameters for the body of a request that has none, and finds it forged."""

    def _create_aws_request(self) -> AWSRequest:
        request = super()._create_aws_request()
        if self._method != "POST":  # whose parameters are its body, once Flask has read them
            request.data = self._body
        return request


class MotoFront(DomainDispatcherApplication):
    """A WSGI application: moto, and 501 for the services and operations it does not have."""

    def __init__(self) -> None:
        super().__init__(create_backend_app)
        Loader.FILE_LOADER_CLASS = LeanFiles
        access_control.IAMRequest = BodySignedRequest  # type: ignore[misc]  # looked up by name
        self._backends: dict[str, str | None] = {}
        self._warm: set[str] = set()
        """Whose model and routes are in memory."""
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
        except Exception:  # noqa: BLE001  # a main: moto's bugs are answers of a server
            traceback.print_exc()
            return _bare(FAILED, start_response)
        if backend != "s3" and _is_unknown_path(status, headers):
            return _bare(NOT_IMPLEMENTED, start_response)
        start_response(status, headers)
        return body

    def _backend(self, environ: dict[str, Any]) -> str | None:
        """Whom a request is for, by moto's name; None when the demo does not have it."""
        host = self.infer_service_region_host(environ, environ.get("PATH_INFO", ""))
        host = host or "s3.us-east-1.amazonaws.com"  # unsigned: a presigned URL, or nobody
        if host not in self._backends:
            self._backends[host] = self.get_backend_for_host(host)
        backend = self._backends[host]
        # moto takes every service whose name begins with s3 for S3.
        if backend not in SERVICES or (backend == "s3" and not host.startswith("s3.")):
            return None
        return backend

    def _ask(self, backend: str, environ: dict[str, Any], keep: Any) -> Iterable[bytes]:
        if backend in self._warm:
            return self.app_instances[backend](environ, keep)
        # Else every thread would read the same model and compile the same routes for itself.
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
    """In place of WSGI's old `write`, which Flask does not call."""


def _is_unknown_path(status: str, headers: Headers) -> bool:
    """True for Flask's own 404 pages, and for moto's 404 with nothing in it."""
    if not status.startswith("404"):
        return False
    given = {name.lower(): value for name, value in headers}
    return given.get("content-type", "").startswith("text/html") or (
        given.get("content-length") == "0"
    )


def _bare(status: str, start_response: StartResponse) -> Iterable[bytes]:
    """An answer without a body; botocore reads the code from the status, for every protocol."""
    start_response(status, [("Content-Length", "0")])
    return [b""]
