"""Errors as `application/problem+json` (RFC 9457)."""

import logging
import re
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from s3nav.api.shapes import Problem
from s3nav.model.errors import (
    AccessDeniedError,
    CredentialsError,
    NotFoundError,
    S3NavError,
    UnavailableError,
    UsageError,
)

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:s3nav:problem:"

_MUST = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "text",
    "list": "a list",
    "dict": "an object",
    "model": "an object",
    "json": "JSON",
}
"""Words for pydantic's error types, by their first part."""
_PLAIN = {"missing": "is missing", "extra_forbidden": "is not known here"}
_BY_REFERENCE = {"busy": 429, "scrape-running": 409}
_BY_KIND: tuple[tuple[type[S3NavError], int], ...] = (
    (UsageError, 400),
    (NotFoundError, 404),
    # 502 and not 401: AWS rejects the server's credentials, not those of the API's caller.
    (CredentialsError, 502),
    (AccessDeniedError, 502),
    (UnavailableError, 503),
)


def problem(
    *, status: int, slug: str, detail: str, path: str, errors: list[dict[str, object]] | None = None
) -> JSONResponse:
    """Build the response of one problem."""
    body = Problem(
        type=TYPE + slug,
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=path,
        errors=errors or [],
    )
    return JSONResponse(body.model_dump(), status_code=status, media_type=MEDIA_TYPE)


def documented(*statuses: int) -> dict[int | str, dict[str, object]]:
    """Return the OpenAPI entries of these statuses."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": schema}},
        }
        for status in statuses
    }


def handle_errors(app: FastAPI) -> None:
    """Make `app` return every error as a problem."""
    app.add_exception_handler(S3NavError, _own)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _bug)


def _own(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, S3NavError)
    status = _BY_REFERENCE.get(error.reference) or next(
        (status for kind, status in _BY_KIND if isinstance(error, kind)), 500
    )
    detail = f"{error.message}; {error.remedy}" if error.remedy else error.message
    return problem(status=status, slug=error.reference, detail=detail, path=request.url.path)


def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors: list[dict[str, object]] = [
        {
            "where": ".".join(str(part) for part in each["loc"]),
            "what": _plain(each["type"], each["msg"]),
        }
        for each in error.errors()
    ]
    return problem(
        status=422,
        slug="invalid-request",
        detail="the request is invalid",
        path=request.url.path,
        errors=errors,
    )


def _plain(kind: str, message: str) -> str:
    """Describe pydantic's error without the names of Python types."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    must = _MUST.get(kind.partition("_")[0])
    return f"must be {must}" if must else message.replace("Input should", "must")


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    answer = problem(
        status=error.status_code,
        slug=HTTPStatus(error.status_code).phrase.lower().replace(" ", "-"),
        detail=str(error.detail),
        path=request.url.path,
    )
    headers: Mapping[str, str] = error.headers or {}
    answer.headers.update(headers)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        # Each method is a separate route, so Starlette's header names only one of them.
        answer.headers["Allow"] = ", ".join(_allowed(request))
    return answer


def _allowed(request: Request) -> list[str]:
    """Return the methods of a request's path, from the OpenAPI document."""
    found: dict[str, Mapping[str, object]] = request.app.openapi()["paths"]
    for template, methods in found.items():
        pattern = re.sub(r"\\\{[^/]+?\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, request.url.path):
            return sorted(name.upper() for name in methods)
    return []


def _bug(request: Request, error: Exception) -> JSONResponse:
    logger.critical("bug", exc_info=error)
    return problem(
        status=500, slug="bug", detail="a bug in s3nav; its log has more", path=request.url.path
    )
