"""SQLite and the spool: everything that must survive, and the only SQL.

Store opens data/var: `mailbot.sqlite` (WAL, synchronous=FULL, foreign keys on) and `mail/`, the spooled bytes of
every mail under their sha256.  Knows no policy.  Methods are named by the question they answer and speak in the
types of model.py.  Reading methods may be called any time; writing ones inside `with store.transaction():`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from mailbot.model import (
    Bulletin, BulletinKind, Correspondent, Document, Event, Fields, Finding, IncomingMail, LedgerMail, Letter,
    LetterFile, LetterKind, LetterState, Likeness, Month, Outcome, Submission, SubmissionState, ThreadLink,
    UnitCount, Verdict,
)


class Admission(StrEnum):
    """What admitting an arrival came to."""
    NEW = "new"            # a new ledger row, to be processed
    KNOWN = "known"        # this key already has a row: nothing was written
    REBOUND = "rebound"    # the epoch changed (UIDVALIDITY, or adopted at start): a row of an older epoch with the same bytes took this key
    SAME_BYTES = "same_bytes"  # the same bytes in the same epoch: a NEW row; dossier.same_bytes will say so when it is processed


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLetter:
    """A letter to be queued.  `content` (frozen bytes) is needed unless state is HELD."""
    kind: LetterKind
    state: LetterState          # HELD or READY
    recipient: str
    subject: str
    body: str
    message_id: str
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    number: str | None = None
    mail_id: int | None = None
    about: str = ""             # 'bulletin:monthly:2019-03:2' ... unique with kind and recipient
    content: bytes | None = None
    due_at: datetime | None = None   # READY: not before; HELD: released by itself at this time (release_after), None = waits for a person
    files: tuple[LetterFile, ...] = ()


class Store:
    # opening: creates directories 0700 and files 0600; runs pending migrations in one transaction each; refuses a
    # newer schema and a database that fails quick_check (StateError 'store_newer' / 'store_damaged', with path)
    @classmethod
    def open(cls, var: Path) -> Store: ...
    def close(self) -> None: ...
    @contextmanager
    def transaction(self) -> Iterator[None]: ...          # BEGIN IMMEDIATE; nests by savepoint; rolls back on exception
    def integrity_check(self) -> list[str]: ...            # [] when sound
    def schema_version(self) -> str: ...

    # ---- ledger and spool
    def knows(self, key: str) -> bool: ...
    def spool(self, raw: bytes, arrived_at: datetime) -> str: ...  # -> sha256; tmp, fsync, rename, directory fsync; file mtime = arrived_at; existing file of right size is kept
    def raw(self, sha256: str) -> bytes: ...               # NotFound 'raw_missing'; verifies the sha256
    def admit(self, *, key: str, sha256: str, size: int, arrived_at: datetime, spooled: bool, now: datetime) -> tuple[Admission, int]: ...  # -> what, mail id
    def adopt_orphans(self, now: datetime) -> int: ...     # spool files without a row -> rows with key 'adopted/<sha256>', arrived_at from the file's mtime; leftover tmp files removed
    def pending(self, limit: int) -> list[LedgerMail]: ...  # state new, oldest arrival first
    def mail(self, mail_id: int) -> LedgerMail: ...
    def mails(self, *, outcome: Outcome | None = None, state: str | None = None, since: datetime | None = None, until: datetime | None = None, text: str = "", limit: int = 100, offset: int = 0) -> list[LedgerMail]: ...  # newest first; text: substring of subject, sender or number by instr()
    def outcome_counts(self, since: datetime, until: datetime) -> dict[Outcome, int]: ...
    def verdict(self, mail_id: int) -> Verdict | None: ...  # as recorded (document without its text)
    def note_failure(self, mail_id: int, error: str, *, park: bool) -> None: ...  # attempts += 1; park sets state and outcome parked
    def reopen(self, mail_id: int) -> None: ...            # retry: parked -> new with attempts 0
    def record(self, mail_id: int, *, number: str, mail: IncomingMail | None, verdict: Verdict, now: datetime) -> None: ...  # state done, outcome, verdict JSON, sender, subject, message_id
    def unsettled(self, limit: int) -> list[LedgerMail]: ...  # done or parked rows whose Mailbox.done was not yet called
    def settle(self, mail_id: int) -> None: ...

    # ---- what bears on a mail
    def same_bytes(self, mail: LedgerMail) -> str | None: ...   # number of the earlier row with these bytes in the same epoch (not itself), else None
    def correspondent(self, address: str, on: date) -> Correspondent | None: ...
    def thread_link(self, message_ids: Sequence[str]) -> ThreadLink | None: ...  # the newest own letter among these
    def same_document(self, *, sha256: str, text_digest: str) -> tuple[Submission, ...]: ...  # accepted or held, any unit, by file or text digest ('' never matches), newest first; looks at all versions
    def same_title(self, *, unit: str, title_key: str, since: datetime) -> tuple[Submission, ...]: ...
    def returned(self, *, sender: str, number: str | None, since: datetime) -> tuple[Submission, ...]: ...  # returned items of this number or this sender, newest first
    def lookalikes(self, hashes: Sequence[int], *, limit: int, common: int = 200) -> list[tuple[Submission, str, float]]: ...  # (submission, text, share of hashes found), hashes with df > common skipped; accepted or held only

    # ---- submissions and documents
    def submission(self, number: str) -> Submission: ...
    def submissions(self, *, month: Month | None = None, state: SubmissionState | None = None, unit: str | None = None, limit: int = 1000) -> list[Submission]: ...  # by arrival
    def counts(self, month: Month) -> list[UnitCount]: ...     # accepted ones per unit
    def document_text(self, sha256: str) -> str: ...
    def save_document(self, document: Document, hashes: Sequence[int]) -> None: ...   # idempotent
    def save_submission(self, *, number: str, state: SubmissionState, fields: Fields, sender: str, arrived_at: datetime, mail_id: int, document: Document | None, now: datetime) -> None: ...  # insert, with version 1
    def renew_submission(self, *, number: str, state: SubmissionState, fields: Fields, mail_id: int, document: Document | None, now: datetime) -> None: ...  # new version or completion: fields replaced, version appended, arrived_at kept
    def amend_submission(self, number: str, *, state: SubmissionState | None = None, fields: Fields | None = None, row_version: int | None = None) -> None: ...  # a person's decision; StateError 'changed_meanwhile' where row_version is not the present one

    # ---- outbox
    def add_letter(self, letter: NewLetter, now: datetime) -> int | None: ...   # None where the UNIQUE keys say it exists already
    def letter(self, letter_id: int) -> Letter: ...
    def letter_files(self, letter_id: int) -> tuple[LetterFile, ...]: ...
    def letter_for_mail(self, mail_id: int) -> Letter | None: ...
    def letters(self, *, state: LetterState | None = None, kind: LetterKind | None = None, limit: int = 100, offset: int = 0) -> list[Letter]: ...   # newest first
    def letter_counts(self) -> dict[LetterState, int]: ...
    def thread(self, letter_id: int) -> tuple[str, tuple[str, ...]]: ...        # in_reply_to, references
    def edit_letter(self, letter_id: int, *, recipient: str, subject: str, body: str, version: int) -> None: ...  # held only; version check
    def release_letter(self, letter_id: int, content: bytes, due_at: datetime | None, *, version: int) -> None: ...   # held -> ready, bytes frozen
    def withdraw_letter(self, letter_id: int, *, version: int) -> None: ...     # held or ready or failed or uncertain -> withdrawn
    def due_holds(self, now: datetime) -> list[Letter]: ...                     # held whose release time has come
    def claim_letter(self, now: datetime) -> Letter | None: ...                 # oldest ready letter that is due -> sending (conditional UPDATE), at_dot 0; its own short transaction
    def next_due(self) -> datetime | None: ...                                  # of ready letters
    def mark_at_dot(self, letter_id: int, now: datetime) -> None: ...           # its own short transaction
    def mark_sent(self, letter_id: int, reply: str, now: datetime) -> None: ...
    def mark_retry(self, letter_id: int, due_at: datetime, reply: str) -> None: ...  # sending -> ready, attempts += 1, at_dot 0
    def mark_failed(self, letter_id: int, reply: str) -> None: ...
    def mark_uncertain(self, letter_id: int, due_at: datetime, reply: str) -> None: ...
    def interrupted(self) -> list[Letter]: ...                                  # state sending at start: a crash
    def uncertain_due(self, now: datetime) -> list[Letter]: ...
    def resend(self, letter_id: int, now: datetime) -> bool: ...                # uncertain -> ready once (resends 0 -> 1); False when it was resent before
    def answered_since(self, address: str, since: datetime, *, kinds: Sequence[LetterKind] = (), body: str | None = None) -> int: ...  # letters to it not withdrawn; '' address counts all

    # ---- correspondents
    def correspondents(self, *, unit: str | None = None, confirmed: bool | None = None) -> list[Correspondent]: ...
    def save_correspondent(self, correspondent: Correspondent) -> bool: ...     # False where it is there already
    def confirm_correspondent(self, address: str, unit: str) -> None: ...

    # ---- events, jobs, notes
    def add_event(self, event: Event) -> None: ...
    def events(self, *, subject: str | None = None, verb: str | None = None, limit: int = 100) -> list[Event]: ...  # newest first
    def job_done(self, name: str, due_at: datetime) -> bool: ...
    def mark_job(self, name: str, due_at: datetime, now: datetime) -> bool: ...  # False where done already
    def last_job(self, name: str) -> datetime | None: ...                        # latest due_at done
    def note(self, name: str) -> str | None: ...                                 # small facts: 'last_poll', 'last_poll_error', 'instance', 'first_start'
    def set_note(self, name: str, value: str) -> None: ...

    # ---- bulletins (files lie in var/bulletins/<sha256>.docx)
    def bulletin(self, kind: BulletinKind, period: str) -> Bulletin | None: ...
    def bulletins(self) -> list[Bulletin]: ...
    def bulletin_file(self, sha256: str) -> bytes: ...
    def save_bulletin_file(self, content: bytes) -> str: ...                     # sha256; durable like spool
    def save_draft(self, *, kind: BulletinKind, period: str, sha256: str, file_name: str, figures: Mapping[str, object], now: datetime) -> Bulletin: ...  # insert, or redraft while a draft; StateError 'bulletin_approved' otherwise
    def approve_bulletin(self, bulletin_id: int, *, sha256: str, by: str, now: datetime) -> None: ...  # StateError 'bulletin_changed' where sha256 differs, 'bulletin_approved'

    # ---- users of the console
    def save_user(self, name: str, role: str, secret: str, now: datetime) -> None: ...
    def user(self, name: str) -> tuple[str, str] | None: ...                      # role, secret of an enabled one
    def users(self) -> list[tuple[str, str]]: ...                                 # name, role
    def disable_user(self, name: str) -> None: ...
    def note_login(self, name: str, ok: bool, now: datetime) -> None: ...
    def failed_logins(self, name: str, since: datetime) -> int: ...               # since the last success in that span
