"""The ledger and the spool: every mail that ever lay at a source, its bytes, and its outcome (promise P1).

A row's key is the source's; what precedes its last '/' is the epoch, and of an IMAP epoch what precedes its
last ';' the source (the rest is UIDVALIDITY, RFC 3501 section 2.3.1.1).
"""

from __future__ import annotations

import hashlib
import string
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from mailbot.errors import NotFound, StateError
from mailbot.model import IncomingMail, LedgerMail, Outcome, Verdict, number_of
from mailbot.store import files, rows
from mailbot.store.database import Part

ADOPTED = "adopted"
"""Epoch of a mail whose bytes were found in the spool without a row."""

_HEX = frozenset(string.hexdigits.lower())


class Admission(StrEnum):
    """What admitting an arrival came to."""

    NEW = "new"
    """A new row, to be processed."""
    KNOWN = "known"
    """This key already has a row: nothing was written."""
    REBOUND = "rebound"
    """The epoch changed: a row with these bytes, of this source's older epoch or adopted, took the key."""
    SAME_BYTES = "same_bytes"
    """A new row for bytes that are on record already; same_bytes() will say so when it is processed."""


class Ledger(Part):
    """Rows of table mail and the files under mail/."""

    def knows(self, key: str) -> bool:
        """Whether the mail with this key was admitted."""
        return self._db.row("SELECT 1 FROM mail WHERE key = ?", (key,)) is not None

    # ---- the spool

    def spool(self, raw: bytes, arrived_at: datetime) -> str:
        """Put a mail's bytes on disk for good; their sha256.

        The file's time is the arrival, so that a file without a row can be adopted.  Bytes that lie there
        already are kept.  StateError 'disk_full', 'store_unwritable'.
        """
        return self.spool_many([(raw, arrived_at)])[0]

    def spool_many(self, mails: Sequence[tuple[bytes, datetime]]) -> list[str]:
        """The same for several mails, in much less time than one by one."""
        digests = [hashlib.sha256(raw).hexdigest() for raw, _ in mails]
        files.write(
            [
                files.DurableFile(
                    path=self._spool_path(sha256), content=raw, modified_ns=rows.to_nanoseconds(arrived_at)
                )
                for sha256, (raw, arrived_at) in zip(digests, mails, strict=True)
            ]
        )
        return digests

    def raw(self, sha256: str) -> bytes:
        """A mail's bytes; NotFound 'raw_missing' where they are gone or are no longer the same."""
        return files.read_verified(self._spool_path(sha256), sha256, code="raw_missing")

    def _spool_path(self, sha256: str) -> Path:
        return self._var / "mail" / sha256[:2] / f"{sha256}.eml"

    def adopt_orphans(self, now: datetime) -> int:
        """Give a row to each spooled file that has none: a crash came between the two.  Their number.

        Leftovers of files cut off while written are removed, so this is for the holder of the worker's lock.
        """
        with self._db.transaction():
            known = {row[0] for row in self._db.rows("SELECT sha256 FROM mail WHERE spooled = 1")}
            orphans = [path for path in self._spooled() if path.stem not in known]
            for path in orphans:
                self._adopt(path, now)
        return len(orphans)

    def _spooled(self) -> Iterator[Path]:
        for path in sorted((self._var / "mail").glob("??/*")):
            if path.suffix == files.PARTIAL:
                path.unlink(missing_ok=True)
            elif path.suffix == ".eml" and len(path.stem) == 64 and _HEX.issuperset(path.stem):
                yield path

    def _adopt(self, path: Path, now: datetime) -> None:
        status = path.stat()
        self._insert(
            key=f"{ADOPTED}/{path.stem}",
            sha256=path.stem,
            size=status.st_size,
            arrived_at=rows.from_nanoseconds(status.st_mtime_ns),
            spooled=True,
            now=now,
        )

    # ---- admission

    def admit(
        self, *, key: str, sha256: str, size: int, arrived_at: datetime, spooled: bool, now: datetime
    ) -> tuple[Admission, int]:
        """Give an arrival its row; what that came to, and the row's id.

        Rebinding is one to one: a row changes its key, so it cannot be bound twice in one epoch.
        """
        with self._db.transaction():
            row = self._db.row("SELECT id FROM mail WHERE key = ?", (key,))
            if row is not None:
                return Admission.KNOWN, row["id"]
            alike = self._alike(sha256=sha256, size=size, arrived_at=arrived_at, spooled=spooled)
            bindable = next((mail_id for mail_id, epoch in alike if _may_rebind(epoch, epoch_of(key))), None)
            if bindable is not None:
                self._rebind(bindable, key)
                return Admission.REBOUND, bindable
            mail_id = self._insert(
                key=key, sha256=sha256, size=size, arrived_at=arrived_at, spooled=spooled, now=now
            )
            return (Admission.SAME_BYTES if alike and spooled else Admission.NEW), mail_id

    def _alike(self, *, sha256: str, size: int, arrived_at: datetime, spooled: bool) -> list[tuple[int, str]]:
        """Id and epoch of the rows with these bytes (never fetched: its size and time), oldest first."""
        if spooled:
            found = self._db.rows("SELECT id, epoch FROM mail WHERE sha256 = ? ORDER BY id", (sha256,))
        else:
            found = self._db.rows(
                "SELECT id, epoch FROM mail WHERE arrived_at = ? AND size = ? AND spooled = 0 ORDER BY id",
                (rows.stamp(arrived_at), size),
            )
        return [(row["id"], row["epoch"]) for row in found]

    def _rebind(self, mail_id: int, key: str) -> None:
        # Unsettled again: the source knows the mail under another key now.
        self._db.run(
            "UPDATE mail SET key = ?, epoch = ?, settled = 0 WHERE id = ?", (key, epoch_of(key), mail_id)
        )

    def _insert(
        self, *, key: str, sha256: str, size: int, arrived_at: datetime, spooled: bool, now: datetime
    ) -> int:
        row = self._db.row(
            "INSERT INTO mail (key, epoch, sha256, size, arrived_at, spooled, collected_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (key, epoch_of(key), sha256, size, rows.stamp(arrived_at), int(spooled), rows.stamp(now)),
        )
        assert row is not None
        return int(row["id"])

    # ---- reading

    def pending(self, limit: int) -> list[LedgerMail]:
        """Mails not yet processed, oldest arrival first."""
        found = self._db.rows(
            "SELECT * FROM ledger WHERE state = 'new' ORDER BY arrived_at, id LIMIT ?", (limit,)
        )
        return [rows.to_mail(row) for row in found]

    def mail(self, mail_id: int) -> LedgerMail:
        """NotFound 'no_mail'."""
        row = self._db.row("SELECT * FROM ledger WHERE id = ?", (mail_id,))
        if row is None:
            raise NotFound("no_mail", mail=mail_id)
        return rows.to_mail(row)

    def mails(
        self,
        *,
        outcome: Outcome | None = None,
        state: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        text: str = "",
        limit: int = 100,
        offset: int = 0,
    ) -> list[LedgerMail]:
        """Newest arrival first, from `since` and before `until`.

        `text` is sought in subject, sender and number by instr(): full-text search finds nothing under three
        characters, and two make a Chinese word.
        """
        found = self._db.rows(
            """SELECT * FROM ledger
               WHERE arrived_at >= :since AND arrived_at < :until
                 AND (:outcome IS NULL OR outcome = :outcome) AND (:state IS NULL OR state = :state)
                 AND (:text = '' OR instr(lower(subject), lower(:text)) OR instr(lower(sender), lower(:text))
                      OR instr(lower(coalesce(number, '')), lower(:text)))
               ORDER BY arrived_at DESC, id DESC LIMIT :limit OFFSET :offset""",
            {
                "since": rows.stamp_or(since, rows.EARLIEST),
                "until": rows.stamp_or(until, rows.LATEST),
                "outcome": outcome,
                "state": state,
                "text": text,
                "limit": limit,
                "offset": offset,
            },
        )
        return [rows.to_mail(row) for row in found]

    def mails_of(self, number: str) -> list[LedgerMail]:
        """All mails recorded under a number, oldest first: the item's own and those that repeat it."""
        found = self._db.rows(
            "SELECT * FROM ledger WHERE number = ? ORDER BY arrived_at, id LIMIT 1000", (number,)
        )
        return [rows.to_mail(row) for row in found]

    def outcome_counts(self, since: datetime, until: datetime) -> dict[Outcome, int]:
        """Of the mails that arrived from `since` and before `until`; an outcome without any is not named."""
        found = self._db.rows(
            "SELECT outcome, count(*) FROM mail"
            " WHERE arrived_at >= ? AND arrived_at < ? AND outcome IS NOT NULL GROUP BY outcome",
            (rows.stamp(since), rows.stamp(until)),
        )
        return {Outcome(row[0]): row[1] for row in found}

    def verdict(self, mail_id: int) -> Verdict | None:
        """As recorded: its document comes without text."""
        row = self._db.row("SELECT verdict FROM mail WHERE id = ?", (mail_id,))
        if row is None:
            raise NotFound("no_mail", mail=mail_id)
        return None if row["verdict"] is None else rows.to_verdict(row["verdict"])

    def same_bytes(self, mail: LedgerMail) -> str | None:
        """Number under which the bytes of this mail were recorded with another row, the first one's.

        Only processed rows count, so that of several the one judged first is the item and the others name it.
        A mail never fetched has no bytes to compare.
        """
        if not mail.spooled:
            return None
        row = self._db.row(
            "SELECT number FROM mail WHERE sha256 = ? AND id <> ? AND state = 'done' AND spooled = 1"
            " ORDER BY processed_at, id LIMIT 1",
            (mail.sha256, mail.id),
        )
        return None if row is None else row["number"]

    def number_for(self, mail: LedgerMail) -> str:
        """The number of a new item: day and six characters, or ten where another mail has the six."""
        short = number_of(mail.arrived_at, mail.sha256)
        first = self._db.row(
            "SELECT sha256 FROM mail WHERE number = ? ORDER BY processed_at, id LIMIT 1", (short,)
        )
        if first is None or first["sha256"] == mail.sha256:
            return short
        return number_of(mail.arrived_at, mail.sha256, digits=10)

    # ---- outcomes

    def record(
        self, mail_id: int, *, number: str, mail: IncomingMail | None, verdict: Verdict, now: datetime
    ) -> None:
        """The one outcome of a mail (promise P1); `mail` is None for one that was never fetched.

        StateError 'already_recorded' where it has one.
        """
        sender = mail.sender if mail else None
        touched = self._db.run(
            """UPDATE mail SET state = 'done', number = :number, outcome = :outcome, verdict = :verdict,
                 sender = iif(:read, :sender, sender), subject = iif(:read, :subject, subject),
                 message_id = iif(:read, :message_id, message_id), processed_at = :now
               WHERE id = :id AND state <> 'done'""",
            {
                "id": mail_id,
                "number": number,
                "outcome": verdict.outcome,
                "verdict": rows.verdict_json(verdict),
                "read": mail is not None,
                "sender": sender.address if sender else "",
                "subject": mail.subject if mail else "",
                "message_id": mail.message_id if mail else "",
                "now": rows.stamp(now),
            },
        )
        if not touched:
            raise StateError("already_recorded", mail=mail_id, number=self.mail(mail_id).number)

    def note_failure(self, mail_id: int, error: str, *, park: bool) -> None:
        """One more try that failed; `park`: the last one, a person must look (promise P3).

        StateError 'already_recorded' where the mail has its outcome.
        """
        touched = self._db.run(
            """UPDATE mail SET attempts = attempts + 1, last_error = :error,
                 state = iif(:park, 'parked', state), outcome = iif(:park, 'parked', outcome)
               WHERE id = :id AND state <> 'done'""",
            {"id": mail_id, "error": error, "park": park},
        )
        if not touched:
            raise StateError("already_recorded", mail=mail_id, number=self.mail(mail_id).number)

    def reopen(self, mail_id: int) -> None:
        """Try a parked mail again; StateError 'not_parked' for any other."""
        touched = self._db.run(
            "UPDATE mail SET state = 'new', outcome = NULL, attempts = 0 WHERE id = ? AND state = 'parked'",
            (mail_id,),
        )
        if not touched:
            raise StateError("not_parked", mail=mail_id, state=self.mail(mail_id).state)

    def unsettled(self, limit: int) -> list[LedgerMail]:
        """Processed or parked mails whose source was not told yet.  An adopted one has no source to tell."""
        found = self._db.rows(
            "SELECT * FROM ledger WHERE settled = 0 AND state <> 'new' AND epoch <> ? ORDER BY id LIMIT ?",
            (ADOPTED, limit),
        )
        return [rows.to_mail(row) for row in found]

    def settle(self, mail_id: int) -> None:
        """The source was told."""
        self._db.run("UPDATE mail SET settled = 1 WHERE id = ?", (mail_id,))


def epoch_of(key: str) -> str:
    return key.rpartition("/")[0]


def source_of(epoch: str) -> str:
    """An epoch without its UIDVALIDITY; a folder's epoch is its source."""
    return epoch.rpartition(";")[0] or epoch


def _may_rebind(epoch: str, arriving: str) -> bool:
    if epoch == ADOPTED:
        return True
    return epoch != arriving and source_of(epoch) == source_of(arriving)
