"""Files of a price list, real ones and ones made in the real layout."""

import gzip
import json
from pathlib import Path

DATA = Path(__file__).parents[1] / "data" / "pricing"
VERSION = "20260116160258"
ROOT = "/offers/v1.0/aws"


def real(name: str) -> bytes:
    """A file of tests/data/pricing, unpacked."""
    path = DATA / name
    if path.exists():
        return path.read_bytes()
    return gzip.decompress((DATA / f"{name}.gz").read_bytes())


def pretty(value: object) -> bytes:
    """JSON in the layout of AWS: two blanks, and a blank before the colon."""
    return json.dumps(value, indent=2, separators=(",", " : ")).encode()


def product(sku: str, usage_type: str, *, operation: str = "", family: str = "", **attributes: str):  # type: ignore[no-untyped-def]
    found: dict[str, object] = {"sku": sku}
    if family:
        found["productFamily"] = family
    found["attributes"] = {
        "servicecode": "AmazonS3",
        **attributes,
        "usagetype": usage_type,
        "operation": operation,
    }
    return found


def on_demand(
    sku: str,
    *tiers: tuple[str, str, str],
    unit: str = "GB",
    currency: str = "USD",
    description: str = "",
) -> dict[str, object]:
    """One on-demand term; tiers are begin, end, price."""
    term = f"{sku}.JRTCKXETXF"
    return {
        term: {
            "offerTermCode": "JRTCKXETXF",
            "sku": sku,
            "effectiveDate": "2026-01-01T00:00:00Z",
            "priceDimensions": {
                f"{term}.TIER{number}": {
                    "rateCode": f"{term}.TIER{number}",
                    "description": description or f"${price} per {unit} of {sku}",
                    "beginRange": begin,
                    "endRange": end,
                    "unit": unit,
                    "pricePerUnit": {currency: price},
                    "appliesTo": [],
                }
                for number, (begin, end, price) in enumerate(tiers)
            },
            "termAttributes": {},
        }
    }


def offer(
    code: str,
    products: list[dict[str, object]],
    terms: dict[str, dict[str, object]],
    *,
    version: str = VERSION,
) -> bytes:
    """An offer file; `terms` is SKU to on-demand term."""
    return pretty(
        {
            "formatVersion": "v1.0",
            "disclaimer": "made for a test",
            "offerCode": code,
            "version": version,
            "publicationDate": "2026-01-16T16:02:58Z",
            "products": {each["sku"]: each for each in products},
            "terms": {"OnDemand": terms},
        }
    )


def storage_offer(
    prefix: str = "",
    region: str = "us-east-1",
    *,
    price: str = "0.0230000000",
    version: str = VERSION,
) -> bytes:
    """A small AmazonS3: Standard in three tiers, reading Standard-IA, GET requests."""
    storage = product(
        f"STORE{region}", f"{prefix}TimedStorage-ByteHrs", family="Storage", regionCode=region,
        volumeType="Standard", location=f"Place ({region})",
    )  # fmt: skip
    reading = product(
        f"READ{region}", f"{prefix}Retrieval-SIA", regionCode=region, group="S3-API-SIA-Retrieval"
    )
    asking = product(
        f"GET{region}", f"{prefix}Requests-Tier2", regionCode=region, group="S3-API-Tier2"
    )
    return offer(
        "AmazonS3",
        [storage, reading, asking],
        {
            f"STORE{region}": on_demand(
                f"STORE{region}",
                ("0", "51200", price),
                ("51200", "512000", "0.0220000000"),
                ("512000", "Inf", "0.0210000000"),
                unit="GB-Mo",
            ),
            f"READ{region}": on_demand(f"READ{region}", ("0", "Inf", "0.0100000000")),
            f"GET{region}": on_demand(
                f"GET{region}", ("0", "Inf", "0.0000004000"), unit="Requests"
            ),
        },
        version=version,
    )


def small_list(version: str = VERSION, /, **offers: dict[str, bytes]) -> dict[str, bytes]:
    """A list of a few services; keywords are code=region to file. Without: AmazonS3, AWSLambda."""
    offer_files = offers or {
        "AmazonS3": {
            "us-east-1": storage_offer(),
            "eu-west-1": storage_offer("EU-", "eu-west-1", price="0.0240000000"),
        },
        "AWSLambda": {"us-east-1": real("2016/awskms.json")},
    }
    files = {}
    index: dict[str, object] = {}
    for code, regions in offer_files.items():
        index[code] = {
            "offerCode": code,
            "versionIndexUrl": f"{ROOT}/{code}/index.json",
            "currentVersionUrl": f"{ROOT}/{code}/current/index.json",
            "currentRegionIndexUrl": f"{ROOT}/{code}/current/region_index.json",
        }
        urls = {region: f"{ROOT}/{code}/{version}/{region}/index.json" for region in regions}
        files[f"{ROOT}/{code}/current/region_index.json"] = pretty(
            {
                "regions": {
                    region: {"regionCode": region, "currentVersionUrl": url}
                    for region, url in urls.items()
                }
            }
        )
        files |= {url: regions[region] for region, url in urls.items()}
        files[f"{ROOT}/{code}/current/index.json"] = next(iter(regions.values()))
    files[f"{ROOT}/index.json"] = pretty({"formatVersion": "v1.0", "offers": index})
    return files
