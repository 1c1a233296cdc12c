"""Search a million rates as the user types: full text, facets, and correction of typos."""

import difflib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from s3nav.persistence import Reader
from s3nav.pricing.catalogue.offer_versions import CurrentProducts
from s3nav.pricing.index import RATES_BITS, facet_mark, plain_words

MAX_RANKED = 1_000
"""Products of one search that are ranked and counted: as many as 20 ms allow."""
MAX_COMPLETIONS = 48
"""Largest number of words with a typed prefix that are searched one by one.

FTS5 then returns the first products at once; a prefix query merges all its words first.
"""
MAX_SKIPPED = 20_000
"""Products of older versions that a search skips before it stops."""
MAX_TOKENS = 12
MIN_SIMILARITY = 0.6
_TOKEN = re.compile(r"\w+")
FACETS = {"service": "s", "region": "r", "kind": "k", "family": "f"}
"""Facet names in display order, with the letter of their marks in the search table."""

MATCHING = "SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid DESC"
NEWEST = "SELECT id AS rowid FROM products ORDER BY id DESC"
FACTS = """
SELECT id, sku, usage_type, operation, region_id, kind_id, family_id FROM products WHERE id IN ({})
"""
COMPLETIONS = "SELECT word FROM vocabulary WHERE word >= ? AND word < ? LIMIT ?"
ATTRIBUTES = "SELECT json FROM attributes WHERE product_id = ?"
WORD = "SELECT word FROM words WHERE id = ?"
WORD_ID = "SELECT id FROM words WHERE word = ? COLLATE NOCASE"
NEAR_WORDS = """
SELECT word FROM vocabulary
WHERE id IN (SELECT rowid FROM spelling WHERE spelling MATCH ? ORDER BY rank LIMIT 40)
"""
FIRST_RATES = """
SELECT term_type, price, begins, ends, description, u.word AS unit, c.word AS currency
FROM rates JOIN terms ON terms.id = term_id
JOIN words u ON u.id = unit_id JOIN words c ON c.id = currency_id
WHERE rates.id BETWEEN ? AND ?
ORDER BY term_type <> 'OnDemand', rates.id LIMIT 60
"""


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A product that matched, with its first price."""

    product_id: int
    sku: str
    service: str
    region: str
    usage_type: str
    operation: str
    family: str
    kind: str
    unit: str
    currency: str
    price: str
    """Price of the first tier, as AWS writes it; empty when there is none."""
    tiers: int
    """Number of tiers; 1 when every unit costs the same."""
    term_type: str
    description: str
    words: str
    """Description in plain words; empty when s3nav has none."""


class SearchResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a search."""

    hits: tuple[Hit, ...]
    total: int
    """Number of matching products; the facets count these."""
    is_cut: bool
    """True when more products match than were examined: all counts are lower bounds."""
    facets: Mapping[str, tuple[tuple[str, int], ...]] = msgspec.field(
        default_factory=lambda: MappingProxyType({})
    )
    """Each facet's values with counts, most frequent first."""
    corrected: Mapping[str, str] = msgspec.field(default_factory=lambda: MappingProxyType({}))
    """Typed words that matched nothing, with the words searched for instead."""


class _Seen(NamedTuple):
    """A matching product before ranking."""

    product_id: int
    sku: str
    usage_type: str
    operation: str
    service: str
    region_id: int
    kind_id: int
    family_id: int


