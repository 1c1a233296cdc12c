"""Look up prices: search, one product with all its prices, regions side by side, two versions."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby

from s3nav.model.errors import NotFoundError, UsageError
from s3nav.model.text.plain_messages import command
from s3nav.persistence import Readable, Reader, Row
from s3nav.pricing.catalogue.offer_versions import CurrentProducts, Versions
from s3nav.pricing.catalogue.price_tiers import price_tiers_of, tiers_of
from s3nav.pricing.catalogue.product_page import ProductPage, RegionPrice, differences
from s3nav.pricing.catalogue.rates import GLOBAL_REGION, Rate
from s3nav.pricing.catalogue.search import (
    ATTRIBUTES,
    FACETS,
    Hit,
    Search,
    SearchResult,
    decode_attributes,
)
from s3nav.pricing.catalogue.version_diff import RateChange, changes
from s3nav.pricing.index import IndexedVersion, all_versions, stem_of
from s3nav.pricing.price_list import EVERYWHERE, unknown

BY_SKU = "SELECT id FROM products WHERE sku = ? ORDER BY id DESC"
BY_STEM = "SELECT product_id AS id FROM stems WHERE stem = ? ORDER BY product_id DESC"
SAME_THING = "SELECT product_id AS id FROM stems WHERE stem = ? AND operation = ?"
KNOWN = "SELECT DISTINCT word FROM words WHERE id IN (SELECT region_id FROM products)"
RATES = """
SELECT p.id, p.sku, p.usage_type, p.operation, a.json, r.begins, r.ends, r.price, r.rate_code,
       r.description, t.term_type, t.attributes, u.word AS unit, c.word AS currency,
       f.word AS family, k.word AS kind, g.word AS region, r.term_id
