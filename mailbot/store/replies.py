"""供稿: which item answers which 约稿, what else was said about it, and what persons decided on it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import date, datetime

from mailbot.facts import Ruling
from mailbot.model import (
    Invalidation,
    LedgerMail,
    MatchedBy,
    ReplyDoubt,
    SolicitationReply,
    Submission,
)
from mailbot.store import rows
from mailbot.store.database import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class RulingEntry:
    """A person's word on a late reply; the last one counts."""

    id: int
    code: str
    unit: str
    ruling: Ruling
    reason: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """An item with how it stands to a 约稿."""

    reply: SolicitationReply
    item: Submission


class Replies(Part):
    """Tables solicitation_reply and _mail, late_ruling and invalidation."""

    # ---- replies

    def save_solicitation_reply(self, reply: SolicitationReply, now: datetime) -> None:
        """How an item stands to the 约稿, in place of what was thought before."""
        self._db.run(
            """INSERT INTO solicitation_reply (number, code, matched_by, doubt, candidates, at)
               VALUES (?, ?, ?, ?, ?, ?)
               ON CONFLICT (number) DO UPDATE SET code = excluded.code, matched_by = excluded.matched_by,
                 doubt = excluded.doubt, candidates = excluded.candidates, at = excluded.at""",
            (
                reply.number,
                reply.code,
                reply.by,
                reply.doubt,
                rows.to_json(reply.candidates),
                rows.stamp(now),
            ),
        )

    def solicitation_reply(self, number: str) -> SolicitationReply | None:
        """None where nothing ever pointed at a 约稿."""
        row = self._db.row("SELECT * FROM solicitation_reply WHERE number = ?", (number,))
        return None if row is None else _to_reply(row)

    def solicitation_answered(self, number: str) -> str:
        """Code of the 约稿 that the item answers; '' for 自主报送, also once the 约稿 was taken back."""
        row = self._db.row(
            """SELECT s.code FROM solicitation_reply r JOIN solicitation s ON s.code = r.code
               WHERE r.number = ? AND s.state <> 'cancelled'""",
            (number,),
        )
        return "" if row is None else str(row["code"])

    def answering(self, code: str) -> list[Answering]:
        """Items tied to it, in whatever state, by arrival."""
        return self._answering("r.code = :code", code=code)

    def doubtful_replies(self) -> list[Answering]:
        """Items of which a person must say whether they answer a 约稿, and which; by arrival."""
        return self._answering("r.doubt IS NOT NULL AND i.state IN ('accepted', 'held')")

    def _answering(self, where: str, **parameters: object) -> list[Answering]:
        found = self._db.rows(
            f"""SELECT i.*, r.code, r.matched_by, r.doubt, r.candidates FROM solicitation_reply r
                JOIN item i ON i.number = r.number WHERE {where} ORDER BY i.arrived_at, i.number""",  # noqa: S608  (of the two conditions above)
            parameters,
        )
        return [Answering(reply=_to_reply(row), item=rows.to_submission(row)) for row in found]

    def note_solicitation_mail(self, mail_id: int, code: str, unit: str) -> None:
        """A mail that is no item and speaks of it: 非我单位职责, a question."""
        self._db.run(
            "INSERT INTO solicitation_mail (mail_id, code, unit) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (mail_id, code, unit),
        )

    def solicitation_mails(self, code: str) -> list[tuple[str, LedgerMail]]:
        """Unit and mail, oldest arrival first."""
        found = self._db.rows(
            """SELECT ledger.*, s.unit AS speaking FROM solicitation_mail s
               JOIN ledger ON ledger.id = s.mail_id WHERE s.code = ? ORDER BY ledger.arrived_at, ledger.id""",
            (code,),
        )
        return [(row["speaking"], rows.to_mail(row)) for row in found]

    # ---- a person's word

    def add_ruling(
        self, code: str, unit: str, ruling: Ruling, *, reason: str, by: str, now: datetime
    ) -> None:
        self._db.run(
            "INSERT INTO late_ruling (code, unit, ruling, reason, at, by) VALUES (?, ?, ?, ?, ?, ?)",
            (code, unit, ruling, reason, rows.stamp(now), by),
        )

    def rulings(self, code: str) -> list[RulingEntry]:
        """In the order they were given."""
        found = self._db.rows("SELECT * FROM late_ruling WHERE code = ? ORDER BY id", (code,))
        return [
            RulingEntry(
                id=row["id"],
                code=row["code"],
                unit=row["unit"],
                ruling=Ruling(row["ruling"]),
                reason=row["reason"],
                at=rows.moment(row["at"]),
                by=row["by"],
            )
            for row in found
        ]

    def save_invalidation(self, one: Invalidation) -> None:
        """The telephone call, or the paper after it."""
        self._db.run(
            """INSERT INTO invalidation (code, unit, phoned_at, caller, noted_by, paper_on, signer, sealed,
                 paper_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT (code, unit) DO UPDATE SET phoned_at = excluded.phoned_at,
                 caller = excluded.caller, noted_by = excluded.noted_by, paper_on = excluded.paper_on,
                 signer = excluded.signer, sealed = excluded.sealed, paper_by = excluded.paper_by""",
            (
                one.code,
                one.unit,
                rows.stamp(one.phoned_at),
                one.caller,
                one.noted_by,
                one.paper_on.isoformat() if one.paper_on else None,
                one.signer,
                int(one.sealed),
                one.paper_by,
            ),
        )

    def drop_invalidation(self, code: str, unit: str) -> bool:
        """Taken back; False where there was none.  What was there stays in the events."""
        return bool(self._db.run("DELETE FROM invalidation WHERE code = ? AND unit = ?", (code, unit)))

    def invalidations(self, code: str) -> list[Invalidation]:
        """By unit."""
        found = self._db.rows("SELECT * FROM invalidation WHERE code = ? ORDER BY unit", (code,))
        return [
            Invalidation(
                code=row["code"],
                unit=row["unit"],
                phoned_at=rows.moment(row["phoned_at"]),
                caller=row["caller"],
                noted_by=row["noted_by"],
                paper_on=date.fromisoformat(row["paper_on"]) if row["paper_on"] else None,
                signer=row["signer"],
                sealed=bool(row["sealed"]),
                paper_by=row["paper_by"],
            )
            for row in found
        ]


def _to_reply(row: sqlite3.Row) -> SolicitationReply:
    return SolicitationReply(
        number=row["number"],
        code=row["code"],
        by=MatchedBy(row["matched_by"]) if row["matched_by"] else None,
        doubt=ReplyDoubt(row["doubt"]) if row["doubt"] else None,
        candidates=rows.to_texts(row["candidates"]),
    )
