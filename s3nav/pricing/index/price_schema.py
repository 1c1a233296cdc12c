"""Schema of the price database: versions, products, rates and the search index."""

MIGRATIONS = (
    """
    CREATE TABLE versions (
        id INTEGER PRIMARY KEY,
        offer TEXT NOT NULL,
        region TEXT NOT NULL,
        version TEXT NOT NULL,
        published_at TEXT NOT NULL,
        indexed_at TEXT NOT NULL,
        checked_at TEXT NOT NULL,
        is_savings_plan INTEGER NOT NULL,
        products INTEGER NOT NULL,
        rates INTEGER NOT NULL,
        first_product INTEGER NOT NULL,
        last_product INTEGER NOT NULL,
        UNIQUE (offer, region, version)
    );
    CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE);
    CREATE TABLE terms (
        id INTEGER PRIMARY KEY,
        term_type TEXT NOT NULL,
        term_code TEXT NOT NULL,
        attributes TEXT NOT NULL,
        UNIQUE (term_type, term_code, attributes)
    );
    CREATE TABLE products (
        id INTEGER PRIMARY KEY,
        version_id INTEGER NOT NULL,
        sku TEXT NOT NULL,
        usage_type TEXT NOT NULL,
        operation TEXT NOT NULL,
        region_id INTEGER NOT NULL,
        kind_id INTEGER NOT NULL,
        family_id INTEGER NOT NULL
    );
    CREATE INDEX products_by_sku ON products (sku);
    CREATE INDEX products_by_version ON products (version_id, region_id);
    CREATE TABLE stems (
        stem TEXT NOT NULL,
        operation TEXT NOT NULL,
        product_id INTEGER NOT NULL,
        PRIMARY KEY (stem, operation, product_id)
    ) WITHOUT ROWID;
    CREATE TABLE attributes (product_id INTEGER PRIMARY KEY, json BLOB NOT NULL);
    CREATE TABLE rates (
        id INTEGER PRIMARY KEY,
        term_id INTEGER NOT NULL,
        unit_id INTEGER NOT NULL,
        currency_id INTEGER NOT NULL,
        begins TEXT NOT NULL,
        ends TEXT NOT NULL,
        price TEXT NOT NULL,
        rate_code TEXT NOT NULL,
        description TEXT NOT NULL,
        effective_id INTEGER NOT NULL,
        applies_to TEXT NOT NULL
    );
    CREATE VIRTUAL TABLE search USING fts5(words, content='', detail=none, columnsize=0);
    CREATE TABLE vocabulary (id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE);
    CREATE VIRTUAL TABLE spelling USING fts5(word, content='', tokenize='trigram');
    """,
)
"""A rate's id is its product's id times 2^20 plus a number, so a product's rates are adjacent.

`search` has one row per product: its words, and a made-up word for each facet value
(`facet_mark`), so that one full-text query also filters by facet.
"""

RATES_BITS = 20
"""Room for 2^20 rates per product and 2^43 products."""


def facet_mark(facet: str, word_id: int) -> str:
    """Return the word in `search` that marks every product with one value of a facet."""
    return f"zqx{facet}x{word_id}"
