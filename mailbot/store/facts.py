"""Facts as people enter them (annex 1, 三): dated, append-only, withdrawn with a reason, never edited.

What mails tell is read off the items; replies to 约稿 are solicited.py's.  A fact stands as its fields in
JSON; the items it names stand once more in fact_item, where the database holds them to items that exist.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import msgspec

from mailbot.errors import NotFound, StateError
from mailbot.facts import (
    Adoption,
    Demerit,
    Fact,
    Failure,
    Instruction,
    ManualAdjustment,
    Moment,
    Report,
    Secondment,
)
from mailbot.store import rows
from mailbot.store.database import Part

KINDS: Mapping[str, type[Fact]] = {
    "adoption": Adoption,
    "instruction": Instruction,
    "secondment": Secondment,
    "demerit": Demerit,
    "failure": Failure,
    "adjustment": ManualAdjustment,
}
"""Code of a kind -> its noun; the codes stand in the database."""
_CODES = {noun: code for code, noun in KINDS.items()}
_OWN_COLUMNS = ("id", "at", "by")
_LETTER = "F"

_ENTRIES = """SELECT fact.*, w.at AS withdrawn_at, w.by AS withdrawn_by, w.reason,
    (SELECT json_group_array(a.mail_id) FROM fact_answer a WHERE a.fact_id = fact.id) AS answers
  FROM fact LEFT JOIN fact_withdrawal w ON w.fact_id = fact.id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """Since when a fact no longer counts, who says so, and why."""

    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A fact with what is on record about it.  Its id is a letter and a count: F12."""

    fact: Fact
    note: str = ""
    """The text of a 批示, the circumstances of a failure, or any remark."""
    answer_by: date | None = None
    """批示反馈 is asked for until the end of that day."""
    answers: tuple[int, ...] = ()
    """The mails that brought it, by id."""
    entered_at: datetime
    withdrawn: Withdrawal | None = None

    @property
    def kind(self) -> str:
        return kind_of(self.fact)


def kind_of(fact: Fact) -> str:
    """Its code among KINDS."""
    return _CODES[type(fact)]


def items_of(fact: Fact) -> tuple[str, ...]:
    """The numbers of the items that a fact names."""
    match fact:
        case Adoption() | Instruction():
            return (fact.item,)
        case Demerit():
            return tuple(dict.fromkeys(fact.items))
    return ()


class Facts(Part):
    """Tables fact, fact_item, fact_withdrawal and fact_answer."""

    def add_fact(self, fact: Fact, *, note: str = "", answer_by: date | None = None, now: datetime) -> Entry:
        """Enter a fact, `by` whom it says.  The id it brings is not looked at: the Entry has its own."""
        with self._db.transaction():
            row = self._db.row(
                """INSERT INTO fact (kind, at, details, note, answer_by, entered_at, entered_by)
                   VALUES (:kind, :at, :details, :note, :answer_by, :now, :by) RETURNING id""",
                {
                    "kind": kind_of(fact),
                    "at": str(fact.at),
                    "details": rows.to_json(_details(fact)),
                    "note": note,
                    "answer_by": None if answer_by is None else answer_by.isoformat(),
                    "now": rows.stamp(now),
                    "by": fact.by,
                },
            )
            assert row is not None
            self._db.run_many(
                "INSERT INTO fact_item (fact_id, number) VALUES (?, ?)",
                [(row["id"], number) for number in items_of(fact)],
            )
        kept = replace(fact, id=f"{_LETTER}{row['id']}")
        return Entry(fact=kept, note=note, answer_by=answer_by, entered_at=now)

    def fact(self, fact_id: str) -> Entry:
        """NotFound 'no_fact'."""
        found = self._entries("WHERE fact.id = :id", {"id": _number(fact_id)})
        if not found:
            raise NotFound("no_fact", fact=fact_id)
        return found[0]

    def facts(
        self,
        *,
        kinds: Sequence[str] = (),
        item: str | None = None,
        at: Moment | None = None,
        withdrawn: bool | None = None,
    ) -> list[Entry]:
        """By day, then as entered; `withdrawn` False leaves out those that no longer count."""
        return self._entries(
            """WHERE (:kinds = '[]' OR kind IN (SELECT value FROM json_each(:kinds)))
                 AND (:at IS NULL OR fact.at = :at)
                 AND (:item IS NULL OR fact.id IN (SELECT fact_id FROM fact_item WHERE number = :item))
                 AND (:withdrawn IS NULL OR (w.fact_id IS NOT NULL) = :withdrawn)
               ORDER BY fact.at, fact.id""",
            {
                "kinds": rows.to_json(list(kinds)),
                "item": item,
                "at": None if at is None else str(at),
                "withdrawn": withdrawn,
            },
        )

    def withdraw_fact(self, fact_id: str, *, reason: str, by: str, now: datetime) -> None:
        """From now on it counts nothing.  StateError 'fact_withdrawn' where that is so already; NotFound."""
        with self._db.transaction():
            entry = self.fact(fact_id)
            if entry.withdrawn is not None:
                raise StateError("fact_withdrawn", fact=entry.fact.id, by=entry.withdrawn.by)
            self._db.run(
                "INSERT INTO fact_withdrawal (fact_id, at, by, reason) VALUES (?, ?, ?, ?)",
                (_number(fact_id), rows.stamp(now), by, reason),
            )

    def answer_fact(self, fact_id: str, mail_id: int, *, by: str, now: datetime) -> bool:
        """This mail is the 批示反馈 asked for; False where it was noted before."""
        return bool(
            self._db.run(
                """INSERT INTO fact_answer (fact_id, mail_id, at, by) VALUES (?, ?, ?, ?)
                   ON CONFLICT (fact_id, mail_id) DO NOTHING""",
                (_number(fact_id), mail_id, rows.stamp(now), by),
            )
        )

    def reports(self) -> tuple[Report, ...]:
        """Every accepted item as a report of its unit, under its number, oldest first."""
        found = self._db.rows(
            """SELECT number, unit, fields, arrived_at FROM submission
               WHERE state = 'accepted' AND unit IS NOT NULL ORDER BY arrived_at, number"""
        )
        return tuple(_report(row) for row in found)

    def _entries(self, condition: str, parameters: Mapping[str, object]) -> list[Entry]:
        return [_entry(row) for row in self._db.rows(f"{_ENTRIES} {condition}", parameters)]


def _details(fact: Fact) -> dict[str, object]:
    values: dict[str, object] = msgspec.to_builtins(fact)
    return {key: value for key, value in values.items() if key not in _OWN_COLUMNS}


def _entry(row: sqlite3.Row) -> Entry:
    moment = Moment.parse(row["at"])
    values = {
        **msgspec.json.decode(row["details"]),
        "id": f"{_LETTER}{row['id']}",
        "at": msgspec.to_builtins(moment),
        "by": row["entered_by"],
    }
    withdrawn = None
    if row["reason"] is not None:
        at = rows.moment(row["withdrawn_at"])
        withdrawn = Withdrawal(at=at, by=row["withdrawn_by"], reason=row["reason"])
    return Entry(
        fact=msgspec.convert(values, KINDS[row["kind"]]),
        note=row["note"],
        answer_by=date.fromisoformat(row["answer_by"]) if row["answer_by"] else None,
        answers=tuple(msgspec.json.decode(row["answers"])),
        entered_at=rows.moment(row["entered_at"]),
        withdrawn=withdrawn,
    )


def _report(row: sqlite3.Row) -> Report:
    fields = rows.to_fields(row["fields"])
    return Report(
        id=row["number"],
        at=Moment.of(rows.moment(row["arrived_at"])),
        unit=row["unit"],
        item=row["number"],
        co_units=fields.co_units,
        submitters=fields.submitters.value if fields.submitters else (),
    )


def _number(fact_id: str) -> int:
    """F12, f12 or 12; NotFound 'no_fact' for anything else."""
    digits = fact_id.strip().upper().removeprefix(_LETTER)
    if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
        raise NotFound("no_fact", fact=fact_id)
    return int(digits)
