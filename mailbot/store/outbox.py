"""The outbox: letters from decision to the mail host's answer (promise P4).

    held -> ready -> sending -> sent
                        |-> ready (back-off)   failed   uncertain -> ready (once)
    held, ready, uncertain, failed -> withdrawn
    ready, sending -> held (after a restore)

Each change names the state it starts from, in the statement itself: two workers, or a worker and a person,
cannot both make it.  Bytes, recipient and Message-ID are frozen from `ready` on, by a trigger too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mailbot.model import Letter, LetterFile, LetterKind, LetterState, ThreadLink
from mailbot.store import rows
from mailbot.store.decisions import LetterDecisions


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLetter:
    """A letter to be queued.  `content` (frozen bytes) is needed unless it is held."""

    kind: LetterKind
    state: LetterState
    """HELD or READY."""
    recipient: str
    subject: str
    body: str
    message_id: str
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    number: str | None = None
    mail_id: int | None = None
    about: str = ""
    """What it is about where that is no mail ('bulletin:monthly:2019-03'): once per kind and recipient."""
    content: bytes | None = None
    due_at: datetime | None = None
    """Of a ready one: not before.  Of a held one: released by itself then; None waits for a person."""
    files: tuple[LetterFile, ...] = ()


# Two statements each, for each has its index; what narrows them further is the same.
_LETTERS = """SELECT * FROM letter WHERE (:kind IS NULL OR kind = :kind)
  ORDER BY id DESC LIMIT :limit OFFSET :offset"""
_LETTERS_IN_STATE = """SELECT * FROM letter WHERE state = :state AND (:kind IS NULL OR kind = :kind)
  ORDER BY id DESC LIMIT :limit OFFSET :offset"""
_ANSWERED_TO_ONE = """SELECT count(*) FROM letter
  WHERE recipient = :address AND created_at >= :since AND state <> 'withdrawn'
    AND (:kinds = '[]' OR kind IN (SELECT value FROM json_each(:kinds)))
    AND (:body IS NULL OR body = :body)"""
_ANSWERED_TO_ANY = """SELECT count(*) FROM letter
  WHERE created_at >= :since AND state <> 'withdrawn'
    AND (:kinds = '[]' OR kind IN (SELECT value FROM json_each(:kinds)))
    AND (:body IS NULL OR body = :body)"""


class Outbox(LetterDecisions):
    """Tables letter and letter_file."""

    def add_letter(self, letter: NewLetter, now: datetime) -> int | None:
        """Queue a letter; its id, or None where the UNIQUE keys say that it exists already: mail and kind, or
        kind, `about` and recipient, or Message-ID."""
        with self._db.transaction():
            row = self._db.row(
                """INSERT INTO letter (kind, state, recipient, subject, body, message_id, in_reply_to, refs,
                     number, mail_id, about, content, created_at, due_at)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id""",
                (
                    letter.kind,
                    _startable(letter.state),
                    letter.recipient,
                    letter.subject,
                    letter.body,
                    letter.message_id,
                    letter.in_reply_to,
                    rows.to_json(letter.references),
                    letter.number,
                    letter.mail_id,
                    letter.about,
                    letter.content,
                    rows.stamp(now),
                    rows.optional_stamp(letter.due_at),
                ),
            )
            if row is None:
                return None
            self._add_files(row["id"], letter.files)
            return int(row["id"])

    def _add_files(self, letter_id: int, enclosed: Sequence[LetterFile]) -> None:
        for file in enclosed:
            self._db.run(
                "INSERT INTO letter_file (letter_id, name, content_type, content) VALUES (?, ?, ?, ?)",
                (letter_id, file.name, file.content_type, file.content),
            )

    # ---- reading

    def letter(self, letter_id: int) -> Letter:
        """NotFound 'no_letter'."""
        return rows.to_letter(self._row(letter_id))

    def letter_files(self, letter_id: int) -> tuple[LetterFile, ...]:
        """In the order they were enclosed."""
        found = self._db.rows("SELECT * FROM letter_file WHERE letter_id = ? ORDER BY rowid", (letter_id,))
        return tuple(
            LetterFile(name=row["name"], content=row["content"], content_type=row["content_type"])
            for row in found
        )

    def letter_for_mail(self, mail_id: int) -> Letter | None:
        """The newest letter that answers this mail."""
        found = self._letters(
            "SELECT * FROM letter WHERE mail_id = :mail ORDER BY id DESC LIMIT 1", mail=mail_id
        )
        return found[0] if found else None

    def letters(
        self,
        *,
        state: LetterState | None = None,
        kind: LetterKind | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[Letter]:
        """Newest first."""
        return self._letters(
            _LETTERS if state is None else _LETTERS_IN_STATE,
            state=state,
            kind=kind,
            limit=limit,
            offset=offset,
        )

    def letters_of(self, number: str) -> list[Letter]:
        """Those about an item, in the order they were made."""
        return self._letters("SELECT * FROM letter WHERE number = :number ORDER BY id", number=number)

    def letter_counts(self) -> dict[LetterState, int]:
        """A state without letters is not named."""
        found = self._db.rows("SELECT state, count(*) FROM letter GROUP BY state ORDER BY state")
        return {LetterState(row[0]): row[1] for row in found}

    def thread(self, letter_id: int) -> tuple[str, tuple[str, ...]]:
        """In-Reply-To and References of a letter."""
        row = self._row(letter_id)
        return row["in_reply_to"], rows.to_texts(row["refs"])

    def thread_link(self, message_ids: Sequence[str]) -> ThreadLink | None:
        """The newest own letter among these Message-IDs, with or without their angle brackets."""
        bare = [message_id.strip().strip("<>") for message_id in message_ids]
        wanted = [form for message_id in bare if message_id for form in (message_id, f"<{message_id}>")]
        found = self._db.rows(
            "SELECT kind, message_id, number FROM letter"
            " WHERE message_id IN (SELECT value FROM json_each(?)) ORDER BY id DESC LIMIT 1",
            (rows.to_json(wanted),),
        )
        links = [
            ThreadLink(kind=LetterKind(r["kind"]), message_id=r["message_id"], number=r["number"])
            for r in found
        ]
        return links[0] if links else None

    def letters_named(self, message_ids: Sequence[str]) -> list[Letter]:
        """Own letters with these Message-IDs, with or without angle brackets, in their order."""
        wanted = [f"<{message_id.strip().strip('<>')}>" for message_id in message_ids]
        return self._letters(
            """SELECT letter.* FROM letter JOIN json_each(:ids) named ON letter.message_id = named.value
               ORDER BY named.key""",
            ids=rows.to_json(wanted),
        )

    def letters_gone_to(self, recipient: str, since: datetime) -> list[Letter]:
        """Letters sent to this address at or after `since`, or left in doubt, newest first."""
        return self._letters(
            """SELECT * FROM letter WHERE recipient = :recipient AND state IN ('sent', 'uncertain')
                 AND coalesce(sent_at, claimed_at, created_at) >= :since ORDER BY id DESC""",
            recipient=recipient,
            since=rows.stamp(since),
        )

    def letters_made(self, recipient: str, since: datetime, *, kinds: Sequence[LetterKind]) -> list[Letter]:
        """Letters of these kinds made for this address since then and not withdrawn, newest first."""
        return self._letters(
            """SELECT * FROM letter WHERE recipient = :recipient AND created_at >= :since
                 AND state <> 'withdrawn' AND kind IN (SELECT value FROM json_each(:kinds))
               ORDER BY id DESC""",
            recipient=recipient,
            since=rows.stamp(since),
            kinds=rows.to_json(list(kinds)),
        )

    def answered_since(
        self, address: str, since: datetime, *, kinds: Sequence[LetterKind] = (), body: str | None = None
    ) -> int:
        """Letters made at or after `since` for this address ('' for any) and not withdrawn.

        `kinds` and `body` narrow it: only these kinds, only this very text.
        """
        row = self._db.row(
            _ANSWERED_TO_ANY if address == "" else _ANSWERED_TO_ONE,
            {
                "address": address,
                "since": rows.stamp(since),
                "kinds": rows.to_json(list(kinds)),
                "body": body,
            },
        )
        assert row is not None
        return int(row[0])

    def next_due(self) -> datetime | None:
        """When the next ready letter may go; None where none is ready."""
        row = self._db.row("SELECT min(coalesce(due_at, created_at)) FROM letter WHERE state = 'ready'")
        return None if row is None else rows.optional_moment(row[0])

    def due_holds(self, now: datetime) -> list[Letter]:
        """Held letters whose time of release has come, oldest first."""
        return self._letters(
            "SELECT * FROM letter WHERE state = 'held' AND due_at <= :now ORDER BY id", now=rows.stamp(now)
        )

    def interrupted(self) -> list[Letter]:
        """Letters that a crash left while they were being sent."""
        return self._letters("SELECT * FROM letter WHERE state = 'sending' ORDER BY id")

    def uncertain_due(self, now: datetime) -> list[Letter]:
        """Letters in doubt whose time of waiting is over, oldest first."""
        return self._letters(
            "SELECT * FROM letter WHERE state = 'uncertain' AND due_at <= :now ORDER BY id",
            now=rows.stamp(now),
        )

    def _letters(self, sql: str, **parameters: object) -> list[Letter]:
        return [rows.to_letter(row) for row in self._db.rows(sql, parameters)]

    # ---- sending

    def claim_letter(self, now: datetime) -> Letter | None:
        """The oldest ready letter that is due, the caller's alone from now on; None where nothing is due."""
        found = self._letters(
            """UPDATE letter SET state = 'sending', claimed_at = :now, at_dot = 0,
                 row_version = row_version + 1
               WHERE state = 'ready' AND id = (
                 SELECT id FROM letter INDEXED BY letter_ready
                 WHERE state = 'ready' AND (due_at IS NULL OR due_at <= :now)
                 ORDER BY id LIMIT 1)
               RETURNING *""",
            now=rows.stamp(now),
        )
        return found[0] if found else None

    def mark_at_dot(self, letter_id: int, now: datetime) -> None:
        """The phase mark: only the final dot is missing; from now on the letter may have gone."""
        self._change(
            "UPDATE letter SET at_dot = 1, claimed_at = :now WHERE id = :id AND state = 'sending'",
            letter_id,
            now=rows.stamp(now),
        )

    def mark_sent(self, letter_id: int, reply: str, now: datetime) -> None:
        """The host took it, or a letter in doubt was found to have gone."""
        self._change(
            """UPDATE letter SET state = 'sent', sent_at = :now, reply = :reply, row_version = row_version + 1
               WHERE id = :id AND state IN ('sending', 'uncertain')""",
            letter_id,
            reply=reply,
            now=rows.stamp(now),
        )

    def mark_retry(self, letter_id: int, due_at: datetime, reply: str) -> None:
        """Not now (4xx, or cut before the dot): ready again, not before `due_at`."""
        self._change(
            """UPDATE letter SET state = 'ready', at_dot = 0, attempts = attempts + 1, due_at = :due_at,
                 reply = :reply, row_version = row_version + 1
               WHERE id = :id AND state = 'sending'""",
            letter_id,
            due_at=rows.stamp(due_at),
            reply=reply,
        )

    def mark_failed(self, letter_id: int, reply: str) -> None:
        """The host refuses it for good (5xx), or a delivery report says that a sent one did not arrive."""
        self._change(
            """UPDATE letter SET state = 'failed', reply = :reply, row_version = row_version + 1
               WHERE id = :id AND state IN ('sending', 'uncertain', 'sent')""",
            letter_id,
            reply=reply,
        )

    def mark_uncertain(self, letter_id: int, due_at: datetime | None, reply: str) -> None:
        """Cut between the final dot and the answer (RFC 1047).

        uncertain_due() names it from `due_at` on; None leaves it to a person.
        """
        self._change(
            """UPDATE letter SET state = 'uncertain', due_at = :due_at, reply = :reply,
                 row_version = row_version + 1
               WHERE id = :id AND state IN ('sending', 'uncertain')""",
            letter_id,
            due_at=rows.optional_stamp(due_at),
            reply=reply,
        )


def _startable(state: LetterState) -> LetterState:
    if state not in (LetterState.HELD, LetterState.READY):
        raise ValueError(f"a letter cannot start as {state}")
    return state