FROM products p
JOIN attributes a ON a.product_id = p.id
JOIN rates r ON r.id >= p.id << 20 AND r.id < (p.id + 1) << 20
JOIN terms t ON t.id = r.term_id
JOIN words u ON u.id = r.unit_id
JOIN words c ON c.id = r.currency_id
JOIN words f ON f.id = p.family_id
JOIN words k ON k.id = p.kind_id
JOIN words g ON g.id = p.region_id
WHERE p.id BETWEEN ? AND ?
"""
ON_DEMAND_IN = RATES + " AND t.term_type = 'OnDemand' AND g.word = ? ORDER BY r.id"
EXAMINED = 2_000
AMBIGUOUS_SHOWN = 4


class Catalogue:
    """The indexed prices. Works offline; thread-safe, and each call sees the newest commit."""

    def __init__(self, database: Readable) -> None:
        self._database = database
        self._words: dict[int, str] = {}
        self._local = threading.local()

    @property
    def as_of(self) -> date | None:
        """The day of the newest prices; None when nothing is indexed. See RateSource."""
        return self.versions().as_of

    def versions(self) -> Versions:
        """Return every indexed version."""
        return Versions(all_versions(self._reader))

    def search(
        self,
        query: str,
        *,
        narrowed: Mapping[str, str] | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> SearchResult:
        """Return products that contain every word, narrowed by facet values. See Search.run."""
        chosen = {name: value for name, value in (narrowed or {}).items() if name in FACETS}
        return self._search().run(query, chosen, limit=limit, offset=offset)

    def product(self, product_id: int) -> ProductPage:
        """Return one product in full. Raises NotFoundError when no current version has it."""
        pages = self._pages([product_id])
        if not pages:
            raise NotFoundError("this product is not in the current price list")
        return pages[0]

    def named(self, name: str, *, service: str = "", region: str = "") -> ProductPage:
        """Return a product by its SKU, its usage type, or words that match only one product.

        Raises NotFoundError, or UsageError with the candidates when several match.
        """
        wanted = name.partition(".")[0]
        hits = self._hits(BY_SKU, (wanted,)) or self._hits(BY_STEM, (stem_of(name),))
        exact = [hit for hit in hits if hit.usage_type == name]
        hits = exact if exact and not region else hits
        if not hits:
            narrowed = {"service": service, "region": region}
            found = self.search(name, narrowed={k: v for k, v in narrowed.items() if v}, limit=9)
            hits = [] if found.corrected else list(found.hits)
        hits = [
            hit
            for hit in hits
            if (not service or hit.service.casefold() == service.casefold())
            and (not region or hit.region == region)
        ]
        return self.product(self._only(hits, name).product_id)

    def reference(
        self, name: str, *, service: str = "", regions: Sequence[str] = ()
    ) -> ProductPage:
        """Return the product to compare other regions with.

        It is the one in the first of `regions`; without any, the only match, else us-east-1's.

        Raises as `named` does.
        """
        if regions:
            return self.named(name, service=service, region=regions[0])
        try:
            return self.named(name, service=service)
        except UsageError:
            home = next(iter(sorted({version.region for version in self.versions().all})), "")
            for region in ("us-east-1", home):
                try:
                    return self.named(name, service=service, region=region)
                except NotFoundError:
                    continue
            raise

    def regions(self, page: ProductPage, *, only: Sequence[str] = ()) -> list[RegionPrice]:
        """Return the same product in every indexed region, cheapest first."""
        same = (stem_of(page.hit.usage_type), page.hit.operation)
        ids = [row["id"] for row in self._reader.rows(SAME_THING, same)][:EXAMINED]
        pages = [
            other
            for other in self._pages(ids)
            if other.hit.service == page.hit.service
            and (
                not only or other.hit.region in only or other.hit.product_id == page.hit.product_id
            )
        ]
        return differences(pages, page)

    def diff(
        self, service: str, region: str, *, old: str = "", new: str = ""
    ) -> tuple[IndexedVersion, IndexedVersion, Iterator[RateChange]]:
        """Compare two versions of an offer, by default the two newest.

        Returns the old version, the new one and their differences. Raises NotFoundError, naming
        what is indexed.
        """
        offer = self.service(service)
        known = self.versions().of(offer, region)
        if not known:
            indexed = sorted({v.region for v in self.versions().all if v.offer == offer})
            raise unknown(
                "region", region, indexed, f"`{offer}` is indexed for {', '.join(indexed)}"
            )
        if len(known) < 2 and not old:
            raise NotFoundError(
                f"only one version of `{offer}` in {region} is indexed: {known[0].version}",
                remedy="each `pricing download` keeps the older versions for comparison",
            )
        after = _version(known, new) if new else known[0]
        before = _version(known, old) if old else next(v for v in known if v != after)
        return before, after, changes(self._reader, before, after)

    def service(self, name: str) -> str:
        """Return an indexed offer's code, ignoring case. Raises NotFoundError with the nearest."""
        codes = {version.offer.casefold(): version.offer for version in self.versions().all}
        if name.casefold() not in codes:
            raise unknown(
                "service", name, codes.values(), "`s3nav --headless pricing status` lists them"
            )
        return codes[name.casefold()]

    def region(self, name: str) -> str:
        """Return the name if it is an indexed region. Raises NotFoundError with the nearest."""
        known = [row["word"] for row in self._reader.rows(KNOWN)]
        if name not in known:
            raise unknown("region", name, known, "`s3nav --headless pricing status` lists them")
        return name

    def rates(self, offer: str, region: str) -> list[Rate]:
        """Return an offer's on-demand rates in a region (see RateSource); empty if not indexed.

        They come from the region's own file, else from the file of all regions. Products without
        a region are in every file, so `GLOBAL_REGION` is answered from any of them.
        """
        versions = [each for each in self.versions().current() if each.offer == offer]
        own = [each for each in versions if each.region == region]
        wide = [each for each in versions if each.region == EVERYWHERE]
        chosen = own or wide
        if region == GLOBAL_REGION:
            chosen = wide or versions[:1]
        return [rate for version in chosen[:1] for rate in self._rates(version, region)]

    def export(
        self, *, service: str = "", region: str = ""
    ) -> Iterator[tuple[IndexedVersion, Row]]:
        """Yield every current rate, one row each, with its version; rows are streamed."""
        for version in self.versions().current():
            if service and version.offer != service:
                continue
            bounds = (version.first_product, version.last_product)
            for row in self._reader.rows(RATES + " ORDER BY r.id", bounds):
                if not region or row["region"] == region:
                    yield version, row

    @property
    def _reader(self) -> Reader:
        return self._database.reader()

    def _search(self) -> Search:
        """Return this thread's search, rebuilt when the database has changed."""
        row = self._reader.one("PRAGMA data_version")
        now = None if row is None else row[0]
        if getattr(self._local, "made_at", ()) != (now,):
            current = CurrentProducts(self.versions())
            self._local.search = Search(self._reader, current, self._words)
            self._local.made_at = (now,)
        search: Search = self._local.search
        return search

    def _hits(self, sql: str, parameters: Sequence[str]) -> list[Hit]:
        ids = [row["id"] for row in self._reader.rows(sql, parameters)]
        return self._search().hits(ids[:EXAMINED])

    def _pages(self, ids: Sequence[int]) -> list[ProductPage]:
        reader, current = self._reader, CurrentProducts(self.versions())
        pages = []
        for hit in Search(reader, current, self._words).hits(ids):
            version = current.version_of(hit.product_id)
            blob = reader.one(ATTRIBUTES, (hit.product_id,))
            if version is not None and blob is not None:
                pages.append(
                    ProductPage(
                        hit=hit,
                        attributes=decode_attributes(blob["json"]),
                        price_tiers=tuple(price_tiers_of(reader, hit.product_id)),
                        version=version,
                    )
                )
        return pages

    def _only(self, hits: Sequence[Hit], name: str) -> Hit:
        if not hits:
            raise NotFoundError(
                f"no product `{name}` in the catalogue",
                remedy=f"`{command('pricing', 'search', name)}` searches for it",
                slug="no-such-product",
            )
        things = {(hit.service, hit.region, hit.usage_type, hit.operation) for hit in hits}
        if len(things) > 1:
            some = [f"{h.sku} ({h.usage_type} {h.operation} {h.region})" for h in hits]
            more = " …" if len(some) > AMBIGUOUS_SHOWN else ""
            raise UsageError(
                f"`{name}` matches more than one product",
                remedy="name one by its SKU, or add --region: "
                + ", ".join(some[:AMBIGUOUS_SHOWN])
                + more,
                slug="ambiguous",
            )
        return hits[0]

    def _rates(self, version: IndexedVersion, region: str) -> Iterator[Rate]:
        bounds = (version.first_product, version.last_product, region)
        rows = self._reader.rows(ON_DEMAND_IN, bounds)
        for _, group in groupby(rows, key=lambda row: (row["id"], row["term_id"], row["unit"])):
            tiers = list(group)
            rate = _rate(version.offer, region, tiers)
            if rate is not None:
                yield rate


def _version(known: Sequence[IndexedVersion], name: str) -> IndexedVersion:
    for version in known:
        if version.version == name:
            return version
    raise unknown("version", name, [v.version for v in known], "`pricing status --all` lists them")


def _rate(offer: str, region: str, rows: Sequence[Row]) -> Rate | None:
    """Build a rate; None when a price is unreadable, because a named gap is better than a zero."""
    tiers = tiers_of(rows)
    if not tiers:
        return None
    first = rows[0]
    attributes = decode_attributes(first["json"])
    return Rate(
        offer=offer,
        region=region,
        usage_type=first["usage_type"],
        operation=first["operation"],
        unit=first["unit"],
        tiers=tiers,
        currency=first["currency"],
        sku=first["sku"],
        rate_code=first["rate_code"],
        description=first["description"],
        attributes={k: v for k, v in attributes.items() if k not in {"usagetype", "operation"}},
    )
