"""Make boto3 clients for writes to S3; imported at the first write."""

from typing import TYPE_CHECKING

import boto3.session
from botocore import UNSIGNED
from botocore.auth import AUTH_TYPE_MAPS, S3SigV4Auth
from botocore.config import Config

from s3nav.aws.credentials import Login
from s3nav.aws.s3 import addressing_of, configured_endpoint_url, deadlines_of
from s3nav.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class ClientMaker:
    """Makes a client for each region with one login."""

    def __init__(self, settings: Settings, login: Login) -> None:
        self._settings = settings
        self._is_anonymous = login.credentials is None
        # boto3 accepts a botocore session only once, so all clients share one boto3 session.
        login.freeze()  # raises CredentialsError for keys that cannot be sent
        botocore_session = login.open_session()
        self._session = boto3.session.Session(botocore_session=botocore_session)
        self._endpoint_url = configured_endpoint_url(settings, lambda: botocore_session)
        wanted = botocore_session.get_config_variable("request_checksum_calculation")
        self.may_check = wanted != "when_required"
        """False when the AWS configuration allows only the checksums that S3 requires."""

    def make(self, *, region: str, connections: int) -> "S3Client":
        """A client for one region; close it when done.

        It retries in botocore's standard mode: full jitter, and a retry budget for each client.
        """
        settings, deadlines = self._settings, deadlines_of(self._settings)
        style = addressing_of(settings)
        # The CRT prints a traceback when it hashes the body of an upload that is stopped meanwhile:
        # that of s3transfer raises then. botocore's own signer passes the error on.
        AUTH_TYPE_MAPS["s3v4"] = S3SigV4Auth
        config = Config(
            connect_timeout=deadlines.connect_s,
            read_timeout=deadlines.read_s,
            retries={"total_max_attempts": settings.retry_attempts + 1, "mode": "standard"},
            max_pool_connections=connections,
            s3={"addressing_style": style} if style else {},
        )
        if self._is_anonymous:
            config = config.merge(Config(signature_version=UNSIGNED))
        return self._session.client(
            "s3",
            region_name=region,
            endpoint_url=self._endpoint_url,
            verify=settings.ca_bundle if settings.verify_ssl else False,
            config=config,
        )
