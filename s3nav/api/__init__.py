"""Face 3: the REST API of scrapes (extra `api`)."""

from s3nav.api.app import create_app
from s3nav.api.serving import ServePlace, serve

__all__ = ["ServePlace", "create_app", "serve"]
