"""Read a JSON offer of any layout, but slower: savings plans, minified files, other indents."""

import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import ijson
import msgspec

from s3nav.model.text.plain_messages import misfit, one_line
from s3nav.pricing.index.offer_blocks import BOM, UNPRICED
from s3nav.pricing.index.offer_records import (
    Batch,
    OfferDamagedError,
    OfferHead,
    Product,
    Products,
    RateLine,
    Rates,
    as_text,
)

BATCH = 1000
_READ_BYTES = 4096
"""Read at a time in the first pass: ijson names all that it has read before it is checked."""
_LONGEST_PATH = 512
"""Letters of the longest path in a file; real ones have up to 120. Each level keeps its path."""
_LONG_NUMBER = re.compile(rb"[0-9]{1000}")
_SAVINGS_PLAN = "savingsPlan"
SAVINGS_PLAN_TERM = "SavingsPlan"


class _Plan(msgspec.Struct):
    """Facts that a savings plan states once for all its rates."""

    description: str = ""
    effective: str = ""
    duration: str = ""
    unit: str = ""


class _Outline(msgspec.Struct):
    """The parts of a file, found in a first pass."""

    scalars: dict[str, str] = msgspec.field(default_factory=dict)
    products_are_a_list: bool = False
    term_types: list[str] = msgspec.field(default_factory=list)
    plans: dict[str, _Plan] = msgspec.field(default_factory=dict)


def read_events(path: Path) -> Iterator[Batch]:
    """Yield the head, then products and rates. Raises OfferDamagedError and OSError."""
    try:
        with path.open("rb") as file:
            outline = _outline(_CheckedFile(_start(file)))
            yield _head(outline, path)
            yield from _batched(_products(_start(file), outline))
            for name in outline.term_types:
                yield from _rate_batches(_start(file), name, outline)
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise OfferDamagedError(
            f"`{path}` is not a complete offer: {one_line(str(error))[:120]}",
            remedy="`s3nav --headless pricing download` fetches it again",
        ) from error
    except (TypeError, AttributeError, KeyError, ValueError, RecursionError) as error:
        raise OfferDamagedError(
            f"`{path}` is JSON but not an offer: {misfit(error)}",
            remedy="check that it is a file of the price list",
        ) from error


