"""The tables of the transfer journal, and its statements."""

MIGRATIONS = (
    """
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY,
    job_id TEXT NOT NULL UNIQUE,
    fingerprint TEXT NOT NULL,
    title TEXT NOT NULL,
    target TEXT NOT NULL,
    created_at REAL NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    requester_pays INTEGER NOT NULL,
    verify INTEGER NOT NULL,
    part_bytes INTEGER NOT NULL,
    is_planned INTEGER NOT NULL DEFAULT 0,
    first_item INTEGER NOT NULL DEFAULT 0,
    last_item INTEGER NOT NULL DEFAULT -1,
    total_files INTEGER NOT NULL DEFAULT 0,
    total_bytes INTEGER NOT NULL DEFAULT 0,
    run_files INTEGER NOT NULL DEFAULT 0,
    run_bytes INTEGER NOT NULL DEFAULT 0,
    run_s REAL NOT NULL DEFAULT 0
);
CREATE TABLE items (
    number INTEGER PRIMARY KEY,
    job INTEGER NOT NULL,
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    local TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    etag TEXT NOT NULL,
    modified_ns INTEGER,
    algorithm TEXT NOT NULL,
    checksum_type TEXT NOT NULL,
    state INTEGER NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    verified_by TEXT NOT NULL DEFAULT ''
);
CREATE TABLE parts (
    item INTEGER NOT NULL,
    start INTEGER NOT NULL,
    stop INTEGER NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (item, start)
) WITHOUT ROWID;
""",
    """
ALTER TABLE jobs ADD COLUMN kind TEXT NOT NULL DEFAULT 'download';
ALTER TABLE jobs ADD COLUMN options TEXT NOT NULL DEFAULT '{}';
""",
    """
ALTER TABLE items ADD COLUMN codec TEXT NOT NULL DEFAULT '';
ALTER TABLE items ADD COLUMN landed_bytes INTEGER;
ALTER TABLE items ADD COLUMN digest TEXT NOT NULL DEFAULT '';
CREATE INDEX items_with_digest ON items (bucket, key) WHERE digest <> '';
""",
    """
ALTER TABLE jobs ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN wish TEXT NOT NULL DEFAULT '';
UPDATE jobs SET rank = number;
ALTER TABLE items ADD COLUMN version_id TEXT NOT NULL DEFAULT '';
""",
    """
CREATE TABLE usage (
    job INTEGER NOT NULL,
    is_plan INTEGER NOT NULL,
    bucket TEXT NOT NULL,
    storage_class TEXT NOT NULL,
    lists INTEGER NOT NULL,
    gets INTEGER NOT NULL,
    heads INTEGER NOT NULL,
    objects INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    excess_bytes INTEGER NOT NULL,
    PRIMARY KEY (job, is_plan, bucket, storage_class)
) WITHOUT ROWID;
""",
    """
CREATE TABLE uploads (
    job INTEGER NOT NULL,
    upload_id TEXT NOT NULL,
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (job, upload_id)
) WITHOUT ROWID;
""",
    # NULL: planned by a release that did not record it.
    """
ALTER TABLE jobs ADD COLUMN s3 TEXT;
ALTER TABLE jobs ADD COLUMN connection TEXT;
""",
    # `target_id` is the device and inode of the directory that a job wrote to, if it is known.
    """
ALTER TABLE jobs ADD COLUMN target_id TEXT NOT NULL DEFAULT '';
CREATE TABLE targets (
    path TEXT NOT NULL,
    target_id TEXT NOT NULL,
    s3 TEXT NOT NULL,
    PRIMARY KEY (path, target_id, s3)
) WITHOUT ROWID;
INSERT OR IGNORE INTO targets SELECT target, '', s3 FROM jobs
WHERE kind = 'download' AND is_planned = 1 AND s3 IS NOT NULL;
""",
)

