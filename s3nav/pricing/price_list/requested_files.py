"""From what a user asks for to the files of the price list."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from s3nav.model.errors import NotFoundError
from s3nav.pricing.price_list.offers import EVERYWHERE, Document, Offer, unknown


class PriceRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What to fetch."""

    services: tuple[str, ...] = ()
    """Offer codes; empty for every service."""
    regions: tuple[str, ...] = ()
    """Empty for the region of the settings; `EVERYWHERE` for the file of all regions."""
    savings_plans: bool = False
    """Also the savings plans of these services."""
    csv: bool = False


class OfferFiles(msgspec.Struct, frozen=True, kw_only=True):
    """A service's offer, or a family of savings plans: what has a file for each region."""

    code: str
    everywhere_url: str
    """The file of all regions; empty when there is none."""
    regions_url: str


class Absent(msgspec.Struct, frozen=True, kw_only=True):
    """A ware that a region does not have."""

    code: str
    region: str
    problem: NotFoundError


def offer_files(offers: Iterable[Offer], *, savings_plans: bool) -> list[OfferFiles]:
    """Each offer, and each family of savings plans once though services share them."""
    found = [
        OfferFiles(code=each.code, everywhere_url=each.current_url, regions_url=each.regions_url)
        for each in offers
    ]
    plans = {each.savings_code: each for each in offers if savings_plans and each.savings_code}
    found += [
        OfferFiles(code=code, everywhere_url="", regions_url=each.savings_regions_url)
        for code, each in sorted(plans.items())
    ]
    return found


def documents(
    ware: OfferFiles,
    known_regions: Mapping[str, str],
    regions: Sequence[str],
    *,
    default_region: str,
    suffix: str,
) -> list[Document | Absent]:
    """One file, or its absence, for each region."""
    found: list[Document | Absent] = []
    for region in regions:
        url = ware.everywhere_url if region == EVERYWHERE else known_regions.get(region, "")
        if url:
            found.append(
                Document(
                    service=ware.code,
                    region=region,
                    url=url.removesuffix(".json") + suffix,
                    name=ware.code if len(regions) == 1 else f"{ware.code}/{region}",
                    kept_as=ware.code if region == default_region else f"{ware.code}/{region}",
                    suffix=suffix,
                )
            )
            continue
        has = ", ".join(sorted(known_regions)) or "only `--global`"
        near = [*known_regions, EVERYWHERE]
        problem = unknown("region", region, near, f"`{ware.code}` has {has}")
        found.append(Absent(code=ware.code, region=region, problem=problem))
    return found


def refuse_unknown(found: Iterable[Document | Absent], *, is_named: bool) -> None:
    """Raise for a region that a named service, or every service, does not have."""
    there = {each.region for each in found if isinstance(each, Document)}
    for each in found:
        if isinstance(each, Absent) and (is_named or each.region not in there):
            raise each.problem
