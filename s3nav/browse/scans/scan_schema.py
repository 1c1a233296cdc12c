"""The tables of the scan database and the SQL that reads and writes them."""

MIGRATIONS = (
    """
CREATE TABLE scans (
    number INTEGER PRIMARY KEY,
    scan_id TEXT NOT NULL UNIQUE,
    endpoint TEXT NOT NULL,
    bucket TEXT NOT NULL,
    prefix BLOB NOT NULL,
    region TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL,
    started_at REAL NOT NULL,
    ended_at REAL,
    duration_s REAL NOT NULL DEFAULT 0,
    requests INTEGER NOT NULL DEFAULT 0,
    objects INTEGER NOT NULL DEFAULT 0,
    size_bytes INTEGER NOT NULL DEFAULT 0,
    newest_s INTEGER NOT NULL DEFAULT -1,
    oldest_s INTEGER NOT NULL DEFAULT -1,
    share REAL,
    reason TEXT NOT NULL DEFAULT '',
    may_resume INTEGER NOT NULL DEFAULT 0,
    facts BLOB NOT NULL DEFAULT x'',
    has_pages INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX scans_of_place ON scans (endpoint, bucket, prefix);
CREATE TABLE pages (
    number INTEGER PRIMARY KEY,
    scan INTEGER NOT NULL,
    after BLOB NOT NULL,
    upto BLOB,
    last BLOB NOT NULL,
    objects INTEGER NOT NULL,
    columns BLOB NOT NULL
);
CREATE UNIQUE INDEX pages_in_order ON pages (scan, after);
CREATE TABLE totals (
    scan INTEGER NOT NULL,
    parent BLOB NOT NULL,
    prefix BLOB NOT NULL,
    objects INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    newest_s INTEGER NOT NULL,
    oldest_s INTEGER NOT NULL,
    is_folded INTEGER NOT NULL,
    PRIMARY KEY (scan, parent, prefix)
) WITHOUT ROWID;
""",
    "ALTER TABLE scans ADD COLUMN inventory TEXT NOT NULL DEFAULT '';",
    # `endpoint` names the S3. It was the URL as typed; '' meant AWS, or an endpoint of the
    # environment or of a profile, so that such a scan has no `connection`.
    """
ALTER TABLE scans ADD COLUMN connection TEXT;
UPDATE scans SET endpoint = rtrim(endpoint, '/');
UPDATE scans SET connection = json_object('endpoint', endpoint) WHERE endpoint <> '';
UPDATE scans SET endpoint = 'aws' WHERE endpoint = '';
""",
)

ADD_SCAN = """
INSERT INTO scans (scan_id, endpoint, connection, bucket, prefix, state, started_at, inventory)
VALUES (?, ?, ?, ?, ?, 'running', ?, ?)
"""
ADD_PAGE = """
INSERT INTO pages (scan, after, upto, last, objects, columns) VALUES (?, ?, ?, ?, ?, ?)
"""
ADD_TOTAL = """
INSERT OR REPLACE INTO totals (scan, parent, prefix, objects, size_bytes, newest_s, oldest_s,
                               is_folded)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
DROP_TOTALS = "DELETE FROM totals WHERE scan = ?"
FINISH = """
UPDATE scans SET state = ?, region = ?, ended_at = ?, duration_s = ?, requests = ?, objects = ?,
    size_bytes = ?, newest_s = ?, oldest_s = ?, share = ?, reason = ?, may_resume = ?, facts = ?
WHERE scan_id = ?
"""
# Pages without order complete no span and are listed again: see `Counting.take`.
DROP_UNPROVEN = """
DELETE FROM pages WHERE upto = after AND scan = (SELECT number FROM scans WHERE scan_id = ?)
"""
REOPEN = "UPDATE scans SET state = 'running' WHERE scan_id = ?"
SCAN = "SELECT * FROM scans WHERE scan_id = ?"
SCANS_LIKE = """
SELECT * FROM scans WHERE substr(scan_id, 1, length(?1)) = ?1 OR substr(scan_id, 8) = ?1
"""
_NEWEST_FIRST = "ORDER BY started_at DESC, number DESC"
SCANS = f"SELECT * FROM scans WHERE endpoint = ? {_NEWEST_FIRST}"
SCANS_OF = f"""
SELECT * FROM scans WHERE endpoint = ? AND bucket = ? AND prefix = ? {_NEWEST_FIRST}
"""
RUNNING = "SELECT * FROM scans WHERE state = ?"
SPANS = "SELECT after, upto FROM pages WHERE scan = ? ORDER BY after"
PAGE_ENDS = "SELECT last, objects FROM pages WHERE scan = ? AND objects > 0 ORDER BY after"
HAS_NO_ORDER = "SELECT 1 FROM pages WHERE scan = ? AND upto = after LIMIT 1"
PAGES = """
SELECT columns FROM pages WHERE scan = ? AND objects > 0 AND last >= ? ORDER BY after
"""
TOTAL = "SELECT * FROM totals WHERE scan = ? AND parent = ? AND prefix = ?"
CHILDREN = "SELECT * FROM totals WHERE scan = ? AND parent = ? AND prefix <> parent"
TOTALS = "SELECT * FROM totals WHERE scan = ? ORDER BY prefix"
EMPTY = ("DELETE FROM pages WHERE scan = ?",)
DROP_PAGES = (
    "DELETE FROM pages WHERE scan = ?",
    "UPDATE scans SET has_pages = 0 WHERE number = ?",
)
FORGET = (
    "DELETE FROM pages WHERE scan = ?",
    "DELETE FROM totals WHERE scan = ?",
    "DELETE FROM scans WHERE number = ?",
)