ADD_JOB = """
INSERT INTO jobs (job_id, fingerprint, title, target, created_at, state, requester_pays, verify,
                  part_bytes, wish, s3, connection, first_item, rank)
VALUES (?, ?, ?, ?, ?, 'planned', ?, ?, ?, ?, ?, ?,
        (SELECT coalesce(max(number), 0) + 1 FROM items),
        (SELECT coalesce(max(rank), 0) + 1 FROM jobs))
"""
# SQLite reuses the item numbers of a job that was forgotten.
LOWER_FIRST_ITEM = """
UPDATE jobs SET first_item = min(first_item, (SELECT coalesce(max(number), 0) + 1 FROM items))
WHERE number = ?
"""
ADD_ITEMS = """
INSERT INTO items (job, bucket, key, local, size_bytes, etag, modified_ns, algorithm,
                   checksum_type, state, reason, codec, version_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
FINISH_PLAN = """
UPDATE jobs SET is_planned = 1, total_files = ?2, total_bytes = ?3,
    last_item = (SELECT coalesce(max(number), 0) FROM items)
WHERE number = ?1
"""
EXTEND_PLAN = """
UPDATE jobs SET state = 'planned', total_files = total_files + ?2, total_bytes = total_bytes + ?3,
    last_item = (SELECT coalesce(max(number), 0) FROM items)
WHERE number = ?1
"""
DROP_EXTENSION = """
DELETE FROM items WHERE job = ?1 AND number > (SELECT last_item FROM jobs WHERE number = ?1)
"""
# An item belongs to one job, and the items of a job lie between its first and its last number,
# perhaps among those of a job planned at the same time: a range scan needs no index.
_OF_JOB = """
number BETWEEN (SELECT first_item FROM jobs WHERE number = ?1)
           AND (SELECT last_item FROM jobs WHERE number = ?1)
AND job = ?1
"""
# A skipped item was in the target when it was planned (by its reason), or is a folder's marker.
_IN_TARGET = "(state IN (1, 2) OR state = 3 AND reason GLOB 'already there*')"
# One JSON array in one step: the GIL is taken once for thousands of rows.
_WINDOW = """
SELECT coalesce(json_group_array(json_array(number, bucket, key, local, size_bytes, etag,
                                            modified_ns, algorithm, checksum_type, codec,
                                            landed_bytes, digest, version_id)), '[]')
FROM (SELECT * FROM items WHERE {which} ORDER BY number LIMIT ?3)
"""
WINDOW = _WINDOW.format(which=f"{_OF_JOB} AND number > ?2 AND state = ?4")
FINISHED_WINDOW = _WINDOW.format(which=f"{_OF_JOB} AND number > ?2 AND {_IN_TARGET}")
COUNTS = f"""
SELECT state, count(*) AS files, coalesce(sum(size_bytes), 0) AS bytes FROM items
WHERE {_OF_JOB} GROUP BY state
"""
RECORDED_BYTES = f"""
SELECT coalesce(sum(stop - start), 0) AS bytes FROM parts
JOIN items ON items.number = parts.item WHERE {_OF_JOB} AND state = 0
"""
ITEMS = f"SELECT * FROM items WHERE {_OF_JOB} ORDER BY number LIMIT ?2 OFFSET ?3"
ITEMS_IN_STATE = f"""
SELECT * FROM items WHERE {_OF_JOB} AND state IN (SELECT value FROM json_each(?4))
ORDER BY number LIMIT ?2 OFFSET ?3
"""
MARK_SYNCED = """
UPDATE items SET state = 1, verified_by = synced.verified_by, landed_bytes = synced.size_bytes,
    digest = synced.digest FROM (
    SELECT json_extract(value, '$[0]') AS number, json_extract(value, '$[1]') AS verified_by,
        json_extract(value, '$[2]') AS size_bytes, json_extract(value, '$[3]') AS digest
    FROM json_each(?)
) AS synced WHERE items.number = synced.number
"""
FINISH = "UPDATE items SET state = 2 WHERE number IN (SELECT value FROM json_each(?))"
DROP_PARTS = "DELETE FROM parts WHERE item IN (SELECT value FROM json_each(?))"
RECORD_PART = "INSERT OR REPLACE INTO parts (item, start, stop, digest) VALUES (?, ?, ?, ?)"
PARTS = "SELECT start, stop, digest FROM parts WHERE item = ?"
FAIL_ITEM = "UPDATE items SET state = 4, reason = ? WHERE number = ?"
REOPEN_ITEM = """
UPDATE items SET state = 0, verified_by = '', landed_bytes = NULL, digest = '' WHERE number = ?
"""
STORED_FILES = """
SELECT items.*, jobs.target FROM items JOIN jobs ON jobs.number = items.job
WHERE bucket = ?1 AND key = ?2 AND digest <> '' AND items.state = 2
    AND (jobs.s3 IS NULL OR ?3 IS NULL OR jobs.s3 = ?3)
