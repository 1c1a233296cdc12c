"""Turn settings into how to reach S3: endpoints and regions of buckets, deadlines, certificates.

Host names follow the pages "Virtual hosting of buckets" and "Making requests to Amazon S3 over
IPv6" of the S3 user guide, and the endpoint tables of the AWS general reference.
"""

import importlib.util
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

import msgspec

from s3nav.aws.credentials import ANONYMOUS, Login, is_usual_region
from s3nav.aws.credentials.app_store import StoredKeys, read_own_store
from s3nav.aws.credentials.aws_files import (
    PROFILE_VARIABLES,
    REGION_VARIABLES,
    first_set,
    open_botocore,
    plain_profile,
)
from s3nav.aws.credentials.provider_chain import CHAIN_NAMES
from s3nav.aws.http import BucketEndpoint, Deadlines, Endpoint, Trust
from s3nav.aws.s3.profile_settings import (
    NO_OPTIONS,
    profile_of,
    profile_value,
    s3_options,
    services_of,
)
from s3nav.model.errors import S3NavError, UsageError
from s3nav.model.lazy_names import Deferred
from s3nav.model.places import S3Connection
from s3nav.persistence import Directories
from s3nav.settings import GIVEN_KEYS, Settings

if TYPE_CHECKING:
    from botocore import httpsession, loaders
    from botocore import session as sessions
else:
    httpsession = Deferred("botocore.httpsession")
    loaders = Deferred("botocore.loaders")

_REGION = re.compile(r"[A-Za-z0-9_-]{1,64}")
_BUCKET = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,254}")
_HOST_LABEL = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_HOST_LABELS = re.compile(r"(?=.{3,63}$)[a-z0-9][a-z0-9-]*[a-z0-9](\.[a-z0-9][a-z0-9-]*[a-z0-9])+")
_ACCESS_POINT = re.compile(
    r"arn:aws[a-z-]*:s3:(?P<region>[a-z0-9-]+):(?P<account>[0-9]+):accesspoint/(?P<name>[a-z0-9-]+)"
)
_DIRECTORY_BUCKET = "--x-s3"
_IGNORE_VARIABLE = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
_ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL"


