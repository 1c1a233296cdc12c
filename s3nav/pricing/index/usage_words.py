"""Describe a usage type and its operation in plain words, and name its kind.

Sources: S3 usage types and request tiers, S3 User Guide, "Understanding your AWS billing and usage
reports for Amazon S3"; retrieval times, S3 User Guide, "Understanding archive retrieval options";
EC2 platform codes, EC2 User Guide, "AMI billing information fields".
"""

import re
from collections.abc import Mapping
from functools import lru_cache

import msgspec

from s3nav.pricing.index.usage_types import stem_of

STORAGE, REQUESTS, RETRIEVAL = "storage", "requests", "retrieval"
TRANSFER, COMPUTE, MONITORING = "transfer", "compute", "monitoring"
EARLY, OTHER = "early delete", "other"

_CLASSES = {
    "": "Standard",
    "SIA": "Standard-IA",
    "ZIA": "One Zone-IA",
    "GIR": "Glacier Instant Retrieval",
    "Glacier": "Glacier Flexible Retrieval",
    "GLACIER": "Glacier Flexible Retrieval",
    "GDA": "Glacier Deep Archive",
    "XZ": "Express One Zone",
    "RRS": "Reduced Redundancy",
    "INT": "Intelligent-Tiering",
    "INT-FA": "Intelligent-Tiering, frequent access",
    "INT-IA": "Intelligent-Tiering, infrequent access",
    "INT-AIA": "Intelligent-Tiering, archive instant access",
    "INT-AA": "Intelligent-Tiering, archive access",
    "INT-DAA": "Intelligent-Tiering, deep archive access",
    "Tables": "S3 Tables",
    "Vectors": "S3 Vectors",
    "Files": "S3 Files",
    "Annotation": "object annotations",
}
_CLASS = r"(?P<cls>SIA|ZIA|GIR|GDA|XZ|RRS|Glacier|GLACIER|INT-FA|INT-IA|INT-AIA|INT-AA|INT-DAA|INT)"
_FEATURE = r"(?P<cls>Tables|Vectors|Files|Annotation)"
_SYSTEMS = {
    "": "Linux",
    "0002": "Windows",
    "0010": "Red Hat",
    "000g": "SUSE",
    "0006": "Windows with SQL Server Standard",
    "0102": "Windows with SQL Server Enterprise",
    "0202": "Windows with SQL Server Web",
    "0800": "Windows, your own licence",
}


class _Rule(msgspec.Struct, frozen=True):
    pattern: re.Pattern[str]
    """The whole usage type without its region."""
    kind: str
    words: str
    operation: str = ""
    """Only with this operation; empty for any."""


def _rule(pattern: str, kind: str, words: str, operation: str = "") -> _Rule:
    return _Rule(re.compile(pattern), kind, words, operation)