ORDER BY items.number DESC LIMIT 20
"""
REPIN_ITEM = """
UPDATE items SET etag = ?, size_bytes = ?, modified_ns = ?, algorithm = ?, checksum_type = ?
WHERE number = ?
"""
SET_SIZE = (
    "UPDATE items SET size_bytes = ?2 WHERE number = ?1",
    """
UPDATE jobs SET total_bytes = (SELECT sum(size_bytes) FROM items WHERE job = jobs.number)
WHERE number = (SELECT job FROM items WHERE number = ?1)
""",
)
_REOPEN = """
UPDATE items SET state = 0, verified_by = '', reason = '', landed_bytes = NULL, digest = ''
"""
REOPEN_LOST = f"{_REOPEN} WHERE {_OF_JOB} AND {_IN_TARGET}"
REOPEN_ITEMS = f"{_REOPEN} WHERE number IN (SELECT value FROM json_each(?))"
REOPEN_FAILED = f"UPDATE items SET state = 0, reason = '' WHERE {_OF_JOB} AND state = 4"
JOBS = "SELECT * FROM jobs WHERE is_planned = 1 ORDER BY rank, number"
RUNNING_ORDER = "SELECT number FROM jobs WHERE state = 'running' ORDER BY rank, number"
SET_RANK = "UPDATE jobs SET rank = ? WHERE number = ?"
JOB = "SELECT * FROM jobs WHERE job_id = ?"
RESUMABLE = """
SELECT * FROM jobs WHERE fingerprint = ?1 AND is_planned = 1
    AND (s3 IS NULL OR ?2 IS NULL OR s3 = ?2)
    AND state IN ('planned', 'running', 'paused') ORDER BY number DESC LIMIT 1
"""
# The same directory under another name is known by its device and inode.
_OVERLAPS = """
(target_id = ?2 AND ?2 <> '' OR path = ?1
 OR substr(?1, 1, length(path) + 1) = path || '/' OR substr(path, 1, length(?1) + 1) = ?1 || '/')
"""
OTHER_S3 = f"SELECT 1 FROM targets WHERE {_OVERLAPS} AND s3 <> ?3 LIMIT 1"
KNOWN_TARGET = f"SELECT 1 FROM targets WHERE {_OVERLAPS} LIMIT 1"
FORGET_TARGET = "DELETE FROM targets WHERE path = ?1 OR substr(path, 1, length(?1) + 1) = ?1 || '/'"
SET_TARGET_ID = "UPDATE jobs SET target_id = ? WHERE number = ?"
ADD_TARGET = """
INSERT OR IGNORE INTO targets SELECT ?1, ?2, s3 FROM jobs WHERE number = ?3 AND s3 IS NOT NULL
"""
RUNNING = "SELECT * FROM jobs WHERE is_planned = 0 OR state = 'running'"
# Only the journal knows which uploads S3 may still keep parts of.
DONE_JOBS = """
SELECT * FROM jobs WHERE state IN ('done', 'cancelled')
    AND number NOT IN (SELECT job FROM uploads)
"""
SET_STATE = "UPDATE jobs SET state = ?, reason = ? WHERE number = ?"
SET_RUN = "UPDATE jobs SET run_files = ?, run_bytes = ?, run_s = ? WHERE number = ?"
FORGET = (
    "DELETE FROM parts WHERE (SELECT job FROM items WHERE number = item) = ?1",
    """
DELETE FROM items WHERE job = ?1 AND number >= (SELECT first_item FROM jobs WHERE number = ?1)
""",
    "DELETE FROM usage WHERE job = ?1",
    "DELETE FROM jobs WHERE number = ?1",
)
