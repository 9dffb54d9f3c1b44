"""Bulletins: one row per kind and period (promise P6), bound to one exact file (promise P7).

The files lie in bulletins/ under their sha256; a redraft leaves the earlier file where it is.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from mailbot.errors import NotFound, StateError
from mailbot.model import Bulletin, BulletinKind, BulletinState, Letter, LetterState, Passage
from mailbot.store import files, rows
from mailbot.store.database import Part

F = TypeVar("F")


class Bulletins(Part):
    """Tables bulletin and bulletin_note, and the files under bulletins/."""

    def bulletin(self, kind: BulletinKind, period: str) -> Bulletin | None:
        row = self._bulletin_row(kind, period)
        return None if row is None else rows.to_bulletin(row)

    def bulletins(self) -> list[Bulletin]:
        """Newest period first."""
        found = self._db.rows("SELECT * FROM bulletin ORDER BY period DESC, kind, id")
        return [rows.to_bulletin(row) for row in found]

    def bulletin_figures(self, kind: BulletinKind, period: str) -> Mapping[str, object] | None:
        """The figures its table was drawn from, as given to save_draft; once approved they stay as issued."""
        row = self._bulletin_row(kind, period)
        return None if row is None else rows.to_figures(row["figures"])

    def drawn_from(self, kind: BulletinKind, period: str, figures: Mapping[str, object]) -> bool:
        """Whether a bulletin was drawn from just these figures, as save_draft would keep them."""
        row = self._bulletin_row(kind, period)
        return row is not None and row["figures"] == rows.to_json(figures)

    def approved_figures(self, kind: BulletinKind, shape: type[F]) -> list[tuple[str, F]]:
        """Period and figures of each approved bulletin, read into the form they were kept in."""
        found = self._db.rows(
            "SELECT period, figures FROM bulletin WHERE kind = ? AND state = 'approved' ORDER BY period",
            (kind,),
        )
        return [(row["period"], rows.to_shape(row["figures"], shape)) for row in found]

    def _bulletin_row(self, kind: BulletinKind, period: str) -> sqlite3.Row | None:
        return self._db.row("SELECT * FROM bulletin WHERE kind = ? AND period = ?", (kind, period))

    def bulletin_file(self, sha256: str) -> bytes:
        """NotFound 'bulletin_file_missing' where it is gone or is no longer the same."""
        return files.read_verified(self._bulletin_path(sha256), sha256, code="bulletin_file_missing")

    def save_bulletin_file(self, content: bytes) -> str:
        """Put a file on disk for good; its sha256.  StateError 'disk_full', 'store_unwritable'."""
        sha256 = hashlib.sha256(content).hexdigest()
        files.write([files.DurableFile(path=self._bulletin_path(sha256), content=content)])
        return sha256

    def _bulletin_path(self, sha256: str) -> Path:
        return self._var / "bulletins" / f"{sha256}.docx"

    def save_draft(
        self,
        *,
        kind: BulletinKind,
        period: str,
        sha256: str,
        file_name: str,
        figures: Mapping[str, object],
        now: datetime,
        uploaded_by: str | None = None,
    ) -> Bulletin:
        """The draft of a period, in place of an earlier one; the same file once more is the same draft.

        `uploaded_by` is who finished its text in Word.
        StateError 'bulletin_approved' once it is approved.
        """
        with self._db.transaction():
            self._db.run(
                """INSERT INTO bulletin
                     (kind, period, state, sha256, file_name, figures, drafted_at, uploaded_by)
                   VALUES (:kind, :period, 'draft', :sha256, :file_name, :figures, :now, :uploaded_by)
                   ON CONFLICT (kind, period) DO UPDATE SET sha256 = excluded.sha256,
                     file_name = excluded.file_name, figures = excluded.figures,
                     drafted_at = excluded.drafted_at, drafts = drafts + 1,
                     uploaded_by = excluded.uploaded_by
                   WHERE state = 'draft' AND (sha256 <> excluded.sha256 OR figures <> excluded.figures)""",
                {
                    "kind": kind,
                    "period": period,
                    "sha256": sha256,
                    "file_name": file_name,
                    "figures": rows.to_json(figures),
                    "now": rows.stamp(now),
                    "uploaded_by": uploaded_by,
                },
            )
            row = self._bulletin_row(kind, period)
            assert row is not None
            if row["state"] != BulletinState.DRAFT:
                raise StateError("bulletin_approved", kind=kind, period=period, by=row["approved_by"])
            return rows.to_bulletin(row)

    def approve_bulletin(self, bulletin_id: int, *, sha256: str, by: str, now: datetime) -> None:
        """A named person approves this very file; from now on row and figures are frozen.

        StateError 'bulletin_changed' where the draft is another file by now, 'bulletin_approved' where it was
        approved before; NotFound 'no_bulletin'.
        """
        with self._db.transaction():
            approved = self._db.run(
                "UPDATE bulletin SET state = 'approved', approved_by = ?, approved_at = ?"
                " WHERE id = ? AND state = 'draft' AND sha256 = ?",
                (by, rows.stamp(now), bulletin_id, sha256),
            )
            if not approved:
                raise self._why_not(bulletin_id, sha256)

    # ---- what the section words itself

    def set_bulletin_note(
        self, kind: BulletinKind, period: str, passage: Passage, text: str, *, by: str, now: datetime
    ) -> None:
        """In place of an earlier one; '' takes it away.  Kept whatever becomes of the draft."""
        key = (kind, period, passage)
        self._db.run("DELETE FROM bulletin_note WHERE kind = ? AND period = ? AND passage = ?", key)
        if text:
            self._db.run(
                "INSERT INTO bulletin_note (kind, period, passage, text, at, by) VALUES (?, ?, ?, ?, ?, ?)",
                (*key, text, rows.stamp(now), by),
            )

    def bulletin_notes(self, kind: BulletinKind, period: str) -> dict[Passage, str]:
        found = self._db.rows(
            "SELECT passage, text FROM bulletin_note WHERE kind = ? AND period = ?", (kind, period)
        )
        return {Passage(row["passage"]): row["text"] for row in found}

    # ---- the letters that bring it to its recipients; `about` is as they name it (bulletin:monthly:2019-03)

    def bulletin_letters(
        self, about: str, *, state: LetterState | None = None, limit: int = 100, offset: int = 0
    ) -> list[Letter]:
        """Newest first."""
        found = self._db.rows(
            """SELECT * FROM letter WHERE kind = 'bulletin' AND about = :about AND about <> ''
                 AND (:state IS NULL OR state = :state) ORDER BY id DESC LIMIT :limit OFFSET :offset""",
            {"about": about, "state": state, "limit": limit, "offset": offset},
        )
        return [rows.to_letter(row) for row in found]

    def bulletin_letter_counts(self, about: str) -> dict[LetterState, int]:
        """A state without letters is not named."""
        found = self._db.rows(
            "SELECT state, count(*) FROM letter WHERE kind = 'bulletin' AND about = ? AND about <> ''"
            " GROUP BY state ORDER BY state",
            (about,),
        )
        return {LetterState(row[0]): row[1] for row in found}

    def _why_not(self, bulletin_id: int, sha256: str) -> StateError | NotFound:
        row = self._db.row("SELECT * FROM bulletin WHERE id = ?", (bulletin_id,))
        if row is None:
            return NotFound("no_bulletin", bulletin=bulletin_id)
        if row["state"] != BulletinState.DRAFT:
            return StateError(
                "bulletin_approved", kind=row["kind"], period=row["period"], by=row["approved_by"]
            )
        return StateError("bulletin_changed", period=row["period"], present=row["sha256"], given=sha256)
