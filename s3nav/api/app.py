"""The FastAPI application: all endpoints, the token check and the OpenAPI document."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from starlette.middleware.trustedhost import TrustedHostMiddleware

from s3nav import __version__
from s3nav.api.bounds import MAX_BODY_BYTES, BoundedRequests
from s3nav.api.problems import documented, handle_errors, problem
from s3nav.api.routes import resource_routes, scrape_routes, stat_routes
from s3nav.api.shapes import Problem
from s3nav.scrape import Scrapes

_BEARER = "bearer"


def create_app(scrapes: Scrapes, *, token: str | None, hosts: tuple[str, ...] = ()) -> FastAPI:
    """Create the API over `scrapes`; with a token, every endpoint requires it.

    `hosts` are the accepted Host headers, which stops DNS rebinding by web pages; empty for any.
    """
    app = FastAPI(
        title="s3nav scrapes",
        version=__version__,
        docs_url=None,  # the documentation pages load scripts from other hosts
        redoc_url=None,
        responses=documented(408, 413, 422, 503, *((401,) if token else ())),
    )
    routes = APIRouter(prefix="/api")
    for part in (scrape_routes(scrapes), resource_routes(scrapes), stat_routes(scrapes)):
        routes.include_router(part)
    app.include_router(routes)
    handle_errors(app)
    app.middleware("http")(_guard(token))
    app.add_middleware(BoundedRequests)
    if hosts:
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    app.openapi = lambda: _document(app, with_token=bool(token))  # type: ignore[method-assign]
    return app


def _guard(
    token: str | None,
) -> Callable[[Request, Callable[[Request], Awaitable[Response]]], Awaitable[Response]]:
    """Refuse requests without the token and requests with a large body."""

    async def guard(
        request: Request, following: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        path = request.url.path
        if token and path.startswith("/api") and not _presents(request, token):
            answer = problem(
                status=401, slug="no-token", detail="the token is missing or wrong", path=path
            )
            answer.headers["WWW-Authenticate"] = "Bearer"
            return answer
        length = request.headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            return problem(status=413, slug="too-large", detail="the body is too large", path=path)
        return await following(request)

    return guard


def _presents(request: Request, token: str) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    # As bytes: `compare_digest` accepts only ASCII text.
    return scheme.lower() == _BEARER and secrets.compare_digest(given.encode(), token.encode())


def _document(app: FastAPI, *, with_token: bool) -> dict[str, Any]:
    if app.openapi_schema is None:
        found = get_openapi(title=app.title, version=app.version, routes=app.routes)
        components = found.setdefault("components", {})
        schemas = components.setdefault("schemas", {})
        schemas["Problem"] = Problem.model_json_schema(mode="serialization")
        if with_token:
            components["securitySchemes"] = {_BEARER: {"type": "http", "scheme": _BEARER}}
            found["security"] = [{_BEARER: []}]
        app.openapi_schema = found
    return app.openapi_schema
