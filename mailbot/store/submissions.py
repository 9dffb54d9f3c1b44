"""Items with their versions, the documents they came with, and what is held that bears on a new mail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mailbot.clock import SHANGHAI
from mailbot.errors import NotFound, StateError
from mailbot.model import Document, Fields, Month, Submission, SubmissionState, UnitCount, title_key
from mailbot.store import rows
from mailbot.store.database import Part


class Submissions(Part):
    """Tables submission, version, document and fingerprint; view item."""

    # ---- what bears on a mail

    def same_document(self, *, sha256: str, text_digest: str) -> tuple[Submission, ...]:
        """Accepted or held items of any unit, newest first, with a version of this file or this text.

        An empty digest matches nothing.
        """
        return self._items(
            """SELECT * FROM item WHERE state IN ('accepted', 'held') AND number IN (
                 SELECT v.number FROM version v WHERE v.document_sha256 = :sha256
                 UNION
                 SELECT v.number FROM document d JOIN version v ON v.document_sha256 = d.sha256
                 WHERE d.text_digest = :digest AND d.text_digest <> '')
               ORDER BY arrived_at DESC, number DESC""",
            {"sha256": sha256, "digest": text_digest},
        )

    def same_title(self, *, unit: str, title_key: str, since: datetime) -> tuple[Submission, ...]:
        """Accepted or held items of this unit and title, newest first, with a version since then."""
        return self._items(
            """SELECT * FROM item WHERE unit = :unit AND title_key = :title AND state IN ('accepted', 'held')
                 AND EXISTS (SELECT 1 FROM version v WHERE v.number = item.number AND v.arrived_at >= :since)
               ORDER BY arrived_at DESC, number DESC""",
            {"unit": unit, "title": title_key, "since": rows.stamp(since)},
        )

    def returned(self, *, sender: str, number: str | None, since: datetime) -> tuple[Submission, ...]:
        """Returned items that came at or after `since`, of this number or this sender, newest first."""
        return self._items(
            """SELECT * FROM item WHERE state = 'returned' AND arrived_at >= :since AND number IN (
                 SELECT :number
                 UNION
                 SELECT s.number FROM submission s
                 WHERE s.sender = :sender AND s.sender <> '' AND s.state = 'returned'
                   AND s.arrived_at >= :since)
               ORDER BY arrived_at DESC, number DESC""",
            {"sender": sender, "number": number, "since": rows.stamp(since)},
        )

    def items_from(self, sender: str, since: datetime) -> tuple[Submission, ...]:
        """Items in any state of which a version came from this address at or after `since`, newest first."""
        return self._items(
            """SELECT * FROM item WHERE number IN (
                 SELECT v.number FROM version v JOIN mail m ON m.id = v.mail_id
                 WHERE m.sender = :sender AND v.arrived_at >= :since)
               ORDER BY arrived_at DESC, number DESC""",
            {"sender": sender, "since": rows.stamp(since)},
        )

    def lookalikes(
        self, hashes: Sequence[int], *, limit: int, least: float = 0.0, common: int = 200
    ) -> list[tuple[Submission, str, float]]:
        """Accepted or held items that share fingerprints: item, its text, share of `hashes` found in it.

        Those with a smaller share than `least` are left out.  A hash that more than `common` documents have
        says nothing (set phrases) and finds none.
        """
        wanted = rows.signed(hashes)
        found = self._db.rows(
            """WITH wanted AS (SELECT value AS hash FROM json_each(:hashes)),
               telling AS (
                 SELECT hash FROM wanted WHERE :common >= (SELECT count(*) FROM (
                   SELECT 1 FROM fingerprint f WHERE f.hash = wanted.hash LIMIT :common + 1))),
               hit AS (
                 SELECT f.document_id AS document_id, count(*) AS hits
                 FROM telling JOIN fingerprint f ON f.hash = telling.hash
                 GROUP BY f.document_id HAVING count(*) >= :hits)
               SELECT v.number, d.text, max(hit.hits) AS hits
               FROM hit JOIN document d ON d.id = hit.document_id
                 JOIN version v ON v.document_sha256 = d.sha256
                 JOIN submission s ON s.number = v.number AND s.state IN ('accepted', 'held')
               GROUP BY v.number ORDER BY hits DESC, v.number LIMIT :limit""",
            {
                "hashes": rows.to_json(wanted),
                "common": common,
                "hits": least * len(wanted),
                "limit": limit,
            },
        )
        return [(self.submission(row["number"]), row["text"], row["hits"] / len(wanted)) for row in found]

    # ---- reading

    def submission(self, number: str) -> Submission:
        """NotFound 'no_submission'."""
        found = self._items("SELECT * FROM item WHERE number = :number", {"number": number})
        if not found:
            raise NotFound("no_submission", number=number)
        return found[0]

    def numbers_like(self, *, day: str, code: str) -> list[str]:
        """Of accepted items, those with this first or this second part."""
        found = self._db.rows(
            """SELECT number FROM submission WHERE state = 'accepted'
                 AND (substr(number, 1, instr(number, '-') - 1) = :day
                   OR substr(number, instr(number, '-') + 1) = :code)
               ORDER BY number""",
            {"day": day, "code": code},
        )
        return [row["number"] for row in found]

    def submissions(
        self,
        *,
        month: Month | None = None,
        state: SubmissionState | None = None,
        unit: str | None = None,
        limit: int = 1000,
        offset: int = 0,
    ) -> list[Submission]:
        """By arrival, oldest first."""
        found = self._items(
            """SELECT * FROM item WHERE arrived_at >= :since AND arrived_at < :until
                 AND (:state IS NULL OR state = :state) AND (:unit IS NULL OR unit = :unit)
               ORDER BY arrived_at, number LIMIT :limit OFFSET :offset""",
            {**_choice(month, state, unit), "limit": limit, "offset": offset},
        )
        return list(found)

    def count_submissions(
        self, *, month: Month | None = None, state: SubmissionState | None = None, unit: str | None = None
    ) -> int:
        """How many submissions() would give without its limit."""
        row = self._db.row(
            """SELECT count(*) FROM submission WHERE arrived_at >= :since AND arrived_at < :until
                 AND (:state IS NULL OR state = :state) AND (:unit IS NULL OR unit = :unit)""",
            _choice(month, state, unit),
        )
        assert row is not None
        return int(row[0])

    def counts(self, month: Month) -> list[UnitCount]:
        """How many items of the month were accepted from each unit, most first; those with none left out."""
        found = self._db.rows(
            "SELECT unit, count(*) AS n FROM submission"
            " WHERE arrived_at >= ? AND arrived_at < ? AND state = 'accepted' AND unit IS NOT NULL"
            " GROUP BY unit ORDER BY n DESC, unit",
            _span(month),
        )
        return [UnitCount(unit=row["unit"], submissions=row["n"]) for row in found]

    def document_text(self, sha256: str) -> str:
        """NotFound 'no_document'."""
        row = self._db.row("SELECT text FROM document WHERE sha256 = ?", (sha256,))
        if row is None:
            raise NotFound("no_document", sha256=sha256)
        return str(row["text"])

    # ---- writing

    def save_document(self, document: Document, hashes: Sequence[int]) -> None:
        """Keep a document's text and fingerprints; once is enough, and a second time changes nothing."""
        with self._db.transaction():
            document_id = self._keep(document)
            self._db.run(
                "INSERT OR IGNORE INTO fingerprint (hash, document_id) SELECT value, ? FROM json_each(?)",
                (document_id, rows.to_json(rows.signed(hashes))),
            )

    def _keep(self, document: Document) -> int:
        """The row's id.  A document read back from a verdict has no text: it never replaces one that has."""
        words = document.words
        row = self._db.row(
            """INSERT INTO document (sha256, kind, size, text, text_digest, words, body_words, han)
               VALUES (:sha256, :kind, :size, :text, :digest, :whole, :body, :han)
               ON CONFLICT (sha256) DO UPDATE SET text = iif(text = '', excluded.text, text) RETURNING id""",
            {
                "sha256": document.sha256,
                "kind": document.kind,
                "size": document.size,
                "text": document.text,
                "digest": document.text_digest,
                "whole": words.whole,
                "body": words.body,
                "han": words.han,
            },
        )
        assert row is not None
        return int(row["id"])

    def save_submission(
        self,
        *,
        number: str,
        state: SubmissionState,
        fields: Fields,
        sender: str,
        arrived_at: datetime,
        mail_id: int,
        document: Document | None,
        now: datetime,
    ) -> None:
        """A new item with its first version; StateError 'number_taken' where there is one of this number."""
        with self._db.transaction():
            if document is not None:
                self._keep(document)
            written = self._db.run(
                """INSERT INTO submission (number, state, unit, title, title_key, fields, solicitation,
                     sender, arrived_at, mail_id, document_sha256, document_name)
                   VALUES (:number, :state, :unit, :title, :title_key, :fields, :solicitation, :sender,
                     :arrived_at, :mail_id, :document_sha256, :document_name)
                   ON CONFLICT (number) DO NOTHING""",
                {
                    "number": number,
                    "state": state,
                    "sender": sender,
                    "arrived_at": rows.stamp(arrived_at),
                    "mail_id": mail_id,
                    **_field_columns(fields),
                    **_document_columns(document),
                },
            )
            if not written:
                raise StateError("number_taken", number=number)
            self._add_version(number, mail_id, now)

    def renew_submission(
        self,
        *,
        number: str,
        state: SubmissionState,
        fields: Fields,
        mail_id: int,
        document: Document | None,
        now: datetime,
    ) -> None:
        """A new version, or what completes a returned item: fields replaced, arrival and sender kept.

        Without a document (only what was missing was sent) the present one stays.  NotFound 'no_submission'.
        """
        with self._db.transaction():
            if document is not None:
                self._keep(document)
            written = self._db.run(
                """UPDATE submission SET state = :state, unit = :unit, title = :title, title_key = :title_key,
                     fields = :fields, solicitation = :solicitation, mail_id = :mail_id,
                     document_sha256 = coalesce(:document_sha256, document_sha256),
                     document_name = iif(:document_sha256 IS NULL, document_name, :document_name),
                     row_version = row_version + 1
                   WHERE number = :number""",
                {
                    "number": number,
                    "state": state,
                    "mail_id": mail_id,
                    **_field_columns(fields),
                    **_document_columns(document),
                },
            )
            if not written:
                raise NotFound("no_submission", number=number)
            self._add_version(number, mail_id, now)

    def _add_version(self, number: str, mail_id: int, now: datetime) -> None:
        """The item as it now stands becomes its next version; a mail that was an item apart moves here."""
        self._db.run(
            """INSERT INTO version (number, seq, mail_id, document_sha256, document_name, arrived_at, at)
               SELECT s.number, (SELECT count(*) FROM version v WHERE v.number = s.number) + 1, m.id,
                 s.document_sha256, s.document_name, m.arrived_at, :now
               FROM submission s JOIN mail m ON m.id = :mail_id WHERE s.number = :number
               ON CONFLICT (mail_id) DO UPDATE SET number = excluded.number, seq = excluded.seq""",
            {"number": number, "mail_id": mail_id, "now": rows.stamp(now)},
        )

    def amend_submission(
        self,
        number: str,
        *,
        state: SubmissionState | None = None,
        fields: Fields | None = None,
        row_version: int | None = None,
    ) -> None:
        """A person's decision; what is None stays.

        StateError 'changed_meanwhile' where the row is no longer the one seen; NotFound 'no_submission'.
        """
        with self._db.transaction():
            present = self.submission(number)
            if row_version not in (None, present.row_version):
                raise StateError("changed_meanwhile", number=number)
            self._db.run(
                """UPDATE submission SET state = :state, unit = :unit, title = :title, title_key = :title_key,
                     fields = :fields, solicitation = :solicitation, row_version = row_version + 1
                   WHERE number = :number""",
                {
                    "number": number,
                    "state": state or present.state,
                    **_field_columns(present.fields if fields is None else fields),
                },
            )

    def change_document(self, number: str, document: Document) -> None:
        """Another file of the same mail is the item's, and its present version's."""
        with self._db.transaction():
            self._keep(document)
            columns = {"number": number, **_document_columns(document)}
            self._db.run(
                """UPDATE submission SET document_sha256 = :document_sha256, document_name = :document_name,
                     row_version = row_version + 1
                   WHERE number = :number""",
                columns,
            )
            self._db.run(
                """UPDATE version SET document_sha256 = :document_sha256, document_name = :document_name
                   WHERE number = :number AND seq = (SELECT max(seq) FROM version WHERE number = :number)""",
                columns,
            )

    def _items(self, sql: str, parameters: dict[str, object]) -> tuple[Submission, ...]:
        return tuple(rows.to_submission(row) for row in self._db.rows(sql, parameters))


def _choice(month: Month | None, state: SubmissionState | None, unit: str | None) -> dict[str, object]:
    """What chooses items, as named in the statements."""
    since, until = _span(month)
    return {"since": since, "until": until, "state": state, "unit": unit}


def _field_columns(fields: Fields) -> dict[str, object]:
    title = fields.title.value if fields.title else ""
    return {
        "unit": fields.unit.value if fields.unit else None,
        "title": title,
        "title_key": title_key(title),
        "fields": rows.to_json(fields),
        "solicitation": fields.solicitation,
    }


def _document_columns(document: Document | None) -> dict[str, object]:
    return {
        "document_sha256": document.sha256 if document else None,
        "document_name": document.name if document else "",
    }


def _span(month: Month | None) -> tuple[str, str]:
    """From the first moment of the month to that of the next, as written; everything for None."""
    if month is None:
        return rows.EARLIEST, rows.LATEST
    following = month.following()
    return (
        rows.stamp(datetime(month.year, month.month, 1, tzinfo=SHANGHAI)),
        rows.stamp(datetime(following.year, following.month, 1, tzinfo=SHANGHAI)),
    )