_RULES = (
    # Storage
    _rule("TimedStorage-ByteHrs", STORAGE, "storing in Standard, for a month"),
    _rule(
        "TimedStorage-GlacierStaging", STORAGE, "parts of unfinished uploads to Glacier Flexible"
    ),
    _rule("TimedStorage-GDA-Staging", STORAGE, "parts of unfinished uploads to Deep Archive"),
    _rule(f"TimedStorage-{_CLASS}-?ByteHrs", STORAGE, "storing in {cls}, for a month"),
    _rule(
        f"TimedStorage-{_CLASS}-SmObjects",
        STORAGE,
        "padding of small objects in {cls} to the smallest billed size",
    ),
    _rule(f"{_FEATURE}-TimedStorage-.*", STORAGE, "storing for {cls}, for a month"),
    _rule("TagStorage-TagHrs", STORAGE, "object tags, for a month"),
    _rule(
        f"EarlyDelete-{_CLASS}(?:-.*)?", EARLY, "deleting from {cls} before its minimum duration"
    ),
    _rule("EarlyDelete-ByteHrs", EARLY, "deleting from Glacier before its minimum duration"),
    # Requests
    _rule("Requests-Tier1", REQUESTS, "PUT, COPY and POST in Standard; LIST in every class"),
    _rule("Requests-Tier2", REQUESTS, "GET, HEAD and all other requests in Standard"),
    _rule(
        "Requests-Tier3",
        REQUESTS,
        "restore requests, Standard speed, Glacier Flexible",
        "RestoreObject",
    ),
    _rule(
        "Requests-Tier3",
        REQUESTS,
        "lifecycle transitions to Glacier Flexible",
        "S3-GlacierTransition",
    ),
    _rule("Requests-Tier3", REQUESTS, "lifecycle transitions to Deep Archive", "S3-GDATransition"),
    _rule("Requests-Tier3", REQUESTS, "restore requests and transitions to Glacier"),
    _rule(
        "Requests-Tier4", REQUESTS, "lifecycle transitions to Standard-IA, One Zone-IA or others"
    ),
    _rule("Requests-(?:GDA-)?Tier5", REQUESTS, "restore requests, bulk"),
    _rule("Requests-Tier6", REQUESTS, "restore requests, expedited"),
    _rule("Requests-GDA-Tier3", REQUESTS, "restore requests, Standard speed, Deep Archive"),
    _rule(f"Requests-{_CLASS}-Tier1", REQUESTS, "PUT, COPY and POST in {cls}"),
    _rule(f"Requests-{_CLASS}-Tier2", REQUESTS, "GET and all other requests in {cls}"),
    _rule(f"Requests-{_CLASS}-Tier(?P<n>\\d)", REQUESTS, "requests of tier {n} in {cls}"),
    _rule(f"{_FEATURE}-Requests-.*", REQUESTS, "requests to {cls}"),
    _rule("Monitoring-Automation-INT", MONITORING, "monitoring objects in Intelligent-Tiering"),
    # Retrieval
    _rule(
        "Standard-Retrieval-Bytes",
        RETRIEVAL,
        "reading Deep Archive, Standard speed (12 h)",
        "DeepArchiveRestoreObject",
    ),
    _rule(
        "Bulk-Retrieval-Bytes",
        RETRIEVAL,
        "reading Deep Archive, bulk (48 h)",
        "DeepArchiveRestoreObject",
    ),
    _rule(
        "Standard-Retrieval-Bytes", RETRIEVAL, "reading Glacier Flexible, Standard speed (3–5 h)"
    ),
    _rule("Bulk-Retrieval-Bytes", RETRIEVAL, "reading Glacier Flexible, bulk (5–12 h)"),
    _rule("Expedited-Retrieval-Bytes", RETRIEVAL, "reading Glacier Flexible, expedited (1–5 min)"),
    _rule(f"Retrieval-{_CLASS}", RETRIEVAL, "reading {cls}"),
    _rule(f"Upload-{_CLASS}", RETRIEVAL, "bytes written to {cls}"),
    # Transfer
    _rule(r".*DataTransfer-Out-ABytes.*|.*-AWS-Out-ABytes.*", TRANSFER, "accelerated transfer out"),
    _rule(r".*DataTransfer-In-ABytes.*|.*-AWS-In-ABytes.*", TRANSFER, "accelerated transfer in"),
    _rule("DataTransfer-Out-Bytes", TRANSFER, "transfer out, as {transfer} says"),
    _rule("DataTransfer-In-Bytes", TRANSFER, "transfer in"),
    _rule("DataTransfer-Regional-Bytes", TRANSFER, "transfer between zones of the region"),
    _rule(r"(?:(?P<to>[A-Z]{2,4}\d?)-)?AWS-Out-Bytes", TRANSFER, "transfer to another region{to_}"),
    _rule(
        r"(?:(?P<to>[A-Z]{2,4}\d?)-)?AWS-In-Bytes", TRANSFER, "transfer from another region{to_}"
    ),
    _rule("CloudFront-Out-Bytes", TRANSFER, "transfer to CloudFront"),
    _rule("CloudFront-In-Bytes", TRANSFER, "transfer from CloudFront"),
    # Compute: only the usage types that users search for most
    _rule("BoxUsage:(?P<box>.+)", COMPUTE, "an hour of {box} with {system}"),
    _rule("DedicatedUsage:(?P<box>.+)", COMPUTE, "an hour of {box} with {system}, dedicated"),
    _rule("HostBoxUsage:(?P<box>.+)", COMPUTE, "an hour of {box} on a dedicated host"),
    _rule("(?:UnusedBox|Reservation):(?P<box>.+)", COMPUTE, "reserved capacity for {box}, unused"),
    _rule("ReservedHostUsage:(?P<box>.+)", COMPUTE, "a reserved host for {box}"),
    _rule("SpotUsage:(?P<box>.+)", COMPUTE, "an hour of {box}, spot"),
    _rule("(?:Multi-AZUsage|Multi-AZUsg):(?P<box>.+)", COMPUTE, "an hour of {box} in two zones"),
    _rule("(?:InstanceUsage|Node|NodeUsage):(?P<box>.+)", COMPUTE, "an hour of {box}"),
    _rule("EBS:VolumeUsage\\.?(?P<box>.*)", STORAGE, "EBS volumes {box}, for a month"),
    _rule("EBS:SnapshotUsage", STORAGE, "EBS snapshots, for a month"),
    _rule("NatGateway-Bytes", TRANSFER, "bytes through a NAT gateway"),
    _rule("NatGateway-Hours", COMPUTE, "an hour of a NAT gateway"),
    _rule("Lambda-GB-Second(?:-ARM)?", COMPUTE, "memory of a function, for a second"),
)
_GUESSES = (
    (re.compile(r"Request|API", re.I), REQUESTS),
    (re.compile(r"Retriev", re.I), RETRIEVAL),
    (re.compile(r"Transfer|(?:In|Out)-A?Bytes", re.I), TRANSFER),
    (re.compile(r"Storage|ByteHrs|Snapshot|Volume", re.I), STORAGE),
    (re.compile(r"Usage:|Node:|Hours?$|GB-Second", re.I), COMPUTE),
    (re.compile(r"Monitor", re.I), MONITORING),
)


