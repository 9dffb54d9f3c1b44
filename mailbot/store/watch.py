"""Whether anybody has written to the database since: for whoever keeps what he has worked out of it."""

from __future__ import annotations

import threading
from pathlib import Path

from mailbot.errors import StateError
from mailbot.store.database import Handle

Stamp = tuple[int, int]


class Watch:
    """Two equal stamps: nothing was committed between them, by any thread or process.

    A connection of its own, that never writes: SQLite counts for a connection what all others commit.  Any
    thread may ask.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._db: Handle | None = None
        self._file = (0, 0)
        self._opened = 0

    def stamp(self) -> Stamp:
        """StateError 'store_unwritable' where the database is gone; else as Store.open()."""
        with self._lock:
            db = self._present()
            row = db.row("PRAGMA data_version")
            assert row is not None
            return self._opened, int(row[0])

    def _present(self) -> Handle:
        """A restore puts another file in the place of the one that is open."""
        try:
            found = self._path.stat()
        except OSError as error:
            raise StateError("store_unwritable", path=self._path, detail=error.strerror or error) from None
        if self._db is None or self._file != (found.st_dev, found.st_ino):
            self._close()
            self._db = Handle(self._path, any_thread=True)
            self._file = (found.st_dev, found.st_ino)
            self._opened += 1
        return self._db

    def close(self) -> None:
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None
