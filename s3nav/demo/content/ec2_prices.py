"""A sample of EC2 prices for the demo's price list: on-demand Linux, disks, transfer."""

import csv
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from s3nav.pricing import Rate, Tier

OFFER = "AmazonEC2"
FAMILY = "productFamily"

_FILE = Path(__file__).with_name("ec2_prices.csv")
"""On-demand prices of 2025 (EC2 On-Demand pricing page); the two US regions share theirs."""
_PREFIXES = {"us-east-1": "", "us-east-2": "USE2-", "eu-west-1": "EU-"}
_LOCATIONS = {
    "us-east-1": "US East (N. Virginia)",
    "us-east-2": "US East (Ohio)",
    "eu-west-1": "EU (Ireland)",
}
_VOLUMES = {
    "gp3": "General Purpose",
    "gp2": "General Purpose",
    "piops": "Provisioned IOPS",
    "st1": "Throughput Optimized HDD",
    "sc1": "Cold HDD",
}
_FAMILIES = {
    "instance": "Compute Instance",
    "volume": "Storage",
    "snapshot": "Storage Snapshot",
    "iops": "System Operation",
    "transfer": "Data Transfer",
    "gateway": "NAT Gateway",
}
_OPERATIONS = {"instance": "RunInstances", "transfer": "PublicIP-In", "gateway": "NatGateway"}

REGIONS = tuple(sorted(_PREFIXES))


def ec2_rates(region: str) -> tuple[Rate, ...]:
    """Return the sample's rates in a region; empty for other regions."""
    if region not in _PREFIXES:
        return ()
    with _FILE.open(newline="") as file:
        return tuple(_rate(row, region) for row in csv.DictReader(file))


def _rate(row: Mapping[str, str], region: str) -> Rate:
    kind, name = row["kind"], row["name"]
    price = row["eu_usd" if region.startswith("eu-") else "us_usd"]
    usage = f"BoxUsage:{name}" if kind == "instance" else name
    return Rate(
        offer=OFFER,
        region=region,
        usage_type=_PREFIXES[region] + usage,
        operation=_OPERATIONS.get(kind, ""),
        unit=row["unit"],
        tiers=(Tier(begin=Decimal(0), end=None, price=Decimal(price)),),
        attributes={
            FAMILY: _FAMILIES[kind],
            "location": _LOCATIONS[region],
            "locationType": "AWS Region",
            **(_of_instance(row) if kind == "instance" else _of_volume(kind, name)),
        },
    )


def _of_instance(row: Mapping[str, str]) -> dict[str, str]:
    return {
        "instanceType": row["name"],
        "currentGeneration": "Yes",
        "instanceFamily": row["family"],
        "vcpu": row["vcpu"],
        "physicalProcessor": row["processor"],
        "memory": f"{row['memory_gib']} GiB",
        "storage": "EBS only",
        "networkPerformance": row["network"],
        "tenancy": "Shared",
        "operatingSystem": "Linux",
        "licenseModel": "No License required",
        "capacitystatus": "Used",
        "preInstalledSw": "NA",
    }


def _of_volume(kind: str, name: str) -> dict[str, str]:
    volume = name.rpartition(".")[2]
    if kind != "volume":
        return {}
    return {"volumeType": _VOLUMES[volume], "volumeApiName": volume.replace("piops", "io1")}
