"""Write one offer's products and rates to the price database, in batches, in one transaction."""

import re
from collections.abc import Iterable, Iterator

import msgspec

from s3nav.persistence import Writer
from s3nav.pricing.index.offer_events import SAVINGS_PLAN_TERM
from s3nav.pricing.index.offer_records import Product, Products, RateLine, Rates
from s3nav.pricing.index.price_schema import RATES_BITS, facet_mark
from s3nav.pricing.index.usage_types import PLACE_OF_REGION, pieces_of, region_of, stem_of
from s3nav.pricing.index.usage_words import kind_of, plain_words

MAX_WORD_LETTERS = 40
"""Longer words are not offered as completions or corrections."""
MAX_SEEN_TEXTS = 20_000
"""Texts remembered so that their words are not split twice; the set is cleared when full."""
_WORD = re.compile(r"\w+")
_EMPTY_VALUES = frozenset({"NA", "N/A", "", "AWS Region"})
_NOT_SEARCHED = frozenset({"instancesku", "usagetype", "operation", "servicename", "locationType",
                           "fromLocationType", "toLocationType"})  # fmt: skip
"""Attributes of no use in a search, or that are indexed in another form."""

ADD_PRODUCT = "INSERT INTO products VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
ADD_STEM = "INSERT INTO stems VALUES (?, ?, ?)"
ADD_ATTRIBUTES = "INSERT INTO attributes VALUES (?, ?)"
ADD_RATE = "INSERT INTO rates VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
ADD_WORD = "INSERT OR IGNORE INTO vocabulary (word) VALUES (?)"
SPELL = """
INSERT INTO spelling (rowid, word)
SELECT id, word FROM vocabulary WHERE id > ? AND length(word) >= ? AND word GLOB '[^0-9]*'
"""
MIN_SPELLED_LETTERS = 4
"""Shorter words are not corrected: too many words are similar to them."""
ADD_PENDING = "INSERT INTO temp.pending VALUES (?, ?)"
DESCRIBE_PENDING = "UPDATE temp.pending SET words = words || ' ' || ? WHERE product_id = ?"
INDEX_PENDING = "INSERT INTO search (rowid, words) SELECT product_id, words FROM temp.pending"


