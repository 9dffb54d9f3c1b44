"""Letters that go out, and the events of the audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class LetterKind(StrEnum):
    """Kinds of letters."""

    RECEIPT = "receipt"
    RETURNED = "returned"
    HELD_NOTICE = "held_notice"
    DUPLICATE = "duplicate"
    NEW_VERSION = "new_version"
    COMPLETED = "completed"
    CORRECTED = "corrected"
    """What a person put right on an item already registered."""
    DECLINED = "declined"
    """Follows a held notice where a person decided that it is no submission."""
    ALERT = "alert"
    DIGEST = "digest"
    BULLETIN_DRAFT = "bulletin_draft"
    BULLETIN = "bulletin"
    SOLICITATION = "solicitation"
    REMINDER = "reminder"
    FEEDBACK = "feedback"


class LetterState(StrEnum):
    """States of the outbox (promise P4)."""

    HELD = "held"
    READY = "ready"
    SENDING = "sending"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFile:
    """A file that goes with a letter."""

    name: str
    content: bytes
    content_type: str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterText:
    """A letter as worded: what a person may still edit while it is held."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A row of the outbox.  From `ready` on, `content` (the bytes on the wire) and recipient are frozen."""

    id: int
    kind: LetterKind
    state: LetterState
    recipient: str
    subject: str
    body: str
    message_id: str
    number: str | None = None
    mail_id: int | None = None
    content: bytes | None = None
    attempts: int = 0
    created_at: datetime
    due_at: datetime | None = None
    """Not before this time (pacing, back-off, release_after)."""
    sent_at: datetime | None = None
    at_dot: bool = False
    """The phase mark: the text had been handed over and only the final dot was missing."""
    reply: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the append-only record: who did what to which thing, and when."""

    at: datetime
    who: str
    """A person's name, or 'mailbot'."""
    verb: str
    subject: str
    """What it was done to: 'mail:12', 'item:20190412-7F3A9K', 'letter:3'."""
    details: Mapping[str, str] = field(default_factory=dict)
    id: int | None = None
