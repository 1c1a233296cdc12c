"""Find out whether a damaged database explains an unexpected error."""

import sqlite3
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from s3nav.model.errors import LocalDiskError
from s3nav.persistence.database import damaged

LOOKS_FOR_S = 10.0
"""Longest look at one file; one that takes longer counts as good."""
_STEPS = 100_000
_FITTING = {"INTEGER": ("integer",), "REAL": ("real", "integer"), "TEXT": ("text",)}
"""Types of values that SQLite keeps in a column declared so, when s3nav wrote them."""
_COLUMNS = """
SELECT m.name AS holder, c.name AS name, upper(c.type) AS type
FROM sqlite_master AS m, pragma_table_info(m.name) AS c
WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%' AND m.name NOT LIKE 'sqlite%'
"""


def find_damage(files: Iterable[Path]) -> LocalDiskError | None:
    """Return the error of the first damaged database; None when all are good or are not there."""
    for path in files:
        if path.is_file():
            try:
                problem = next(_problems(path), None)
            except sqlite3.OperationalError:
                continue  # locked, or the look took too long
            except sqlite3.DatabaseError as error:
                problem = str(error)
            if problem is not None:
                return damaged(path, problem)
    return None


def _problems(path: Path) -> Iterator[str]:
    deadline = time.monotonic() + LOOKS_FOR_S
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
        for (word,) in connection.execute("PRAGMA quick_check(1)"):
            if word != "ok":
                yield str(word)
        for holder, name, kind in connection.execute(_COLUMNS).fetchall():
            fitting = _FITTING.get(kind)
            if fitting is None:
                continue
            kinds = ", ".join(f"'{each}'" for each in (*fitting, "null"))
            # Names cannot be bound; these are read from the file's own schema and quoted.
            column, table = (f'"{each.replace(chr(34), chr(34) * 2)}"' for each in (name, holder))
            odd = f"SELECT 1 FROM {table} WHERE typeof({column}) NOT IN ({kinds})"
            if connection.execute(odd).fetchone():
                yield f"`{holder}` has a `{name}` of another type"
    finally:
        connection.close()
