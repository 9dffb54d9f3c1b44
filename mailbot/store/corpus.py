"""Reference texts (对照文本) of data/corpus: what items are compared with for 网络抄袭."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mailbot.errors import NotFound
from mailbot.store import rows
from mailbot.store.database import Part


class Corpus(Part):
    """Tables reference_text and reference_fingerprint."""

    def references(self) -> dict[str, str]:
        """Name and sha256 of the file of each, by name."""
        found = self._db.rows("SELECT name, sha256 FROM reference_text ORDER BY name")
        return {row["name"]: row["sha256"] for row in found}

    def reference_text(self, name: str) -> str:
        """NotFound 'no_reference'."""
        row = self._db.row("SELECT text FROM reference_text WHERE name = ?", (name,))
        if row is None:
            raise NotFound("no_reference", name=name)
        return str(row["text"])

    def resembling(self, hashes: Sequence[int], *, limit: int) -> list[tuple[str, str, float]]:
        """Texts that share fingerprints: name, text, share of `hashes` found in it; most first."""
        wanted = rows.signed(hashes)
        found = self._db.rows(
            """SELECT r.name, r.text, hit.hits FROM (
                 SELECT f.reference_id AS id, count(*) AS hits
                 FROM json_each(:hashes) wanted JOIN reference_fingerprint f ON f.hash = wanted.value
                 GROUP BY f.reference_id ORDER BY hits DESC, f.reference_id LIMIT :limit) hit
               JOIN reference_text r ON r.id = hit.id ORDER BY hit.hits DESC, r.name""",
            {"hashes": rows.to_json(wanted), "limit": limit},
        )
        return [(row["name"], row["text"], row["hits"] / len(wanted)) for row in found]

    def save_reference(
        self, name: str, *, sha256: str, text: str, hashes: Sequence[int], now: datetime
    ) -> None:
        """Add a text, or put it in the place of the one of this name."""
        with self._db.transaction():
            self.drop_reference(name)
            row = self._db.row(
                """INSERT INTO reference_text (name, sha256, text, indexed_at) VALUES (?, ?, ?, ?)
                   RETURNING id""",
                (name, sha256, text, rows.stamp(now)),
            )
            assert row is not None
            self._db.run(
                """INSERT OR IGNORE INTO reference_fingerprint (hash, reference_id)
                   SELECT value, ? FROM json_each(?)""",
                (row["id"], rows.to_json(rows.signed(hashes))),
            )

    def drop_reference(self, name: str) -> None:
        """Nothing where there is none of this name."""
        self._db.run("DELETE FROM reference_text WHERE name = ?", (name,))
