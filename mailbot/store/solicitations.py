"""约稿: what was asked of whom until when, and each letter and reminder.

What was asked and reminded is append-only: that trail is what a deduction rests on (notice annex 1, 三(一)2).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mailbot.errors import NotFound, StateError
from mailbot.model import (
    Ask,
    Letter,
    LetterFile,
    Reminder,
    Solicitation,
    SolicitationState,
    Superior,
    title_key,
)
from mailbot.store import rows
from mailbot.store.database import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLetter:
    """A 约稿 or 催报 that a mail refers to: which one it was, and to which unit it went."""

    code: str
    unit: str


class Solicitations(Part):
    """Tables solicitation, solicitation_ask, _unit and _letter, and reminder."""

    # ---- asking

    def next_solicitation_code(self, year: int) -> str:
        """'2019-003': the next of that year."""
        row = self._db.row(
            "SELECT coalesce(max(seq), 0) + 1 AS seq FROM solicitation WHERE year = ?", (year,)
        )
        assert row is not None
        return f"{year}-{row['seq']:03d}"

    def add_solicitation(self, code: str, *, title: str, topic: str) -> None:
        """A new one, open and not yet asked of anybody; `topic` '' for its own.

        StateError 'solicitation_exists'.
        """
        year, _, seq = code.partition("-")
        written = self._db.run(
            """INSERT INTO solicitation (code, year, seq, title, title_key, topic, state)
               VALUES (?, ?, ?, ?, ?, ?, 'open') ON CONFLICT DO NOTHING""",
            (code, int(year), int(seq), title, title_key(title), topic or code),
        )
        if not written:
            raise StateError("solicitation_exists", solicitation=code)

    def add_ask(self, code: str, ask: Ask, file: LetterFile | None = None) -> None:
        """Ask for it, or once more: it is open again."""
        with self._db.transaction():
            self._db.run(
                """INSERT INTO solicitation_ask (code, round, source, text, deadline, ladder, asked_at,
                     asked_by, file_name, content_type, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                (
                    code,
                    ask.round,
                    ask.source,
                    ask.text,
                    rows.stamp(ask.deadline),
                    rows.to_json(ask.ladder),
                    rows.stamp(ask.asked_at),
                    ask.by,
                    file.name if file else "",
                    file.content_type if file else None,
                    file.content if file else None,
                ),
            )
            self._db.run_many(
                "INSERT INTO solicitation_unit (code, round, place, unit) VALUES (?, ?, ?, ?)",
                [(code, ask.round, place, unit) for place, unit in enumerate(ask.units)],
            )
            self._db.run("UPDATE solicitation SET state = 'open' WHERE code = ?", (code,))

    def set_solicitation_state(self, code: str, state: SolicitationState, *, was: SolicitationState) -> bool:
        """False where it is no longer as it was."""
        return bool(
            self._db.run("UPDATE solicitation SET state = ? WHERE code = ? AND state = ?", (state, code, was))
        )

    # ---- reading

    def solicitation(self, code: str) -> Solicitation:
        """NotFound 'no_solicitation'."""
        found = self.solicitations_among([code])
        if not found:
            raise NotFound("no_solicitation", solicitation=code)
        return found[0]

    def solicitations(
        self, *, state: SolicitationState | None = None, topic: str | None = None
    ) -> list[Solicitation]:
        """In the order of their codes."""
        found = self._db.rows(
            """SELECT code FROM solicitation
               WHERE (:state IS NULL OR state = :state) AND (:topic IS NULL OR topic = :topic)""",
            {"state": state, "topic": topic},
        )
        return self.solicitations_among([row["code"] for row in found])

    def has_solicitations(self) -> bool:
        return self._db.row("SELECT 1 FROM solicitation LIMIT 1") is not None

    def codes_asked_of(self, units: Sequence[str], since: datetime) -> list[str]:
        """Of the 约稿 that any of these units were asked for, with a deadline at or after `since`."""
        found = self._db.rows(
            """SELECT DISTINCT u.code FROM solicitation_unit u
               JOIN solicitation_ask a ON a.code = u.code AND a.round = u.round
               WHERE u.unit IN (SELECT value FROM json_each(?)) AND a.deadline >= ? ORDER BY u.code""",
            (rows.to_json(list(units)), rows.stamp(since)),
        )
        return [row["code"] for row in found]

    def solicitations_among(self, codes: Sequence[str]) -> list[Solicitation]:
        """Those of these codes that are on record, in the order of their codes."""
        wanted = rows.to_json(list(codes))
        asks = self._asks(wanted)
        found = self._db.rows(
            """SELECT * FROM solicitation WHERE code IN (SELECT value FROM json_each(?))
               ORDER BY year, seq""",
            (wanted,),
        )
        return [
            Solicitation(
                code=row["code"],
                title=row["title"],
                topic=row["topic"],
                state=SolicitationState(row["state"]),
                asks=tuple(asks.get(row["code"], ())),
            )
            for row in found
        ]

    def _asks(self, codes: str) -> dict[str, list[Ask]]:
        units: dict[tuple[str, int], list[str]] = {}
        for row in self._db.rows(
            """SELECT code, round, unit FROM solicitation_unit
               WHERE code IN (SELECT value FROM json_each(?)) ORDER BY code, round, place""",
            (codes,),
        ):
            units.setdefault((row["code"], row["round"]), []).append(row["unit"])
        asks: dict[str, list[Ask]] = {}
        for row in self._db.rows(
            """SELECT code, round, source, text, deadline, ladder, asked_at, asked_by, file_name
               FROM solicitation_ask WHERE code IN (SELECT value FROM json_each(?)) ORDER BY code, round""",
            (codes,),
        ):
            ask = _to_ask(row, units.get((row["code"], row["round"]), []))
            asks.setdefault(row["code"], []).append(ask)
        return asks

    def ask_file(self, code: str, round_: int) -> LetterFile | None:
        """What went with it."""
        row = self._db.row(
            """SELECT file_name, content_type, content FROM solicitation_ask
               WHERE code = ? AND round = ? AND content IS NOT NULL""",
            (code, round_),
        )
        if row is None:
            return None
        return LetterFile(name=row["file_name"], content=row["content"], content_type=row["content_type"])

    # ---- letters and reminders

    def bind_solicitation_letter(self, letter_id: int, code: str, round_: int, unit: str) -> None:
        """This letter asks the unit for it, or reminds it."""
        self._db.run(
            "INSERT INTO solicitation_letter (letter_id, code, round, unit) VALUES (?, ?, ?, ?)",
            (letter_id, code, round_, unit),
        )

    def solicitation_letters(self, code: str) -> list[tuple[str, Letter]]:
        """Unit and letter, oldest first: the 约稿 itself and its reminders."""
        found = self._db.rows(
            """SELECT letter.*, s.unit AS asked_unit FROM solicitation_letter s
               JOIN letter ON letter.id = s.letter_id WHERE s.code = ? ORDER BY letter.id""",
            (code,),
        )
        return [(row["asked_unit"], rows.to_letter(row)) for row in found]

    def solicitation_thread(self, message_ids: Sequence[str]) -> list[OwnLetter]:
        """The letters among these Message-IDs, with or without angle brackets, in their order."""
        wanted = [f"<{message_id.strip().strip('<>')}>" for message_id in message_ids]
        found = self._db.rows(
            """SELECT s.code, s.unit FROM json_each(?) named
               JOIN letter ON letter.message_id = named.value
               JOIN solicitation_letter s ON s.letter_id = letter.id ORDER BY named.key""",
            (rows.to_json(wanted),),
        )
        return [OwnLetter(code=row["code"], unit=row["unit"]) for row in found]

    def add_reminder(self, reminder: Reminder) -> bool:
        """On record; False where this unit had this step already."""
        return bool(
            self._db.run(
                """INSERT INTO reminder (code, round, unit, step, at, recipients) VALUES (?, ?, ?, ?, ?, ?)
                   ON CONFLICT DO NOTHING""",
                (
                    reminder.code,
                    reminder.round,
                    reminder.unit,
                    reminder.step,
                    rows.stamp(reminder.at),
                    rows.to_json(reminder.recipients),
                ),
            )
        )

    def reminders(self, code: str) -> list[Reminder]:
        """In the order they went."""
        found = self._db.rows("SELECT * FROM reminder WHERE code = ? ORDER BY at, rowid", (code,))
        return [
            Reminder(
                code=row["code"],
                round=row["round"],
                unit=row["unit"],
                step=row["step"],
                at=rows.moment(row["at"]),
                recipients=rows.to_texts(row["recipients"]),
            )
            for row in found
        ]


def _to_ask(row: sqlite3.Row, units: Sequence[str]) -> Ask:
    return Ask(
        round=row["round"],
        source=Superior(row["source"]),
        text=row["text"],
        units=tuple(units),
        deadline=rows.moment(row["deadline"]),
        ladder=rows.to_numbers(row["ladder"]),
        asked_at=rows.moment(row["asked_at"]),
        by=row["asked_by"],
        file_name=row["file_name"],
    )
