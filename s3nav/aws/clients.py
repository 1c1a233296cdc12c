"""Turn settings into deadlines, trusted certificates and an STS client."""

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from s3nav.aws.credentials import Login
from s3nav.aws.http import Deadlines, Trust
from s3nav.model.errors import UsageError
from s3nav.model.lazy_names import Deferred
from s3nav.settings import Settings

if TYPE_CHECKING:
    from boto3 import session as boto3_sessions
    from botocore import config, httpsession
    from mypy_boto3_sts import STSClient
else:
    boto3_sessions = Deferred("boto3.session")
    config = Deferred("botocore.config")
    httpsession = Deferred("botocore.httpsession")


def make_sts(settings: Settings, login: Login, deadlines: Deadlines) -> "STSClient":
    """A boto3 client for STS that does not retry; close it when done."""
    session = boto3_sessions.Session(botocore_session=login.open_session())
    return session.client(
        "sts",
        region_name=login.region,
        endpoint_url=settings.endpoint_url,
        verify=settings.ca_bundle if settings.verify_ssl else False,
        config=config.Config(
            connect_timeout=deadlines.connect_s,
            read_timeout=deadlines.read_s,
            retries={"total_max_attempts": 1, "mode": "standard"},
        ),
    )


def deadlines_of(settings: Settings) -> Deadlines:
    """The deadlines in the settings."""
    return Deadlines(connect_s=settings.connect_timeout_s, read_s=settings.read_timeout_s)


def trust_of(settings: Settings, login: Login) -> Trust:
    """Trust the certificates that botocore trusts. Raises UsageError for a missing file."""
    if settings.ca_bundle and not Path(settings.ca_bundle).is_file():
        raise UsageError(
            f"the certificate file `{settings.ca_bundle}` does not exist",
            remedy="name a PEM file with `--ca-bundle`",
            slug="bad-ca-bundle",
        )
    if settings.ca_bundle or (settings.endpoint_url or "").startswith("http:"):
        return Trust(verify=settings.verify_ssl, ca_bundle=settings.ca_bundle)
    configured = None
    if not login.is_plain:
        configured = login.open_session().get_config_variable("ca_bundle")
    bundle = str(configured) if configured else _usual_bundle()
    return Trust(verify=settings.verify_ssl, ca_bundle=bundle)


def _usual_bundle() -> str:
    """The file that botocore trusts: certifi's if installed, else its own."""
    for package in ("certifi", "botocore"):
        # Only located, not imported: importing botocore takes a third of a second.
        spec = importlib.util.find_spec(package)
        for directory in (spec.submodule_search_locations or ()) if spec else ():
            bundle = Path(directory) / "cacert.pem"
            if bundle.is_file():
                return str(bundle)
    return str(httpsession.get_cert_path(True))
