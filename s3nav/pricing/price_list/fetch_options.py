"""How prices are fetched: the options of aws-pricing-downloader, with its names and defaults."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from s3nav.model.errors import UsageError
from s3nav.model.text.plain_messages import misfit, nearest

BASE_URL = "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws"


class PricingConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Times in seconds. `load_config` makes one from keywords and checks them."""

    base_url: str = BASE_URL
    cache_dir: str = ".cache/aws_pricing"
    output_dir: str = "data/aws_pricing"
    max_concurrent_downloads: Annotated[int, Meta(ge=1, le=1000)] = 50
    tcp_connector_limit: Annotated[int, Meta(ge=1, le=10_000)] = 100
    request_timeout: Annotated[float, Meta(gt=0)] = 300.0
    """Longest silence of the server, not the longest download."""
    max_retries: Annotated[int, Meta(ge=0, le=100)] = 5
    """Of requests that brought nothing; a download that gets on is not counted."""
    retry_min_wait: Annotated[float, Meta(ge=0)] = 1.0
    retry_max_wait: Annotated[float, Meta(ge=0)] = 60.0
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    verify_ssl: bool = True
    ca_bundle: str | None = None
    default_region: str = "us-east-1"
    """Whose offers are fetched when no region is named."""


def load_config(**options: object) -> PricingConfig:
    """Defaults, and what is named. Raises UsageError for an unknown name or a wrong value."""
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
    """A Path is as good as a string."""
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
