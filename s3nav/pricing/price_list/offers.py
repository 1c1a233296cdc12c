"""Which offers there are, in which regions, and where their files lie."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

import msgspec

from s3nav.model.errors import DownloadError, NotFoundError
from s3nav.model.text.plain_messages import misfit

ESTIMATED = ("AmazonS3", "AmazonS3GlacierDeepArchive", "AWSDataTransfer")
"""The offers that s3nav's own estimates are made from."""
EVERYWHERE = "global"
"""In place of a region: the file that has all of them."""

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
    """Offers have an object, savings plans a list."""


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the index. URLs are absolute; empty when the index has none."""

    code: str
    current_url: str
    """The file of all regions."""
    regions_url: str
    savings_regions_url: str

    @property
    def savings_code(self) -> str:
        """The name of its savings plans, which several services share; empty without."""
        path = urlsplit(self.savings_regions_url).path
        return path.rpartition("/current/")[0].rpartition("/")[2]


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the price list, and what it is called here."""

    service: str
    region: str
    """`EVERYWHERE` for all; empty for an index."""
    url: str
    name: str
    """Path below the output directory, without suffix: ``AmazonEC2``."""
    kept_as: str = ""
    """The same below the cache directory, where each region has its own; empty for `name`."""
    suffix: str = ".json"


def parse_index(content: bytes, base_url: str) -> dict[str, Offer]:
    """All offers by code, sorted. Raises DownloadError when it is no index of offers."""
    try:
        index = msgspec.json.decode(content, type=_Index)
    except msgspec.DecodeError as error:
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
    """Region to the URL of its newest file. Raises DownloadError."""
    try:
        found = msgspec.json.decode(content, type=_Regions).regions
    except msgspec.DecodeError as error:
        raise _no_index(base_url, error) from error
    regions = found if isinstance(found, list) else found.values()
    return {
        _safe(region.regionCode, base_url): absolute(
            base_url, region.currentVersionUrl or region.versionUrl
        )
        for region in regions
    }


def absolute(base_url: str, path: str) -> str:
    """Where a path of the index lies: behind the same host, and the same prefix of a mirror.

    Raises DownloadError for a path that leads elsewhere.
    """
    if not path:
        return ""
    base = base_url.rstrip("/")
    if "://" in path or path.startswith("//"):
        if not path.startswith(f"{_origin(base)}/"):
            raise DownloadError(f"the price index leads elsewhere: `{path}`")
        return path
    root = base.removesuffix(_OFFERS_PATH) if base.endswith(_OFFERS_PATH) else _origin(base)
    return f"{root}/{path.lstrip('/')}"


def pick(offers: Mapping[str, Offer], wanted: Sequence[str]) -> list[Offer]:
    """The named offers, whatever the case they are typed in, each once.

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
    """An error that names what is meant, perhaps."""
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
    """A code or region that may become a file name."""
    if not _NAME.fullmatch(name):
        raise DownloadError(f"the price index of `{base_url}` has a strange name: `{name[:80]}`")
    return name


def _no_index(base_url: str, error: Exception) -> DownloadError:
    return DownloadError(
        f"`{base_url}` does not answer with a price index: {misfit(error)}",
        remedy="check `pricing_base_url`",
    )
