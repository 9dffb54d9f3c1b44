"""How the values of model.py stand in columns: times, JSON, and rows back into nouns.

Times are written with the fixed offset +08:00, so that text order is time order even across the summer times
of 1986 to 1991; they are read back as Asia/Shanghai.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TypeVar

import msgspec

from mailbot.clock import SHANGHAI
from mailbot.model import (
    Bulletin,
    BulletinKind,
    BulletinState,
    Correspondent,
    Fields,
    LedgerMail,
    Letter,
    LetterKind,
    LetterState,
    MailState,
    Outcome,
    Submission,
    SubmissionState,
    Verdict,
    WordCount,
)

S = TypeVar("S")

_EAST_8 = timezone(timedelta(hours=8))
_EPOCH = datetime(1970, 1, 1, tzinfo=_EAST_8) + timedelta(hours=8)

_encoder = msgspec.json.Encoder()
_verdicts = msgspec.json.Decoder(Verdict)
_fields = msgspec.json.Decoder(Fields)
_mappings = msgspec.json.Decoder(dict[str, str])
_figures = msgspec.json.Decoder(dict[str, object])
_texts = msgspec.json.Decoder(tuple[str, ...])
_numbers = msgspec.json.Decoder(tuple[int, ...])

EARLIEST, LATEST = "", "~"
"""Before and after every time that is written."""


def stamp(when: datetime) -> str:
    """ISO 8601 with +08:00; ValueError for a time without zone."""
    if when.tzinfo is None:
        raise ValueError(f"a time without zone: {when}")
    return when.astimezone(_EAST_8).isoformat()


def stamp_or(when: datetime | None, otherwise: str) -> str:
    return otherwise if when is None else stamp(when)


def optional_stamp(when: datetime | None) -> str | None:
    return None if when is None else stamp(when)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(SHANGHAI)


def optional_moment(text: str | None) -> datetime | None:
    return None if text is None else moment(text)


def to_nanoseconds(when: datetime) -> int:
    """As a file's time is kept; exact to the microsecond."""
    return (when - _EPOCH) // timedelta(microseconds=1) * 1000


def from_nanoseconds(ns: int) -> datetime:
    return (_EPOCH + timedelta(microseconds=ns // 1000)).astimezone(SHANGHAI)


def to_json(value: object) -> str:
    return _encoder.encode(value).decode()


def verdict_json(verdict: Verdict) -> str:
    """The verdict without the document's text, which stands in table document or nowhere."""
    if verdict.document is not None:
        verdict = replace(verdict, document=replace(verdict.document, paragraphs=()))
    return to_json(verdict)


def to_verdict(text: str) -> Verdict:
    return _verdicts.decode(text)


def to_fields(text: str) -> Fields:
    return _fields.decode(text)


def to_mapping(text: str) -> dict[str, str]:
    return _mappings.decode(text)


def to_figures(text: str) -> dict[str, object]:
    return _figures.decode(text)


def to_shape(text: str, shape: type[S]) -> S:
    """JSON as a value of the type it was written from; what that type no longer has is left out."""
    return msgspec.json.decode(text, type=shape)


def to_texts(text: str) -> tuple[str, ...]:
    return _texts.decode(text)


def to_numbers(text: str) -> tuple[int, ...]:
    return _numbers.decode(text)


def signed(hashes: Sequence[int]) -> list[int]:
    """64-bit hashes as SQLite's signed integers, sorted, each once: neighbours land on the same page."""
    return sorted({h - (1 << 64) if h >= 1 << 63 else h for h in hashes})


def to_mail(row: sqlite3.Row) -> LedgerMail:
    return LedgerMail(
        id=row["id"],
        key=row["key"],
        sha256=row["sha256"],
        size=row["size"],
        arrived_at=moment(row["arrived_at"]),
        spooled=bool(row["spooled"]),
        state=MailState(row["state"]),
        attempts=row["attempts"],
        last_error=row["last_error"],
        number=row["number"],
        outcome=Outcome(row["outcome"]) if row["outcome"] else None,
        sender=row["sender"],
        subject=row["subject"],
        message_id=row["message_id"],
        processed_at=optional_moment(row["processed_at"]),
    )


def to_submission(row: sqlite3.Row) -> Submission:
    """From the view item."""
    return Submission(
        number=row["number"],
        state=SubmissionState(row["state"]),
        fields=to_fields(row["fields"]),
        sender=row["sender"],
        arrived_at=moment(row["arrived_at"]),
        mail_id=row["mail_id"],
        document_sha256=row["document_sha256"] or "",
        text_digest=row["text_digest"] or "",
        document_name=row["document_name"],
        words=WordCount(whole=row["words"] or 0, body=row["body_words"] or 0, han=row["han"] or 0),
        adopted=bool(row["adopted"]),
        versions=row["versions"],
        row_version=row["row_version"],
    )


def to_letter(row: sqlite3.Row) -> Letter:
    return Letter(
        id=row["id"],
        kind=LetterKind(row["kind"]),
        state=LetterState(row["state"]),
        recipient=row["recipient"],
        subject=row["subject"],
        body=row["body"],
        message_id=row["message_id"],
        number=row["number"],
        mail_id=row["mail_id"],
        content=row["content"],
        attempts=row["attempts"],
        created_at=moment(row["created_at"]),
        due_at=optional_moment(row["due_at"]),
        sent_at=optional_moment(row["sent_at"]),
        at_dot=bool(row["at_dot"]),
        reply=row["reply"],
        version=row["row_version"],
    )


def to_bulletin(row: sqlite3.Row) -> Bulletin:
    return Bulletin(
        id=row["id"],
        kind=BulletinKind(row["kind"]),
        period=row["period"],
        state=BulletinState(row["state"]),
        sha256=row["sha256"],
        file_name=row["file_name"],
        drafted_at=moment(row["drafted_at"]),
        drafts=row["drafts"],
        approved_by=row["approved_by"],
        approved_at=optional_moment(row["approved_at"]),
        uploaded_by=row["uploaded_by"],
    )


def to_correspondent(row: sqlite3.Row) -> Correspondent:
    from_, until = row["valid_from"], row["valid_until"]
    return Correspondent(
        address=row["address"],
        unit=row["unit"],
        name=row["name"],
        phone=row["phone"],
        valid_from=datetime.fromisoformat(from_).date() if from_ else None,
        valid_until=datetime.fromisoformat(until).date() if until else None,
        confirmed=bool(row["confirmed"]),
    )
