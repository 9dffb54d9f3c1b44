"""The append-only record of who did what, the jobs done by due time (promise P6), and small facts."""

from __future__ import annotations

from datetime import datetime

from mailbot.model import Event
from mailbot.store import rows
from mailbot.store.database import Part


class Events(Part):
    """Tables event, job_run and note."""

    def add_event(self, event: Event) -> None:
        self._db.run(
            "INSERT INTO event (at, who, verb, subject, details) VALUES (?, ?, ?, ?, ?)",
            (rows.stamp(event.at), event.who, event.verb, event.subject, rows.to_json(event.details)),
        )

    def events(self, *, subject: str | None = None, verb: str | None = None, limit: int = 100) -> list[Event]:
        """Newest first."""
        found = self._db.rows(
            """SELECT * FROM event
               WHERE (:subject IS NULL OR subject = :subject) AND (:verb IS NULL OR verb = :verb)
               ORDER BY id DESC LIMIT :limit""",
            {"subject": subject, "verb": verb, "limit": limit},
        )
        return [
            Event(
                id=row["id"],
                at=rows.moment(row["at"]),
                who=row["who"],
                verb=row["verb"],
                subject=row["subject"],
                details=rows.to_mapping(row["details"]),
            )
            for row in found
        ]

    # ---- jobs

    def job_done(self, name: str, due_at: datetime) -> bool:
        found = self._db.row(
            "SELECT 1 FROM job_run WHERE name = ? AND due_at = ?", (name, rows.stamp(due_at))
        )
        return found is not None

    def mark_job(self, name: str, due_at: datetime, now: datetime) -> bool:
        """Done for this due time; False where it was done already."""
        return bool(
            self._db.run(
                "INSERT INTO job_run (name, due_at, done_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (name, rows.stamp(due_at), rows.stamp(now)),
            )
        )

    # ---- notes

    def note(self, name: str) -> str | None:
        """A small fact: 'last_poll', 'last_poll_error', 'instance', 'first_start'."""
        row = self._db.row("SELECT value FROM note WHERE name = ?", (name,))
        return None if row is None else str(row["value"])

    def set_note(self, name: str, value: str) -> None:
        self._db.run(
            "INSERT INTO note (name, value) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )
