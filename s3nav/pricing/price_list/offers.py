"""Parse the price list's indexes: offers, their regions and the URLs of their files.

The formats are in the AWS Billing User Guide, "Reading service index files" and "Reading the
service price list file".
"""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

import msgspec

from s3nav.model.errors import DownloadError, NotFoundError
from s3nav.model.text.bounded_lines import UNDECODABLE
from s3nav.model.text.plain_messages import misfit

ESTIMATED = ("AmazonS3", "AmazonS3GlacierDeepArchive", "AWSDataTransfer")
"""The offers that s3nav's estimates use."""
EVERYWHERE = "global"
"""Used in place of a region: the file with the prices of all regions."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_OFFERS_PATH = "/offers/v1.0/aws"
_NEAR = 3


class _Offer(msgspec.Struct):
    offerCode: str = ""  # noqa: N815  # AWS's names
    versionIndexUrl: str = ""  # noqa: N815
    currentVersionUrl: str = ""  # noqa: N815
    currentRegionIndexUrl: str = ""  # noqa: N815
    savingsPlanVersionIndexUrl: str = ""  # noqa: N815
    currentSavingsPlanIndexUrl: str = ""  # noqa: N815


class _Index(msgspec.Struct):
    offers: dict[str, _Offer]
    publicationDate: str = ""  # noqa: N815


class _Region(msgspec.Struct):
    regionCode: str = ""  # noqa: N815
    currentVersionUrl: str = ""  # noqa: N815
    versionUrl: str = ""  # noqa: N815


class _Regions(msgspec.Struct):
    regions: dict[str, _Region] | list[_Region]
    """An object for offers, a list for savings plans."""


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """One offer of the index. URLs are absolute; empty when the index has none."""

    code: str
    current_url: str
    """The file with the prices of all regions."""
    regions_url: str
    savings_regions_url: str

    @property
    def savings_code(self) -> str:
        """Code of the offer's savings plans, which several services share; empty without any."""
        path = urlsplit(self.savings_regions_url).path
        return path.rpartition("/current/")[0].rpartition("/")[2]


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the price list and its local name."""

    service: str
    region: str
    """`EVERYWHERE` for all regions; empty for an index file."""
    url: str
    name: str
    """Path below the output directory, without suffix: ``AmazonEC2``."""
    kept_as: str = ""
    """Path below the cache directory, which keeps a file for each region; empty: same as `name`."""
    suffix: str = ".json"


def parse_index(content: bytes, base_url: str) -> dict[str, Offer]:
    """Return the offers by code, sorted. Raises DownloadError when `content` is no offer index."""
    try:
        index = msgspec.json.decode(content, type=_Index)
    except UNDECODABLE as error:
        raise _no_index(base_url, error) from error
    offers = (
        Offer(
            code=_safe(code, base_url),
            current_url=absolute(base_url, offer.currentVersionUrl),
            regions_url=absolute(base_url, offer.currentRegionIndexUrl),
            savings_regions_url=absolute(base_url, offer.currentSavingsPlanIndexUrl),
        )
        for code, offer in index.offers.items()
    )
    return {offer.code: offer for offer in sorted(offers, key=lambda each: each.code.lower())}


def parse_regions(content: bytes, base_url: str) -> dict[str, str]:
    """Map each region to the URL of its newest file. Raises DownloadError."""
    try:
        found = msgspec.json.decode(content, type=_Regions).regions
    except UNDECODABLE as error:
        raise _no_index(base_url, error) from error
    regions = found if isinstance(found, list) else found.values()
    return {
        _safe(region.regionCode, base_url): absolute(
            base_url, region.currentVersionUrl or region.versionUrl
        )
        for region in regions
    }


def absolute(base_url: str, path: str) -> str:
    """Resolve a path of the index against the base URL, keeping the path prefix of a mirror.

    Raises DownloadError for a URL on another host.
    """
    if not path:
        return ""
    base = base_url.rstrip("/")
    if "://" in path or path.startswith("//"):
        if not path.startswith(f"{_origin(base)}/"):
            raise DownloadError(f"the price index points to another host: `{path}`")
        return path
    root = base.removesuffix(_OFFERS_PATH) if base.endswith(_OFFERS_PATH) else _origin(base)
    return f"{root}/{path.lstrip('/')}"


def pick(offers: Mapping[str, Offer], wanted: Sequence[str]) -> list[Offer]:
    """Return the named offers without duplicates, ignoring case.

    Raises NotFoundError with the nearest names.
    """
    by_folded = {code.casefold(): code for code in offers}
    chosen: dict[str, Offer] = {}
    for name in wanted:
        code = by_folded.get(name.casefold())
        if code is None:
            raise unknown("service", name, offers, "`s3nav --headless pricing services` lists all")
        chosen[code] = offers[code]
    return list(chosen.values())


def unknown(what: str, name: str, known: Iterable[str], otherwise: str) -> NotFoundError:
    """Build a NotFoundError that suggests the nearest known names, else `otherwise`."""
    folded = {each.casefold(): each for each in known}
    near = difflib.get_close_matches(name.casefold(), list(folded), n=_NEAR, cutoff=0.5)
    inside = [each for each in folded if name.casefold() in each][:_NEAR]
    names = [f"`{folded[each]}`" for each in dict.fromkeys([*inside, *near])][:_NEAR]
    remedy = f"did you mean {' or '.join(names)}?" if names else otherwise
    return NotFoundError(f"no {what} `{name}`", remedy=remedy, slug=f"no-such-{what}")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _safe(name: str, base_url: str) -> str:
    """Return a code or region that is safe as a file name. Raises DownloadError otherwise."""
    if not _NAME.fullmatch(name):
        raise DownloadError(f"the price index of `{base_url}` has an invalid name: `{name[:80]}`")
    return name


def _no_index(base_url: str, error: Exception) -> DownloadError:
    return DownloadError(
        f"`{base_url}` did not return a price index: {misfit(error)}",
        remedy="check `pricing_base_url`",
    )
