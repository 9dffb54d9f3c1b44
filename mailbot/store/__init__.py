"""SQLite and the spool: everything that must survive, and the only SQL.

Store opens data/var: `mailbot.sqlite` (WAL, synchronous=FULL, foreign keys on), `mail/`, the spooled bytes of
every mail under their sha256, and `bulletins/`.  Knows no policy.  Methods are named by the question they
answer and speak in the types of model/.  Reading methods may be called any time; writing ones inside
`with store.transaction():`, which alone ties together what belongs together.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self

from mailbot.errors import StateError
from mailbot.store import files
from mailbot.store.bulletins import Bulletins
from mailbot.store.corpus import Corpus
from mailbot.store.database import Handle, names_of
from mailbot.store.events import Events
from mailbot.store.facts import Entry, Facts, Withdrawal
from mailbot.store.ledger import Admission, Ledger
from mailbot.store.outbox import NewLetter, Outbox
from mailbot.store.people import People
from mailbot.store.schema import migrations
from mailbot.store.solicited import SolicitationFacts
from mailbot.store.submissions import Submissions
from mailbot.store.watch import Watch

DATABASE = "mailbot.sqlite"
UNFINISHED = "restoring"
"""File in data/var while a restore puts things in their places: half of one office and half of another."""


class Store(Ledger, Submissions, Outbox, Bulletins, Facts, SolicitationFacts, Corpus, Events, People):
    """All of it over one connection: opened, used and closed in one thread.  Each part has its module."""

    @classmethod
    def open(cls, var: Path, *, check: bool = True) -> Self:
        """Open what lies in `var`, made where it is missing: directories 0700, files 0600, schema up to date.

        `check` reads the whole database: once when a process starts, not for each further connection.
        StateError 'store_damaged', 'store_newer', 'store_unwritable', 'disk_full', 'store_busy',
        'restore_unfinished'.
        """
        if (var / UNFINISHED).exists():
            raise StateError("restore_unfinished", path=var)
        for directory in (var, var / "mail", var / "bulletins"):
            files.make_directory(directory)
        path = var / DATABASE
        _refuse_lost_database(path)
        db = Handle(path)
        try:
            if check:
                db.check()
            db.migrate(migrations, var / "backups")
        except BaseException:
            db.close()
            raise
        return cls(var, db)

    def close(self) -> None:
        self._db.close()

    def transaction(self) -> AbstractContextManager[None]:
        """BEGIN IMMEDIATE; nests by savepoint; undone where an exception passes.

        StateError 'disk_full', 'store_unwritable', 'store_busy' (another writer held on for 10 s).
        """
        return self._db.transaction()

    def integrity_check(self) -> list[str]:
        """What SQLite's full check finds; [] when sound."""
        return self._db.complaints()

    def schema_version(self) -> str:
        """Name of the last migration applied."""
        return self._db.version(migrations)

    def backup_to(self, target: Path) -> None:
        """A consistent, durable copy of the database beside running writers; the spool is not part of it."""
        self._db.copy_to(target)


def knows_schema(name: str) -> bool:
    """Whether a database whose last migration is this one can be opened here."""
    return name in names_of(migrations)


def _refuse_lost_database(path: Path) -> None:
    """An empty database beside spooled mail is a lost one: starting afresh would answer everybody again."""
    lost = not path.exists() or path.stat().st_size == 0
    if lost and any((path.parent / "mail").glob("??/*.eml")):
        raise StateError("store_damaged", path=path, detail="the database is gone, the spooled mail is not")


__all__ = [
    "DATABASE",
    "UNFINISHED",
    "Admission",
    "Entry",
    "NewLetter",
    "Store",
    "Watch",
    "Withdrawal",
    "knows_schema",
]
