"""Options of a price fetch, with the names and defaults of aws-pricing-downloader."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from s3nav.model.errors import UsageError
from s3nav.model.text.plain_messages import misfit, nearest

BASE_URL = "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws"


class PricingConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of a price fetch; times are in seconds. `load_config` builds and checks one."""

    base_url: str = BASE_URL
    cache_dir: str = ".cache/aws_pricing"
    output_dir: str = "data/aws_pricing"
    max_concurrent_downloads: Annotated[int, Meta(ge=1, le=1000)] = 50
    tcp_connector_limit: Annotated[int, Meta(ge=1, le=10_000)] = 100
    request_timeout: Annotated[float, Meta(gt=0)] = 300.0
    """Longest wait for the server's next bytes; it does not limit the whole download."""
    max_retries: Annotated[int, Meta(ge=0, le=100)] = 5
    """Consecutive failed attempts allowed; an attempt that made progress resets the count."""
    retry_min_wait: Annotated[float, Meta(ge=0)] = 1.0
    retry_max_wait: Annotated[float, Meta(ge=0)] = 60.0
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    verify_ssl: bool = True
    ca_bundle: str | None = None
    default_region: str = "us-east-1"
    """Region to fetch when none is named."""


def load_config(**options: object) -> PricingConfig:
    """Build a config from keywords. Raises UsageError for an unknown name or a wrong value."""
    known = [field.name for field in msgspec.structs.fields(PricingConfig)]
    for name, value in options.items():
        if name not in known:
            raise UsageError(
                f"unknown pricing option `{name}`",
                remedy=nearest(name, known) or f"one of {', '.join(known)}",
                slug="bad-setting",
            )
        try:
            msgspec.convert({name: _plain(value)}, PricingConfig, strict=False)
        except msgspec.ValidationError as error:
            raise UsageError(
                "pricing option " + misfit(error, name, value=value), slug="bad-setting"
            ) from error
    plain = {name: _plain(value) for name, value in options.items()}
    return msgspec.convert(plain, PricingConfig, strict=False)


def _plain(value: object) -> object:
    """Convert a Path, and anything else msgspec does not know, to a string."""
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
