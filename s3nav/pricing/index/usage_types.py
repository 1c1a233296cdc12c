"""Split usage types into region prefix and stem.

AWS lists the prefixes in the S3 User Guide, "Understanding your AWS billing and usage reports".
"""

import re

_REGION = (
    r"US[EW]\d|UG[EW]\d|CAN\d|CAW\d|EU(?:[CWNS]\d)?|AP[ENS]\d|SAE\d|AFS\d|ME[CS]\d|ILC\d"
    r"|MXC\d|CN[NW]\d"
)
_PREFIX = re.compile(rf"(?:{_REGION})(?:-(?!(?:{_REGION})-)[A-Z]{{3}}-?\d[A-Z]?)?-(?=.)")
"""A region, or a region and its local zone: ``EUC1-``, ``USW2-LAX-1A-``; us-east-1 has none."""
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[:\-./]+")

REGION_OF_PREFIX = {
    "USE2": "us-east-2", "USW1": "us-west-1", "USW2": "us-west-2", "CAN1": "ca-central-1",
    "CAW1": "ca-west-1", "SAE1": "sa-east-1", "EU": "eu-west-1", "EUW2": "eu-west-2",
    "EUW3": "eu-west-3", "EUC1": "eu-central-1", "EUC2": "eu-central-2", "EUN1": "eu-north-1",
    "EUS1": "eu-south-1", "EUS2": "eu-south-2", "APN1": "ap-northeast-1", "APN2": "ap-northeast-2",
    "APN3": "ap-northeast-3", "APS1": "ap-southeast-1", "APS2": "ap-southeast-2",
    "APS3": "ap-south-1", "APS4": "ap-southeast-3", "APS5": "ap-south-2", "APS6": "ap-southeast-4",
    "APE1": "ap-east-1", "AFS1": "af-south-1", "MES1": "me-south-1", "MEC1": "me-central-1",
    "ILC1": "il-central-1", "UGW1": "us-gov-west-1", "UGE1": "us-gov-east-1",
    "CNN1": "cn-north-1", "CNW1": "cn-northwest-1", "USE1": "us-east-1",
}  # fmt: skip
"""For offers from before 2020, whose products have a location but no region code."""

REGION_OF_PLACE = {
    "US East (N. Virginia)": "us-east-1", "US East (Ohio)": "us-east-2",
    "US West (N. California)": "us-west-1", "US West (Oregon)": "us-west-2",
    "Canada (Central)": "ca-central-1", "South America (Sao Paulo)": "sa-east-1",
    "EU (Ireland)": "eu-west-1", "EU (London)": "eu-west-2", "EU (Paris)": "eu-west-3",
    "EU (Frankfurt)": "eu-central-1", "EU (Stockholm)": "eu-north-1", "EU (Milan)": "eu-south-1",
    "Asia Pacific (Tokyo)": "ap-northeast-1", "Asia Pacific (Seoul)": "ap-northeast-2",
    "Asia Pacific (Osaka-Local)": "ap-northeast-3", "Asia Pacific (Osaka)": "ap-northeast-3",
    "Asia Pacific (Singapore)": "ap-southeast-1", "Asia Pacific (Sydney)": "ap-southeast-2",
    "Asia Pacific (Mumbai)": "ap-south-1", "Asia Pacific (Hong Kong)": "ap-east-1",
    "AWS GovCloud (US)": "us-gov-west-1", "AWS GovCloud (US-West)": "us-gov-west-1",
    "AWS GovCloud (US-East)": "us-gov-east-1", "China (Beijing)": "cn-north-1",
    "China (Ningxia)": "cn-northwest-1", "Any": "global",
}  # fmt: skip


PLACE_OF_REGION = {region: place for place, region in reversed(REGION_OF_PLACE.items())}
"""The display name of each region, the newest where there are several."""


def stem_of(usage_type: str) -> str:
    """Return the usage type without its region prefix: the same in every region."""
    return _PREFIX.sub("", usage_type, count=1) if _PREFIX.match(usage_type) else usage_type


def region_of(attributes: dict[str, str], usage_type: str, default: str) -> str:
    """Return a product's region, from its region code, location, `default` or usage type."""
    said = (
        attributes.get("regionCode")
        or attributes.get("fromRegionCode")
        or REGION_OF_PLACE.get(attributes.get("location") or attributes.get("fromLocation") or "")
    )
    if said:
        return said
    if default:
        return default
    found = _PREFIX.match(usage_type)
    prefix = found.group().partition("-")[0] if found else ""
    return REGION_OF_PREFIX.get(prefix, "global")


def pieces_of(usage_type: str) -> str:
    """Split a usage type into words: ``TimedStorage-SIA-ByteHrs`` is found by "timed storage"."""
    return _CAMEL.sub(" ", usage_type)