class Interned:
    """Ids of repeated words, which rows store in place of the text."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._ids: dict[str, int] = {}

    def __getitem__(self, word: str) -> int:
        known = self._ids.get(word)
        if known is None:
            self._writer.execute("INSERT OR IGNORE INTO words (word) VALUES (?)", (word,))
            row = self._writer.one("SELECT id FROM words WHERE word = ?", (word,))
            assert row is not None
            known = self._ids[word] = int(row["id"])
        return known


class OfferLoad:
    """State of one load; it needs a few dozen bytes of memory per product."""

    def __init__(self, writer: Writer, *, offer: str, region: str) -> None:
        self._writer = writer
        self._region = region
        self._words = Interned(writer)
        self._offer_id = self._words[offer]
        self._terms: dict[tuple[str, str, tuple[tuple[str, str], ...]], int] = {}
        self._ids: dict[str, int] = {}
        self._next_rate: dict[int, int] = {}
        self._plans: dict[str, Product] = {}
        """Savings plans by SKU; each of their rates becomes a product of its own."""
        self._seen: set[str] = set()
        self._known: set[str] = set()
        self._last_term: dict[int, str] = {}
        version = writer.one("SELECT coalesce(max(id), 0) + 1 AS id FROM versions")
        last = writer.one("SELECT coalesce(max(last_product), 0) AS id FROM versions")
        assert version is not None
        assert last is not None
        self.version_id = int(version["id"])
        self.first_product = int(last["id"]) + 1
        self.last_product = int(last["id"])
        self.product_count = 0
        self.rate_count = 0
        writer.execute("DROP TABLE IF EXISTS temp.pending")
        writer.execute("CREATE TEMP TABLE pending (product_id INTEGER PRIMARY KEY, words TEXT)")

    def products(self, batch: Products) -> None:
        """Write products; they must be written before their rates."""
        self.product_count += len(batch)
        self._add([(self._new_id(each.sku), each) for each in batch])

    def rates(self, batch: Rates) -> None:
        """Write the rates of products already written."""
        self.rate_count += len(batch)
        if batch and batch[0].term_type == SAVINGS_PLAN_TERM:
            self._savings(batch)
        described: list[tuple[str, int]] = []
        self._writer.execute_many(ADD_RATE, self._rate_rows(batch, described))
        if described:
            self._writer.execute_many(DESCRIBE_PENDING, described)

    def finish(self) -> None:
        """Add the written products and their words to the search index."""
        self._writer.execute(INDEX_PENDING)
        self._writer.execute("DROP TABLE temp.pending")
        last = self._writer.one("SELECT coalesce(max(id), 0) AS id FROM vocabulary")
        assert last is not None
        self._writer.execute_many(ADD_WORD, ((word,) for word in sorted(self._known)))
        self._writer.execute(SPELL, (last["id"], MIN_SPELLED_LETTERS))

    def _new_id(self, sku: str) -> int:
        self.last_product += 1
        self._ids[sku] = self.last_product
        return self.last_product

    def _add(self, numbered: list[tuple[int, Product]]) -> None:
        rows, stems, blobs, words = [], [], [], []
        for product_id, product in numbered:
            attributes = product.attributes
            usage_type = attributes.get("usagetype", "")
            operation = attributes.get("operation", "")
            region = region_of(attributes, usage_type, self._region)
            region_id = self._words[region]
            kind_id = self._words[kind_of(usage_type, operation)]
            family_id = self._words[product.family]
            rows.append(
                (product_id, self.version_id, product.sku, usage_type, operation, region_id,
                 kind_id, family_id)
            )  # fmt: skip
            stems.append((stem_of(usage_type), operation, product_id))
            blobs.append((product_id, msgspec.json.encode(attributes)))
            marks = (
                ("s", self._offer_id),
                ("r", region_id),
                ("k", kind_id),
                ("f", family_id),
            )
            said = self._said(product, usage_type, operation, region)
            words.append((product_id, " ".join([*said, *(facet_mark(*mark) for mark in marks)])))
        self._writer.execute_many(ADD_PRODUCT, rows)
        self._writer.execute_many(ADD_STEM, stems)
        self._writer.execute_many(ADD_ATTRIBUTES, blobs)
        self._writer.execute_many(ADD_PENDING, words)

    def _said(self, product: Product, usage_type: str, operation: str, region: str) -> list[str]:
        attributes = product.attributes
        said = [
            product.sku,
            usage_type,
            pieces_of(usage_type),
            operation,
            kind_of(usage_type, operation),
            plain_words(usage_type, operation, attributes),
            product.family,
        ]
        said += [
            value
            for name, value in attributes.items()
            if value not in _EMPTY_VALUES and name not in _NOT_SEARCHED
        ]
        said += (region, PLACE_OF_REGION.get(region, ""))
        self._learn(said[1:])
        return said

    def _learn(self, texts: Iterable[str]) -> None:
        """Collect new words, which a search uses to complete and correct typed ones."""
        if len(self._seen) > MAX_SEEN_TEXTS:
            self._seen.clear()
        for text in texts:
            if text not in self._seen:
                self._seen.add(text)
                self._known.update(
                    word for word in _WORD.findall(text.lower()) if len(word) <= MAX_WORD_LETTERS
                )

    def _savings(self, batch: Rates) -> None:
        """Add each rate of a savings plan as a product that is found by what it discounts."""
        numbered = []
        for line in batch:
            plan = self._plan(line.sku)
            about = dict(line.term_attributes)
            attributes = {
                **plan.attributes,
                "usagetype": about.get("discountedUsageType", ""),
                "operation": about.get("discountedOperation", ""),
                "discountedServiceCode": about.get("discountedServiceCode", ""),
            }
            if instance := about.get("discountedInstanceType"):
                attributes["instanceType"] = instance
            product = Product(line.rate_code, plan.family, attributes)
            numbered.append((self._new_id(line.rate_code), product))
        self._add(numbered)

    def _plan(self, sku: str) -> Product:
        known = self._plans.get(sku)
        if known is None:
            row = self._writer.one(
                "SELECT json, word FROM attributes JOIN products ON products.id = product_id"
                " JOIN words ON words.id = family_id WHERE product_id = ?",
                (self._ids.get(sku, 0),),
            )
            found = {} if row is None else msgspec.json.decode(row["json"], type=dict[str, str])
            known = self._plans[sku] = Product(sku, "" if row is None else row["word"], found)
        return known

    def _rate_rows(
        self, batch: Rates, described: list[tuple[str, int]]
    ) -> Iterator[tuple[int, int, int, int, str, str, str, str, str, int, str]]:
        ids, words, numbers = self._ids, self._words, self._next_rate
        for line in batch:
            is_saving = line.term_type == SAVINGS_PLAN_TERM
            product_id = ids.get(line.rate_code if is_saving else line.sku)
            if product_id is None:
                product_id = self._orphan(line)
            number = numbers.get(product_id, 0)
            numbers[product_id] = number + 1
            if self._last_term.get(product_id) != line.term_type:
                # Only the first price of each kind of term is indexed: the others add no new words.
                self._last_term[product_id] = line.term_type
                said = f"{line.term_type} {line.description}"
                described.append((said, product_id))
                self._learn((said,))
            yield (
                product_id << RATES_BITS | number,
                self._term(line),
                words[line.unit],
                words[line.currency],
                line.begin,
                line.end,
                line.price,
                line.rate_code,
                line.description,
                words[line.effective],
                " ".join(line.applies_to),
            )

    def _orphan(self, line: RateLine) -> int:
        """Add a product without attributes for a rate whose product the file lacks."""
        product_id = self._new_id(line.sku)
        self._add([(product_id, Product(line.sku, "", {}))])
        return product_id

    def _term(self, line: RateLine) -> int:
        attributes = () if line.term_type == SAVINGS_PLAN_TERM else line.term_attributes
        key = (line.term_type, line.term_code, attributes)
        known = self._terms.get(key)
        if known is None:
            text = msgspec.json.encode(dict(attributes)).decode()
            cells = (line.term_type, line.term_code, text)
            self._writer.execute(
                "INSERT OR IGNORE INTO terms (term_type, term_code, attributes) VALUES (?, ?, ?)",
                cells,
            )
            row = self._writer.one(
                "SELECT id FROM terms WHERE term_type = ? AND term_code = ? AND attributes = ?",
                cells,
            )
            assert row is not None
            known = self._terms[key] = int(row["id"])
        return known
