"""A price list of every service of the real index, each with a file for some regions.

Few services have most of the bytes, as with AWS: the first has a fifth of a region's, the hundredth
some kilobytes. Contents are made up, in the real layout.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tests.benchmarks.big_offer import write_offer
from tests.support.price_files import ROOT, pretty, real

VERSION = "20260427071325"
PRODUCT_BYTES = 7_800
"""Mean of a product of `big_offer` with its terms."""
STEEPNESS = 1.25
"""How much smaller each next service is: size is 1 / rank ** this."""
REAL_EC2_BYTES = 450_000_000
"""The largest regional file of the real list in 2026, to say how much smaller this one is."""


def codes() -> list[str]:
    """Every service of the real index; EC2, the largest, first."""
    index = msgspec.json.decode(real("2026/index.json"))
    return sorted(index["offers"], key=lambda code: (code != "AmazonEC2", code.lower()))


def whole_list(size_bytes: int, regions: Sequence[str]) -> dict[str, bytes]:
    """Path to file: the real index, and for each service a list of regions and their files."""
    files = {f"{ROOT}/index.json": real("2026/index.json")}
    named = codes()
    whole = sum(1 / rank**STEEPNESS for rank in range(1, len(named) + 1)) * len(regions)
    with tempfile.TemporaryDirectory(prefix="s3nav-price-list-") as directory:
        made = Path(directory) / "offer.json"
        for rank, code in enumerate(named, 1):
            urls = {region: f"{ROOT}/{code}/{VERSION}/{region}/index.json" for region in regions}
            products = max(1, int(size_bytes / whole / rank**STEEPNESS / PRODUCT_BYTES))
            for region, url in urls.items():
                write_offer(made, products=products, seed=rank, code=code, region=region)
                files[url] = made.read_bytes()
            listed = {
                region: {"regionCode": region, "currentVersionUrl": url}
                for region, url in urls.items()
            }
            files[f"{ROOT}/{code}/current/region_index.json"] = pretty({"regions": listed})
    return files
