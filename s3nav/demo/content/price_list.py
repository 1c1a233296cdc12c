"""The demo's price list: the bundled S3 prices and a sample of EC2's, in AWS's file layout."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from functools import cache

from s3nav.demo.content import ec2_prices
from s3nav.pricing import ESTIMATED, GLOBAL_REGION, Rate, Snapshot

ROOT = "/offers/v1.0/aws"
_TERM = "JRTCKXETXF"
_FAMILIES = {"GB-Mo": "Storage", "Requests": "API Request"}

OFFERS = (*ESTIMATED, ec2_prices.OFFER)

StartResponse = Callable[[str, list[tuple[str, str]]], object]


class DemoPrices:
    """A WSGI application that serves price files, with ETag, 304 and Range."""

    def __init__(self, today: date) -> None:
        self._published_at = datetime.combine(today, time.min, UTC)
        self._version = f"{today:%Y%m%d}000000"
        self._snapshot = Snapshot()
        self._build: dict[str, Callable[[], bytes]] = {f"{ROOT}/index.json": self._index}
        for code in OFFERS:
            self._build[f"{ROOT}/{code}/current/region_index.json"] = self._region_index_of(code)
            for region in self._regions(code):
                path = f"{ROOT}/{code}/{self._version}/{region}/index.json"
                self._build[path] = self._offer_of(code, [region])
            everywhere = f"{ROOT}/{code}/current/index.json"
            self._build[everywhere] = self._offer_of(code, self._regions(code))
        self._file = cache(lambda path: self._build[path]())

    def __call__(self, environ: Mapping[str, object], start: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = str(environ.get("PATH_INFO", ""))
        if path not in self._build:
            start("404 Not Found", [("Content-Length", "0")])
            return [b""]
        body = self._file(path)
        etag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
        headers = [
            ("ETag", etag),
            ("Last-Modified", format_datetime(self._published_at, usegmt=True)),
            ("Accept-Ranges", "bytes"),
            ("Content-Type", "application/octet-stream"),
        ]
        if environ.get("HTTP_IF_NONE_MATCH") == etag:
            start("304 Not Modified", headers)
            return [b""]
        span = str(environ.get("HTTP_RANGE", ""))
        if span.startswith("bytes=") and environ.get("HTTP_IF_RANGE") == etag:
            begin = int(span.removeprefix("bytes=").partition("-")[0] or 0)
            headers.append(("Content-Range", f"bytes {begin}-{len(body) - 1}/{len(body)}"))
            rest = body[begin:]
            start("206 Partial Content", [*headers, ("Content-Length", str(len(rest)))])
            return [rest]
        start("200 OK", [*headers, ("Content-Length", str(len(body)))])
        return [body]

    def _regions(self, code: str) -> Sequence[str]:
        return ec2_prices.REGIONS if code == ec2_prices.OFFER else self._snapshot.regions()

    def _rates(self, code: str, region: str) -> Sequence[Rate]:
        if code == ec2_prices.OFFER:
            return ec2_prices.ec2_rates(region)
        return self._snapshot.rates(code, region)

    def _index(self) -> bytes:
        offers = {
            code: {
                "offerCode": code,
                "versionIndexUrl": f"{ROOT}/{code}/index.json",
                "currentVersionUrl": f"{ROOT}/{code}/current/index.json",
                "currentRegionIndexUrl": f"{ROOT}/{code}/current/region_index.json",
            }
            for code in OFFERS
        }
        return self._printed({"offers": offers})

    def _region_index_of(self, code: str) -> Callable[[], bytes]:
        def build() -> bytes:
            regions = {
                region: {
                    "regionCode": region,
                    "currentVersionUrl": f"{ROOT}/{code}/{self._version}/{region}/index.json",
                }
                for region in self._regions(code)
            }
            return self._printed({"regions": regions})

        return build

    def _offer_of(self, code: str, regions: Iterable[str]) -> Callable[[], bytes]:
        def build() -> bytes:
            rates = [
                rate for region in (*regions, GLOBAL_REGION) for rate in self._rates(code, region)
            ]
            products = {sku: _product(sku, rate) for rate in rates for sku in (_sku(rate),)}
            terms = {sku: _terms(sku, rate) for rate in rates for sku in (_sku(rate),)}
            return self._printed(
                {
                    "offerCode": code,
                    "version": self._version,
                    "products": products,
                    "terms": {"OnDemand": terms},
                }
            )

        return build

    def _printed(self, content: Mapping[str, object]) -> bytes:
        moment = self._published_at.isoformat().replace("+00:00", "Z")
        head = {"formatVersion": "v1.0", "disclaimer": "a demo; prices of their day, not of today"}
        whole = {**head, "publicationDate": moment, **content}
        # AWS's files have the version before the date, and products and terms last.
        ordered = {name: whole[name] for name in sorted(whole, key=_place)}
        return json.dumps(ordered, indent=2, separators=(",", " : ")).encode()


def _place(name: str) -> int:
    order = (
        "formatVersion", "disclaimer", "offerCode", "version", "publicationDate",
        "offers", "regions", "products", "terms",
    )  # fmt: skip
    return order.index(name)


def _sku(rate: Rate) -> str:
    if rate.sku:
        return rate.sku
    name = f"{rate.region} {rate.usage_type} {rate.operation} {sorted(rate.attributes.items())}"
    return hashlib.sha256(name.encode()).hexdigest()[:16].upper()


def _product(sku: str, rate: Rate) -> dict[str, object]:
    place = {"location": "Any"} if rate.region == GLOBAL_REGION else {"regionCode": rate.region}
    own = dict(rate.attributes)
    family = own.pop(ec2_prices.FAMILY, "") or _FAMILIES.get(rate.unit)
    attributes = {
        "servicecode": rate.offer,
        **own,
        **place,
        "usagetype": rate.usage_type,
        "operation": rate.operation,
    }
    named = {"productFamily": family} if family else {}
    return {"sku": sku, **named, "attributes": attributes}


def _terms(sku: str, rate: Rate) -> dict[str, object]:
    dimensions = {}
    for number, tier in enumerate(rate.tiers):
        code = f"{sku}.{_TERM}.TIER{number:06d}"
        end = "Inf" if tier.end is None else f"{tier.end:f}"
        dimensions[code] = {
            "rateCode": code,
            "description": f"${tier.price:f} per {rate.unit} from {tier.begin:f}",
            "beginRange": f"{tier.begin:f}",
            "endRange": end,
            "unit": rate.unit,
            "pricePerUnit": {rate.currency: f"{tier.price:.10f}"},
            "appliesTo": [],
        }
    term = {
        "offerTermCode": _TERM,
        "sku": sku,
        "effectiveDate": "2025-06-01T00:00:00Z",
        "priceDimensions": dimensions,
        "termAttributes": {},
    }
    return {f"{sku}.{_TERM}": term}
