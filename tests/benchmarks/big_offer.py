"""Write regional offers as large as AWS's, in the layout in which AWS prints them."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
FAMILIES = ("m5", "m6i", "m7g", "c5", "c6a", "c7gn", "r5", "r6id", "r7i", "t3", "x2idn", "p5", "g6")
SIZES = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "24xlarge", "metal")
SYSTEMS = ("Linux", "Windows", "RHEL", "SUSE", "Red Hat Enterprise Linux with HA", "Ubuntu Pro")
TENANCIES = ("Shared", "Dedicated", "Host")
STATES = ("Used", "UnusedCapacityReservation", "AllocatedCapacityReservation")
SOFTWARE = ("NA", "SQL Std", "SQL Ent", "SQL Web")
LEASES = [
    (years, offering, option)
    for years in ("1yr", "3yr")
    for offering in ("standard", "convertible")
    for option in ("No Upfront", "Partial Upfront", "All Upfront")
]
HEAD = """\
{
  "formatVersion" : "v1.0",
  "disclaimer" : "This pricing list is for informational purposes only.",
  "offerCode" : "OFFER",
  "version" : "20260427071325",
  "publicationDate" : "2026-04-27T07:13:25Z",
  "products" : {
"""
ATTRIBUTES = (
    "servicecode",
    "location",
    "locationType",
    "instanceType",
    "currentGeneration",
    "instanceFamily",
    "vcpu",
    "physicalProcessor",
    "clockSpeed",
    "memory",
    "storage",
    "networkPerformance",
    "processorArchitecture",
    "tenancy",
    "operatingSystem",
    "licenseModel",
    "usagetype",
    "operation",
    "availabilityzone",
    "capacitystatus",
    "classicnetworkingsupport",
    "dedicatedEbsThroughput",
    "ecu",
    "enhancedNetworkingSupported",
    "gpuMemory",
    "instancesku",
    "intelAvxAvailable",
    "intelAvx2Available",
    "intelTurboAvailable",
    "marketoption",
    "normalizationSizeFactor",
    "preInstalledSw",
    "processorFeatures",
    "regionCode",
    "servicename",
    "vpcnetworkingsupport",
)


def write_offer(
    path: Path,
    *,
    products: int,
    reserved_share: float = 0.42,
    seed: int = 7,
    code: str = "AmazonEC2",
    region: str = "us-east-1",
) -> None:
    """Write `products` products; `reserved_share` of them with twelve reservations each."""
    chance = random.Random(seed)
    skus = ["".join(chance.choices(LETTERS, k=16)) for _ in range(products)]
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.write(HEAD.replace("OFFER", code))
        _join(
            file, (_product(sku, number, chance, code, region) for number, sku in enumerate(skus))
        )
        file.write('  },\n  "terms" : {\n    "OnDemand" : {\n')
        _join(file, (_on_demand(sku, number) for number, sku in enumerate(skus)))
        file.write('    },\n    "Reserved" : {\n')
        reserved = skus[: int(products * reserved_share)]
        _join(file, (_reserved(sku, number) for number, sku in enumerate(reserved)))
        file.write('    }\n  },\n  "attributesList" : { }\n}\n')


def _join(file: TextIO, blocks: Iterator[str]) -> None:
    for number, block in enumerate(blocks):
        file.write((",\n" if number else "") + block)
    file.write("\n")


def _product(sku: str, number: int, chance: random.Random, code: str, region: str) -> str:
    size = SIZES[number % len(SIZES)]
    kind = f"{FAMILIES[number // len(SIZES) % len(FAMILIES)]}.{size}"
    system = SYSTEMS[number % 6]
    tenancy, state = TENANCIES[number % 3], STATES[number // 3 % 3]
    values = {
        "servicecode": code,
        "location": "US East (N. Virginia)",
        "locationType": "AWS Region",
        "instanceType": kind,
        "instanceFamily": "General purpose",
        "vcpu": str(2 << number % 6),
        "physicalProcessor": "Intel Xeon Platinum 8375C (Ice Lake)",
        "clockSpeed": "3.5 GHz",
        "memory": f"{4 << number % 7} GiB",
        "networkPerformance": "Up to 12500 Megabit",
        "tenancy": tenancy,
        "operatingSystem": system,
        "usagetype": f"{('BoxUsage', 'DedicatedUsage', 'HostBoxUsage')[number % 3]}:{kind}",
        "operation": f"RunInstances:{number % 97:04x}",
        "capacitystatus": state,
        "dedicatedEbsThroughput": "Up to 10000 Mbps",
        "instancesku": "".join(chance.choices(LETTERS, k=16)),
        "marketoption": "OnDemand",
        "preInstalledSw": SOFTWARE[number % 4],
        "processorFeatures": "Intel AVX; Intel AVX2; Intel AVX512; Intel Turbo",
        "regionCode": region,
        "servicename": "Amazon Elastic Compute Cloud",
    }
    lines = ",\n".join(f'        "{name}" : "{values.get(name, "NA")}"' for name in ATTRIBUTES)
    return (
        f'    "{sku}" : {{\n      "sku" : "{sku}",\n      "productFamily" : "Compute Instance",\n'
        f'      "attributes" : {{\n{lines}\n      }}\n    }}'
    )


def _dimension(code: str, text: str, unit: str, price: str, *, ranged: bool) -> str:
    ranges = '\n              "beginRange" : "0",\n              "endRange" : "Inf",'
    return (
        f'            "{code}" : {{\n              "rateCode" : "{code}",\n'
        f'              "description" : "{text}",{ranges if ranged else ""}\n'
        f'              "unit" : "{unit}",\n              "pricePerUnit" : {{\n'
        f'                "USD" : "{price}"\n              }},\n'
        f'              "appliesTo" : [ ]\n            }}'
    )


def _term(sku: str, term: str, dimensions: list[str], attributes: str) -> str:
    body = ",\n".join(dimensions)
    return (
        f'        "{sku}.{term}" : {{\n          "offerTermCode" : "{term}",\n'
        f'          "sku" : "{sku}",\n          "effectiveDate" : "2026-04-01T00:00:00Z",\n'
        f'          "priceDimensions" : {{\n{body}\n          }},\n'
        f'          "termAttributes" : {attributes}\n        }}'
    )


def _on_demand(sku: str, number: int) -> str:
    price = f"{number % 9000 / 1000:.10f}"
    text = f"${price} per On Demand Linux {FAMILIES[number % 13]} Instance Hour"
    code = f"{sku}.JRTCKXETXF.6YS6EN2CT7"
    dimension = _dimension(code, text, "Hrs", price, ranged=True)
    return f'      "{sku}" : {{\n{_term(sku, "JRTCKXETXF", [dimension], "{ }")}\n      }}'


def _reserved(sku: str, number: int) -> str:
    terms = []
    for place, (years, offering, option) in enumerate(LEASES):
        term = f"{LETTERS[place]}{LETTERS[place + 3]}QCMYABX3D"[:10]
        hourly = f"{number % 7000 / 1000:.10f}"
        text = f"Linux/UNIX (Amazon VPC), {FAMILIES[number % 13]} reserved instance applied"
        code = f"{sku}.{term}"
        dimensions = [_dimension(f"{code}.6YS6EN2CT7", text, "Hrs", hourly, ranged=True)]
        if option != "No Upfront":
            upfront = _dimension(
                f"{code}.2TG2D8R56U", "Upfront Fee", "Quantity", str(number % 9999), ranged=False
            )
            dimensions.append(upfront)
        attributes = (
            f'{{\n            "LeaseContractLength" : "{years}",\n'
            f'            "OfferingClass" : "{offering}",\n'
            f'            "PurchaseOption" : "{option}"\n          }}'
        )
        terms.append(_term(sku, term, dimensions, attributes))
    body = ",\n".join(terms)
    return f'      "{sku}" : {{\n{body}\n      }}'