class BucketEndpoints:
    """Remembers the region of each bucket; sends no requests."""

    def __init__(self, settings: Settings, login: Login) -> None:
        self._login = login
        url = configured_endpoint_url(settings, None if login.is_plain else login.open_session)
        self.custom = Endpoint.parse(url) if url else None
        """The endpoint set by the user; None for AWS."""
        self._options = NO_OPTIONS if login.is_plain else s3_options(login.open_session())
        self._path_style = self._prefers_path_style(settings)
        self._regions: dict[str | None, str] = {}
        self._endpoints: dict[str | None, BucketEndpoint] = {}

    def of(self, bucket: str | None) -> BucketEndpoint:
        """The endpoint of `bucket`, as far as known; None stands for S3 itself.

        Raises UsageError when the name is not valid.
        """
        bucket_endpoint = self._endpoints.get(bucket)
        if bucket_endpoint is None:
            bucket_endpoint = self._work_out(bucket, self._regions.get(bucket, self._login.region))
            self._endpoints[bucket] = bucket_endpoint
        return bucket_endpoint

    def known_region(self, bucket: str) -> str | None:
        """The region that S3 named for `bucket`; None when it is not known yet."""
        return self._regions.get(bucket)

    def learn(self, bucket: str | None, region: str) -> bool:
        """Remember the region S3 named; False when it is not valid or not new."""
        if _REGION.fullmatch(region) is None:
            return False
        was = self.of(bucket).region
        self._regions[bucket] = region
        self._endpoints[bucket] = self._work_out(bucket, region)
        return region != was

    def _work_out(self, bucket: str | None, region: str) -> BucketEndpoint:
        if bucket is None:
            return BucketEndpoint.at(self.custom or self._aws_endpoint(region), "", region)
        if bucket.startswith("arn:"):
            return self._access_point(bucket)
        if _BUCKET.fullmatch(bucket) is None:
            raise UsageError(
                f"`{bucket}` is not a valid bucket name",
                remedy="`s3nav --headless buckets` lists those you may see",
                slug="bad-bucket-name",
            )
        if bucket.endswith(_DIRECTORY_BUCKET) and self.custom is None:
            raise UsageError(f"`{bucket}` is a directory bucket, which s3nav cannot read")
        endpoint = self.custom or self._aws_endpoint(region)
        is_label = _HOST_LABEL.fullmatch(bucket) is not None
        if self._options.use_accelerate_endpoint and is_label and self.custom is None:
            dual = ".dualstack" if ".dualstack." in endpoint.host else ""
            host = f"{bucket}.s3-accelerate{dual}.amazonaws.com"
            return BucketEndpoint.at(_with_host(endpoint, host), "", region)
        # A name with a dot does not match the endpoint's wildcard certificate.
        is_host = is_label or (_HOST_LABELS.fullmatch(bucket) and not endpoint.is_tls)
        if not self._path_style and is_host:
            return BucketEndpoint.at(_with_host(endpoint, f"{bucket}.{endpoint.host}"), "", region)
        return BucketEndpoint.at(endpoint, f"/{quote(bucket, safe='~')}", region)

    def _prefers_path_style(self, settings: Settings) -> bool:
        """As botocore, which writes: path style at other endpoints, unless told otherwise."""
        if settings.path_style is not None:
            return settings.path_style
        style = self._options.addressing_style
        return style == "path" or (style == "auto" and self.custom is not None)

    def _access_point(self, arn: str) -> BucketEndpoint:
        match = _ACCESS_POINT.fullmatch(arn)
        if match is None or self.custom is not None:
            raise UsageError(
                f"`{arn}` is not a supported access point",
                remedy="write arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME, without `--endpoint-url`",
            )
        usual = self._aws_endpoint(match["region"])
        domain = usual.host.removeprefix("s3.")
        host = f"{match['name']}-{match['account']}.s3-accesspoint.{domain}"
        return BucketEndpoint.at(_with_host(usual, host), "", match["region"])

    def _aws_endpoint(self, region: str) -> Endpoint:
        if _REGION.fullmatch(region) is None:
            raise UsageError(f"`{region}` is not a region", remedy="write it as eu-central-1")
        if self._login.is_plain and is_usual_region(region):
            return Endpoint(scheme="https", host=f"s3.{region}.amazonaws.com", port=443)
        session = self._login.open_session()
        fips = "-fips" if profile_value(session, "use_fips_endpoint") else ""
        use_dual = self._options.use_dualstack_endpoint
        if use_dual is None:
            use_dual = bool(profile_value(session, "use_dualstack_endpoint"))
        dual = ".dualstack" if use_dual else ""
        host = f"s3{fips}{dual}.{region}.{_dns_suffix(region)}"
        return Endpoint(scheme="https", host=host, port=443)


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
        configured = profile_value(login.open_session(), "ca_bundle")
    bundle = str(configured) if configured else _usual_bundle()
    return Trust(verify=settings.verify_ssl, ca_bundle=bundle)


def configured_endpoint_url(
    settings: Settings,
    open_session: "Callable[[], sessions.Session] | None",
    environment: Mapping[str, str] = os.environ,
    *,
    service: str = "s3",
) -> str | None:
    """The endpoint named by the settings, else the environment, else the profile; None for AWS.

    Without `open_session` the profile is left out; an empty `service` is that of no service in
    particular. Raises UsageError and CredentialsError for a
    profile that is not valid: its requests must not go to AWS instead.
    """
    if settings.endpoint_url:
        return settings.endpoint_url.strip()
    profile = {} if open_session is None else profile_of(open_session())
    ignored = environment.get(_IGNORE_VARIABLE, profile.get("ignore_configured_endpoint_urls"))
    if str(ignored).strip().lower() == "true":
        return None
    of_service = (f"{_ENDPOINT_VARIABLE}_{service.upper()}",) if service else ()
    for variable in (*of_service, _ENDPOINT_VARIABLE):
        if of_environment := environment.get(variable, "").strip():
            return of_environment
    if open_session is None:
        return None
    section = services_of(profile, open_session()).get(service)
    url = section.get("endpoint_url") if isinstance(section, dict) else None
    return str(url or profile.get("endpoint_url") or "").strip() or None


