"""What things cost: rates as AWS publishes them, and what a wish or a job adds up to."""

from s3nav.pricing.rates import GLOBAL_REGION, Rate, RateSource, Tier

__all__ = ["GLOBAL_REGION", "Rate", "RateSource", "Tier"]