class _CheckedFile:
    """A file whose numbers are of sane length: one of 4,301 digits ends ijson with a crash."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size_bytes: int) -> bytes:
        """The next bytes. Raises ValueError for a thousand digits in a row."""
        read = self._file.read(size_bytes)
        if _LONG_NUMBER.search(read):
            raise ValueError("a number has more than a thousand digits")
        return read


def _start(file: BinaryIO) -> BinaryIO:
    file.seek(0)
    if file.read(len(BOM)) != BOM:
        file.seek(0)
    return file


def _outline(file: _CheckedFile) -> _Outline:
    outline = _Outline()
    plan = _Plan()
    plan_fields = {
        "description": "description",
        "effectiveDate": "effective",
        "leaseContractLength.duration": "duration",
        "leaseContractLength.unit": "unit",
    }
    plan_prefix = f"terms.{_SAVINGS_PLAN}.item"
    for prefix, event, value in ijson.parse(file, buf_size=_READ_BYTES):
        if len(prefix) > _LONGEST_PATH:
            raise TypeError("a path is too long")
        if event == "map_key":
            if prefix == "terms":
                outline.term_types.append(value)
        elif prefix == "products":
            outline.products_are_a_list |= event == "start_array"
        elif prefix == plan_prefix and event == "start_map":
            plan = _Plan()
        elif prefix == plan_prefix + ".sku":
            outline.plans[value] = plan
        elif prefix.startswith(plan_prefix) and prefix[len(plan_prefix) + 1 :] in plan_fields:
            setattr(plan, plan_fields[prefix[len(plan_prefix) + 1 :]], as_text(value))
        elif prefix and "." not in prefix and event in {"string", "number"}:
            outline.scalars[prefix] = as_text(value)
    return outline


def _head(outline: _Outline, path: Path) -> OfferHead:
    scalars = outline.scalars
    if not scalars.get("version") or not scalars.get("publicationDate"):
        raise OfferDamagedError(
            f"`{path}` is JSON but not an offer: it has no version",
            remedy="check that it is a file of the price list",
        )
    return OfferHead(
        offer=scalars.get("offerCode", ""),
        version=scalars["version"],
        published_at=scalars["publicationDate"],
        is_savings_plan=outline.products_are_a_list,
    )


def _products(file: BinaryIO, outline: _Outline) -> Iterator[Product]:
    if outline.products_are_a_list:
        for found in ijson.items(file, "products.item"):
            attributes = dict(found.get("attributes") or {})
            for name in ("serviceCode", "usageType", "operation"):
                if found.get(name):
                    attributes.setdefault(name.lower(), found[name])
            yield _product(found["sku"], found, attributes)
    else:
        for sku, found in ijson.kvitems(file, "products"):
            yield _product(found.get("sku") or sku, found, found.get("attributes") or {})


def _product(sku: str, found: dict[str, object], attributes: dict[str, object]) -> Product:
    texts = {str(name): as_text(value) for name, value in attributes.items()}
    return Product(sku, as_text(found.get("productFamily")), texts)


def _rate_batches(file: BinaryIO, name: str, outline: _Outline) -> Iterator[Rates]:
    lines = _savings_lines(file, outline) if name == _SAVINGS_PLAN else _term_lines(file, name)
    while batch := Rates(islice(lines, BATCH)):
        yield batch


def _term_lines(file: BinaryIO, term_type: str) -> Iterator[RateLine]:
    for sku, terms in ijson.kvitems(file, f"terms.{term_type}"):
        for term in terms.values() if isinstance(terms, dict) else (terms,):
            dimensions = term.get("priceDimensions") if isinstance(term, dict) else None
            if isinstance(dimensions, dict):
                yield from _dimension_lines(term_type, sku, term, dimensions)
            else:
                yield _odd_line(term_type, sku, term)


def _dimension_lines(
    term_type: str, sku: str, term: dict[str, object], dimensions: dict[str, dict[str, object]]
) -> Iterator[RateLine]:
    for code, dimension in dimensions.items():
        for currency, price in _members(dimension.get("pricePerUnit")) or UNPRICED.items():
            yield RateLine(
                sku,
                term_type,
                as_text(term.get("offerTermCode")),
                as_text(dimension.get("rateCode")) or code,
                as_text(dimension.get("unit")),
                currency,
                as_text(dimension.get("beginRange")),
                as_text(dimension.get("endRange")),
                as_text(price),
                as_text(dimension.get("description")),
                as_text(term.get("effectiveDate")),
                _members(term.get("termAttributes")),
                _texts(dimension.get("appliesTo")),
            )


def _members(found: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(found, dict):
        return ()
    return tuple((str(name), as_text(value)) for name, value in found.items())


def _texts(found: object) -> tuple[str, ...]:
    return tuple(as_text(each) for each in found) if isinstance(found, list) else ()


def _odd_line(term_type: str, sku: str, term: object) -> RateLine:
    """Keep a term of an undocumented kind as its JSON text, without a price."""
    words = json.dumps(term, default=str)
    return RateLine(sku, term_type, "", sku, "", "", "", "", "", words, "", (), ())


def _savings_lines(file: BinaryIO, outline: _Outline) -> Iterator[RateLine]:
    """Yield a savings plan's rates; each names the product it discounts."""
    for found in ijson.items(file, f"terms.{_SAVINGS_PLAN}.item.rates.item"):
        code = as_text(found.get("rateCode"))
        sku = code.partition(".")[0]
        plan = outline.plans.get(sku, _Plan())
        price = found.get("discountedRate") or {}
        about = [(name, as_text(found.get(name))) for name in sorted(found)]
        yield RateLine(
            sku,
            SAVINGS_PLAN_TERM,
            "",
            code,
            as_text(found.get("unit")),
            as_text(price.get("currency")),
            "",
            "",
            as_text(price.get("price")),
            plan.description,
            plan.effective,
            (
                ("LeaseContractLength", f"{plan.duration} {plan.unit}".strip()),
                *(
                    (name, text)
                    for name, text in about
                    if name.startswith("discounted") and name != "discountedRate"
                ),
            ),
            (as_text(found.get("discountedSku")),),
        )


def _batched(products: Iterator[Product]) -> Iterator[Batch]:
    while batch := Products(islice(products, BATCH)):
        yield batch