def addressing_of(settings: Settings) -> Literal["path", "virtual"] | None:
    """The style to set for clients of botocore; None to let them read the profile."""
    if settings.path_style is None:
        return None
    return "path" if settings.path_style else "virtual"


def _dns_suffix(region: str) -> str:
    """The domain of a region's partition; ``amazonaws.com`` for an unknown region."""
    # A session would refuse to load data when AWS_PROFILE names a missing profile.
    loader = loaders.create_loader(os.environ.get("AWS_DATA_PATH"))
    for partition in loader.load_data("partitions")["partitions"]:
        if region in partition["regions"] or re.match(partition["regionRegex"], region):
            return str(partition["outputs"]["dnsSuffix"])
    return "amazonaws.com"


def _with_host(endpoint: Endpoint, host: str) -> Endpoint:
    return Endpoint(
        scheme=endpoint.scheme, host=host, port=endpoint.port, base_path=endpoint.base_path
    )


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


def connection_of(
    settings: Settings,
    directories: Directories,
    environment: Mapping[str, str] = os.environ,
    *,
    name: str = "",
) -> S3Connection:
    """The endpoint, region and profile of the requests made with these settings.

    A profile decides the endpoint when neither settings nor the environment name one. `name`
    replaces a URL that changes between runs. Raises UsageError for an endpoint that is not a URL.
    """
    profile = _profile(settings, environment)
    stored = None
    if profile and not settings.use_aws_cli_creds:
        with suppress(S3NavError):  # reported when the credentials are needed
            stored = read_own_store(directories.credentials_file).get(profile)
    region = _region(settings, stored, environment)
    url: str | None = settings.endpoint_url
    if not url:
        is_of_files = profile and stored is None and profile not in CHAIN_NAMES | {ANONYMOUS}
        of_files = profile if is_of_files else None
        url, region = _of_files(settings, of_files, region, environment)
    return S3Connection(
        endpoint=name or (Endpoint.parse(url.strip()).url if url else ""),
        region=region,
        profile=profile,
        anonymous=settings.anonymous,
        path_style=settings.path_style,
    )


def connected_as(settings: Settings, connection: S3Connection) -> Settings:
    """Settings that lead to a recorded connection; credentials stay when it names no profile."""
    reached = msgspec.structs.replace(
        settings,
        endpoint_url=connection.endpoint or None,
        region=connection.region or None,
        path_style=connection.path_style,
    )
    if not (connection.profile or connection.anonymous):
        return reached
    return msgspec.structs.replace(
        reached,
        profile=connection.profile or None,
        anonymous=connection.anonymous,
        access_key=None,
        secret_key=None,
        session_token=None,
    )


def _profile(settings: Settings, environment: Mapping[str, str]) -> str:
    """The profile's name; empty when keys are given, or no profile is named."""
    if settings.access_key or settings.secret_key or settings.anonymous:
        return ""
    if settings.profile:
        return "" if settings.profile == GIVEN_KEYS else settings.profile
    return first_set(PROFILE_VARIABLES, environment) or ""


def _region(settings: Settings, stored: StoredKeys | None, environment: Mapping[str, str]) -> str:
    if settings.region:
        return settings.region
    if stored is not None and stored.region:
        return stored.region
    return first_set((*REGION_VARIABLES, "AWS_REGION"), environment) or ""


def _of_files(
    settings: Settings, profile: str | None, region: str, environment: Mapping[str, str]
) -> tuple[str | None, str]:
    """The endpoint and the region of a profile of ``~/.aws``, unless `region` is known."""
    plain = plain_profile(profile)
    if plain is not None:
        url = configured_endpoint_url(settings, None, environment)
        return url, region or plain.region or ""
    session = open_botocore(profile)
    url = configured_endpoint_url(settings, lambda: session, environment)
    return url, region or str(profile_value(session, "region") or "")