@lru_cache(maxsize=4096)
def kind_of(usage_type: str, operation: str = "") -> str:
    """Return ``storage``, ``requests``, ``retrieval``, ``transfer``…; ``other`` if unknown."""
    stem = stem_of(usage_type)
    found = _found(stem, operation)
    if found is not None:
        return found[0].kind
    return next((kind for pattern, kind in _GUESSES if pattern.search(stem)), OTHER)


def plain_words(usage_type: str, operation: str, attributes: Mapping[str, str]) -> str:
    """Describe a product for a reader who does not know the usage type; empty if unknown."""
    found = _found(stem_of(usage_type), operation)
    if found is None:
        return attributes.get("groupDescription") or attributes.get("feeDescription") or ""
    rule, match = found
    parts = match.groupdict()
    to = parts.get("to")
    return rule.words.format(
        cls=_CLASSES.get(parts.get("cls") or "", parts.get("cls")),
        n=parts.get("n"),
        to_=f" ({to})" if to else "",
        box=parts.get("box"),
        system=_SYSTEMS.get(operation.partition(":")[2], operation.partition(":")[2]),
        transfer=attributes.get("transferType") or "its product",
    )


@lru_cache(maxsize=4096)
def _found(stem: str, operation: str) -> tuple[_Rule, re.Match[str]] | None:
    for rule in _RULES:
        if rule.operation in {"", operation} and (match := rule.pattern.fullmatch(stem)):
            return rule, match
    return None


_UNITS = {
    "GB-Mo": "GB for a month",
    "GB": "GB",
    "Requests": "request",
    "Objects": "object",
    "Hrs": "hour",
    "Quantity": "once",
    "Tag-Mo": "tag for a month",
}


def unit_words(unit: str) -> str:
    """Return a unit in plain words, or as AWS writes it if unknown."""
    return _UNITS.get(unit, unit)
