"""The REST API of scrapes, the third front end (extra `api`)."""

from s3nav.api.app import create_app
from s3nav.api.serving import ServePlace, serve

__all__ = ["ServePlace", "create_app", "serve"]
