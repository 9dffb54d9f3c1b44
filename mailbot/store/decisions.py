"""What is decided about a letter before it is sent, by a person or because of a restore (see outbox.py)."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from mailbot.errors import NotFound, StateError
from mailbot.store import rows
from mailbot.store.database import Part


class LetterDecisions(Part):
    """Changes of table letter that no mail host makes; each names the state it starts from."""

    def edit_letter(self, letter_id: int, *, recipient: str, subject: str, body: str, version: int) -> None:
        """Reword a held letter.  StateError 'letter_state' where it is not held, 'changed_meanwhile'."""
        self._change(
            """UPDATE letter SET recipient = :recipient, subject = :subject, body = :body,
                 row_version = row_version + 1
               WHERE id = :id AND state = 'held' AND row_version = :version""",
            letter_id,
            version=version,
            recipient=recipient,
            subject=subject,
            body=body,
        )

    def release_letter(
        self, letter_id: int, content: bytes, due_at: datetime | None, *, version: int
    ) -> None:
        """Held to ready, with the bytes that will be sent, now frozen."""
        self._change(
            """UPDATE letter SET state = 'ready', content = :content, due_at = :due_at,
                 row_version = row_version + 1
               WHERE id = :id AND state = 'held' AND row_version = :version""",
            letter_id,
            version=version,
            content=content,
            due_at=rows.optional_stamp(due_at),
        )

    def withdraw_letter(self, letter_id: int, *, version: int) -> None:
        """Held, ready, failed or uncertain: it will not be sent (again)."""
        self._change(
            """UPDATE letter SET state = 'withdrawn', row_version = row_version + 1
               WHERE id = :id AND row_version = :version
                 AND state IN ('held', 'ready', 'failed', 'uncertain')""",
            letter_id,
            version=version,
        )

    def resend(self, letter_id: int, now: datetime, *, by_person: bool = False) -> bool:
        """Send a letter in doubt once more: by itself once in its life, False after that.

        A person may do so again, and with a failed one too.
        """
        return bool(
            self._db.run(
                """UPDATE letter SET state = 'ready', at_dot = 0, due_at = :now, resends = resends + 1,
                     row_version = row_version + 1
                   WHERE id = :id AND ((state = 'uncertain' AND (resends = 0 OR :by_person))
                     OR (state = 'failed' AND :by_person))""",
                {"id": letter_id, "now": rows.stamp(now), "by_person": by_person},
            )
        )

    def hold_unsent(self) -> list[int]:
        """After a restore: what was ready or being sent waits for a person, and nothing goes by its due time.

        Ids of the letters that are held because of it.  Their bytes stay until they are released.
        """
        self._db.run(
            "UPDATE letter SET due_at = NULL, row_version = row_version + 1"
            " WHERE state IN ('held', 'uncertain') AND due_at IS NOT NULL"
        )
        found = self._db.rows(
            """UPDATE letter SET state = 'held', due_at = NULL, at_dot = 0, row_version = row_version + 1
               WHERE state IN ('ready', 'sending') RETURNING id"""
        )
        return sorted(row["id"] for row in found)

    def _row(self, letter_id: int) -> sqlite3.Row:
        row = self._db.row("SELECT * FROM letter WHERE id = ?", (letter_id,))
        if row is None:
            raise NotFound("no_letter", letter=letter_id)
        return row

    def _change(self, sql: str, letter_id: int, *, version: int | None = None, **parameters: object) -> None:
        """One conditional update; where it touched nothing, the reason why."""
        if self._db.run(sql, {"id": letter_id, "version": version, **parameters}):
            return
        row = self._row(letter_id)
        if version is not None and row["row_version"] != version:
            raise StateError("changed_meanwhile", letter=letter_id)
        raise StateError("letter_state", letter=letter_id, state=row["state"])
