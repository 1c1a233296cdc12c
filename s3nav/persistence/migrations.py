"""Migrate a database to the newest schema, one numbered step at a time."""

import sqlite3
from collections.abc import Iterator, Sequence


def migrate(connection: sqlite3.Connection, migrations: Sequence[str]) -> None:
    """Run the scripts that this file has not had yet, each in its own transaction.

    The number of scripts run is stored in user_version. Safe when several processes start at once.
    Raises sqlite3.Error, and sqlite3.DatabaseError for a file from a newer s3nav.
    """
    while (version := _version(connection)) != len(migrations):
        if version > len(migrations):
            raise sqlite3.DatabaseError("made by a newer s3nav")
        connection.execute("BEGIN EXCLUSIVE")
        if _version(connection) == version:
            for statement in _statements(migrations[version]):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={version + 1}")
        connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