class Search:
    """Searches with one reader; `words` caches interned words by id."""

    def __init__(self, reader: Reader, current: CurrentProducts, words: dict[int, str]) -> None:
        self._reader = reader
        self._current = current
        self._words = words

    def run(
        self, query: str, narrowed: Mapping[str, str], *, limit: int, offset: int = 0
    ) -> SearchResult:
        """Return products that contain a word starting with each word of `query`.

        `narrowed` maps facet to value. When nothing matches, unknown words are replaced by the
        closest known ones, which the result names.
        """
        tokens = [token.lower() for token in _TOKEN.findall(query)][:MAX_TOKENS]
        marks = self._marks(narrowed)
        if marks is None:
            return SearchResult(hits=(), total=0, is_cut=False)
        corrected: dict[str, str] = {}
        ids, is_cut = self._matching(tokens, marks)
        if not ids and tokens:
            corrected = self._correct(tokens)
            if corrected:
                tokens = [corrected.get(token, token) for token in tokens]
                ids, is_cut = self._matching(tokens, marks)
        seen = self._facts(ids)
        seen.sort(key=lambda each: _rank(each, tokens))
        return SearchResult(
            hits=tuple(self._hit(each) for each in seen[offset : offset + limit]),
            total=len(seen),
            is_cut=is_cut,
            facets=self._counted(seen),
            corrected=corrected,
        )

    def hits(self, product_ids: Sequence[int]) -> list[Hit]:
        """Return products by id, without those of older versions."""
        return [self._hit(each) for each in self._facts(product_ids)]

    def _hit(self, seen: _Seen) -> Hit:
        """Build a hit: the product with its first price."""
        first = seen.product_id << RATES_BITS
        last = first + (1 << RATES_BITS) - 1
        rates = list(self._reader.rows(FIRST_RATES, (first, last)))
        rate = rates[0] if rates else None
        like = (rate["term_type"], rate["unit"]) if rate else None
        begins = {each["begins"] for each in rates if (each["term_type"], each["unit"]) == like}
        attributes = self._reader.one(ATTRIBUTES, (seen.product_id,))
        known = decode_attributes(attributes["json"]) if attributes else {}
        return Hit(
            product_id=seen.product_id,
            sku=seen.sku,
            service=seen.service,
            region=self._word(seen.region_id),
            usage_type=seen.usage_type,
            operation=seen.operation,
            family=self._word(seen.family_id),
            kind=self._word(seen.kind_id),
            unit=rate["unit"] if rate else "",
            currency=rate["currency"] if rate else "",
            price=rate["price"] if rate else "",
            tiers=len(begins) or 1,
            term_type=rate["term_type"] if rate else "",
            description=rate["description"] if rate else "",
            words=plain_words(seen.usage_type, seen.operation, known),
        )

    def _word(self, word_id: int) -> str:
        """Return an interned word."""
        known = self._words.get(word_id)
        if known is None:
            row = self._reader.one(WORD, (word_id,))
            known = self._words[word_id] = row["word"] if row else ""
        return known

    def _marks(self, narrowed: Mapping[str, str]) -> list[str] | None:
        """Return the search terms of the chosen facet values; None when a value is unknown."""
        marks = []
        for facet, value in narrowed.items():
            rows = list(self._reader.rows(WORD_ID, (value,)))
            if not rows:
                return None
            each = " OR ".join(f'"{facet_mark(FACETS[facet], row["id"])}"' for row in rows)
            marks.append(f"({each})")
        return marks

    def _completed(self, token: str) -> str:
        """Return the FTS5 query of a token: the words it is a prefix of."""
        after = token[:-1] + chr(ord(token[-1]) + 1)
        rows = self._reader.rows(COMPLETIONS, (token, after, MAX_COMPLETIONS + 1))
        words = [row["word"] for row in rows]
        if not words or len(words) > MAX_COMPLETIONS:
            return f'"{token}"*'
        return "(" + " OR ".join(f'"{word}"' for word in words) + ")"

    def _matching(self, tokens: Sequence[str], marks: Sequence[str]) -> tuple[list[int], bool]:
        """Return ids of matching current products, and whether there may be more."""
        if tokens or marks:
            wanted = " AND ".join([*(self._completed(token) for token in tokens), *marks])
            rows = self._reader.rows(MATCHING, (wanted,))
        else:
            rows = self._reader.rows(NEWEST)
        found: list[int] = []
        skipped = 0
        for row in rows:
            product_id: int = row[0]
            if self._current.version_of(product_id) is None:
                skipped += 1
                if skipped > MAX_SKIPPED:
                    return found, True
            elif len(found) == MAX_RANKED:
                return found, True
            else:
                found.append(product_id)
        return found, False

    def _facts(self, ids: Sequence[int]) -> list[_Seen]:
        if not ids:
            return []
        found = []
        for row in self._reader.rows(FACTS.format(",".join("?" * len(ids))), ids):
            product_id, sku, usage_type, operation, region_id, kind_id, family_id = row
            version = self._current.version_of(product_id)
            if version is None or self._current.is_doubled(version, self._word(region_id)):
                continue
            found.append(
                _Seen(
                    product_id,
                    sku,
                    usage_type,
                    operation,
                    version.offer,
                    region_id,
                    kind_id,
                    family_id,
                )
            )
        return found

    def _correct(self, tokens: Sequence[str]) -> dict[str, str]:
        """Map words that occur nowhere to the closest ones that do."""
        corrected = {}
        for token in tokens:
            if len(token) < 4 or self._reader.one(MATCHING + " LIMIT 1", (f'"{token}"*',)):
                continue
            pieces = {token[at : at + 3] for at in range(len(token) - 2)}
            near = " OR ".join(f'"{piece}"' for piece in sorted(pieces))
            words = [row["word"] for row in self._reader.rows(NEAR_WORDS, (near,))]
            best = difflib.get_close_matches(token, words, n=1, cutoff=MIN_SIMILARITY)
            if best:
                corrected[token] = best[0]
        return corrected

    def _counted(self, seen: Sequence[_Seen]) -> dict[str, tuple[tuple[str, int], ...]]:
        """Count products by facet; products without a family are left out of that facet."""
        ids = {
            "region": Counter(each.region_id for each in seen),
            "kind": Counter(each.kind_id for each in seen),
            "family": Counter(each.family_id for each in seen),
        }
        counted = {"service": tuple(Counter(each.service for each in seen).most_common())}
        for facet, numbers in ids.items():
            named = [(self._word(word_id), number) for word_id, number in numbers.most_common()]
            counted[facet] = tuple((word, number) for word, number in named if word)
        return counted


def _rank(seen: _Seen, tokens: Sequence[str]) -> tuple[int, int, str, int, str]:
    """Sort key: first usage types that contain most of the words, then the shorter ones."""
    folded = seen.usage_type.lower()
    named = 0
    for token in tokens:
        named -= token in folded
    return (named, len(folded), seen.service, seen.region_id, seen.usage_type)


def decode_attributes(blob: bytes) -> dict[str, str]:
    """Decode a product's attributes."""
    return msgspec.json.decode(blob, type=dict[str, str])
