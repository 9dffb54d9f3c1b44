"""One open database: its settings, its transactions, and SQLite's errors turned into ours.

Write-ahead log and synchronous=FULL: what is committed survives a power cut (promise P2).  A transaction
begins IMMEDIATE: one that reads first and writes later would fail at once beside another writer, in spite of
the busy timeout.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database, Migrations

from mailbot.errors import StateError
from mailbot.store import files

BUSY_SECONDS = 10.0

Parameters = Sequence[object] | Mapping[str, object]

_SETTINGS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    # The fingerprints are spread over their whole index: a longer log (16 MB) and a larger cache (32 MB) let
    # many mails share one rewriting of a page.
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA cache_size = -32768",
)
_CODES = {
    sqlite3.SQLITE_FULL: "disk_full",
    sqlite3.SQLITE_CORRUPT: "store_damaged",
    sqlite3.SQLITE_NOTADB: "store_damaged",
    sqlite3.SQLITE_READONLY: "store_unwritable",
    sqlite3.SQLITE_CANTOPEN: "store_unwritable",
    sqlite3.SQLITE_PERM: "store_unwritable",
    sqlite3.SQLITE_IOERR: "store_unwritable",
    sqlite3.SQLITE_BUSY: "store_busy",
    sqlite3.SQLITE_LOCKED: "store_busy",
}


class Handle:
    """A connection of one thread.  Reading needs no transaction; what belongs together is written in one."""

    def __init__(self, path: Path, *, any_thread: bool = False) -> None:
        self.path = path
        with self._told():
            connection = sqlite3.connect(
                _private(path), timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=not any_thread
            )
            connection.row_factory = sqlite3.Row
            self._db = Database(connection, execute_plugins=False)
            for setting in _SETTINGS:
                self._db.execute(setting).fetchall()

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._translated(error) from error

    def _translated(self, error: sqlite3.Error) -> Exception:
        """Our error for what the office can mend; a fault of our own code stays what it is."""
        code = _CODES.get((getattr(error, "sqlite_errorcode", None) or 0) & 0xFF)
        return error if code is None else StateError(code, path=self.path, detail=error)

    # The three below are called for every statement: try is free there, a context manager is not.

    def rows(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        try:
            return self._db.execute(sql, parameters).fetchall()  # type: ignore[arg-type]  # sqlite3 adapts what it is given
        except sqlite3.Error as error:
            raise self._translated(error) from error

    def row(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        """The first row.  The rest is read too: a statement left half-read would hold its snapshot."""
        return next(iter(self.rows(sql, parameters)), None)

    def run(self, sql: str, parameters: Parameters = ()) -> int:
        """Write; the number of rows it touched."""
        try:
            return self._db.execute(sql, parameters).rowcount  # type: ignore[arg-type]  # as above
        except sqlite3.Error as error:
            raise self._translated(error) from error

    def run_many(self, sql: str, parameters: Iterable[Sequence[object]]) -> None:
        with self._told():
            self._db.conn.executemany(sql, parameters)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """BEGIN IMMEDIATE, or a savepoint inside a transaction; undone where an exception passes."""
        begin, commit, undo = _SAVEPOINT if self._db.conn.in_transaction else _TRANSACTION
        self.run(begin)
        try:
            yield
            self.run(commit)
        except BaseException:
            # A full disk may have undone the whole transaction already.
            for statement in undo:
                if self._db.conn.in_transaction:
                    self.run(statement)
            raise

    def check(self) -> None:
        """StateError 'store_damaged' unless SQLite's quick check is content."""
        found = [str(row[0]) for row in self.rows("PRAGMA quick_check(1)")]
        if found != ["ok"]:
            raise StateError("store_damaged", path=self.path, detail="; ".join(found))

    def complaints(self) -> list[str]:
        """What the full check and the check of foreign keys find; [] when sound."""
        found = [str(row[0]) for row in self.rows("PRAGMA integrity_check")]
        orphans = self.rows("PRAGMA foreign_key_check")
        return [f for f in found if f != "ok"] + [f"orphan in {o[0]}, row {o[1]}, of {o[2]}" for o in orphans]

    def migrate(self, migrations: Migrations, backups: Path) -> None:
        """Apply what is pending: all of it or none, and once, whoever else starts at this moment.

        A database that holds something is copied first, to `backups`/before-<first pending>.sqlite.
        StateError 'store_newer' where a later mailbot has written here.
        """
        with self._told():
            applied = [m.name for m in migrations.applied(self._db)]
            pending = [m.name for m in migrations.pending(self._db)]
        unknown = [name for name in applied if name not in names_of(migrations)]
        if unknown:
            raise StateError("store_newer", path=self.path, detail=", ".join(unknown))
        if applied and pending:
            self.copy_to(backups / f"before-{pending[0]}.sqlite")
        if pending:
            with self._told(), self.transaction():
                migrations.apply(self._db)

    def version(self, migrations: Migrations) -> str:
        """Name of the last migration applied."""
        applied = migrations.applied(self._db)
        return applied[-1].name if applied else ""

    def copy_to(self, target: Path) -> None:
        """A consistent copy beside running writers (SQLite's backup), durable when this returns."""
        files.make_directory(target.parent)
        with self._told():
            copy = sqlite3.connect(_private(target))
            try:
                self._db.conn.backup(copy)
                found = copy.execute("PRAGMA quick_check(1)").fetchall()
            finally:
                copy.close()
        if found != [("ok",)]:
            raise StateError("store_damaged", path=target, detail=found[0][0])
        with files.written_to(target):
            files.sync_directory(target.parent)


def names_of(migrations: Migrations) -> list[str]:
    """All of the set: what an empty database still lacks."""
    empty = Database(memory=True, execute_plugins=False)
    try:
        return [m.name for m in migrations.pending(empty)]
    finally:
        empty.close()


def _private(path: Path) -> Path:
    """Make the file before SQLite does, so that only its owner reads it; its log gets the same mode."""
    with files.written_to(path):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, files.FILE_MODE))
    return path


_TRANSACTION = ("BEGIN IMMEDIATE", "COMMIT", ("ROLLBACK",))
_SAVEPOINT = ("SAVEPOINT inner", "RELEASE inner", ("ROLLBACK TO inner", "RELEASE inner"))


class Part:
    """What the parts of the store share: the directory it lies in and the open database."""

    def __init__(self, var: Path, db: Handle) -> None:
        self._var = var
        self._db = db
