"""Turn a request for services and regions into the price files to fetch."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from s3nav.model.errors import NotFoundError
from s3nav.pricing.price_list.offers import EVERYWHERE, Document, Offer, unknown


class PriceRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The services and regions to fetch."""

    services: tuple[str, ...] = ()
    """Offer codes; empty for every service."""
    regions: tuple[str, ...] = ()
    """Empty: the region of the settings; `EVERYWHERE`: the file with all regions."""
    savings_plans: bool = False
    """Fetch the savings plans of these services too."""
    csv: bool = False


class OfferFiles(msgspec.Struct, frozen=True, kw_only=True):
    """Where the files of one offer, or of one family of savings plans, are."""

    code: str
    everywhere_url: str
    """The file with all regions; empty when there is none."""
    regions_url: str


class Absent(msgspec.Struct, frozen=True, kw_only=True):
    """An offer that does not exist in a region."""

    code: str
    region: str
    problem: NotFoundError


def offer_files(offers: Iterable[Offer], *, savings_plans: bool) -> list[OfferFiles]:
    """Return each offer and, once each, the savings plans that services share."""
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
    offer: OfferFiles,
    known_regions: Mapping[str, str],
    regions: Sequence[str],
    *,
    default_region: str,
    suffix: str,
) -> list[Document | Absent]:
    """Return one file, or `Absent`, for each region."""
    found: list[Document | Absent] = []
    for region in regions:
        url = offer.everywhere_url if region == EVERYWHERE else known_regions.get(region, "")
        if url:
            found.append(
                Document(
                    service=offer.code,
                    region=region,
                    url=url.removesuffix(".json") + suffix,
                    name=offer.code if len(regions) == 1 else f"{offer.code}/{region}",
                    kept_as=offer.code if region == default_region else f"{offer.code}/{region}",
                    suffix=suffix,
                )
            )
            continue
        has = ", ".join(sorted(known_regions)) or "only `--global`"
        near = [*known_regions, EVERYWHERE]
        problem = unknown("region", region, near, f"`{offer.code}` has {has}")
        found.append(Absent(code=offer.code, region=region, problem=problem))
    return found


def refuse_unknown(found: Iterable[Document | Absent], *, is_named: bool) -> None:
    """Raise NotFoundError for a region that a named service, or every service, lacks."""
    known_regions = {each.region for each in found if isinstance(each, Document)}
    for each in found:
        if isinstance(each, Absent) and (is_named or each.region not in known_regions):
            raise each.problem
